import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { FRASER, JONES } from "./patients.ts";
import { medicationOrder } from "./requests/medication.ts";
import { recordUpdate } from "./requests/record-update.ts";
import { NOW, minutes } from "./time.ts";

/** An order for somebody whom the record calls dead. */
export const deceasedPatient: RequestClaims = medicationOrder({
  n: 11,
  patient: FRASER,
  medicine: "apixaban 5 MG Oral Tablet",
  code: "1364445",
  instruction: "5 mg by mouth twice a day",
  dose: "5.0",
  unit: "mg",
  frequency: { count: 2, period: "1", unit: "d" },
  days: 28,
  quantity: "56",
  quantityUnit: "tablet",
  risk: "high",
  facts: [
    {
      id: "f1",
      src: "ehr",
      sev: "info",
      code: "allergies",
      text: "No known allergies",
      as_of: NOW - minutes(3),
      ack: false,
    },
  ],
  rationale: "Step 2 of 3. INR is below 2, apixaban may start.",
  goal: "Change warfarin to apixaban before discharge",
});

/** An agent in a loop. */
export const floodRequests: readonly RequestClaims[] = Array.from({ length: 25 }, (_, at) =>
  recordUpdate({
    n: 100 + at,
    patient: JONES,
    target: "Patient/jones-mair",
    before: { resourceType: "Patient", id: "jones-mair", address: [{ line: ["12 Example Terrace"] }] },
    patch: [{ op: "replace", path: "/address/0/line/0", value: `Flat ${at + 1}, 12 Example Terrace` }],
    risk: "low",
    facts: [],
    rationale: "Address may be out of date.",
    goal: "Normalise addresses",
    more: { iat: NOW - at * 12, exp: NOW + minutes(30) },
  }),
);
