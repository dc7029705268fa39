import type { HistoryRow } from "#shared/ipc/contract.ts";

import { ISS } from "../bridge/fake/claims.ts";
import { fakeUuid } from "../bridge/fake/digest.ts";
import { NOW } from "../bridge/fake/time.ts";

const row = (n: number, change: Partial<HistoryRow>): HistoryRow => ({
  key: { iss: ISS, rid: fakeUuid(n) },
  rev: 1,
  at: NOW - n * 3700,
  decision: "approve",
  outcome: "completed",
  patient_name: "WATERS, Shauna (Mrs)",
  item: "HYDROmorphone 1 mg per mL Oral Solution",
  action_type: "urn:countersign:action:order.create",
  signer: "OKAFOR, Amara (Dr)",
  reference: fakeUuid(n),
  digest: `sha-256:${String(n).padStart(43, "A")}`,
  signature: "valid",
  ...change,
});

export const HISTORY: readonly HistoryRow[] = [
  row(1, {}),
  row(2, {
    decision: "deny",
    outcome: "denied",
    patient_name: "JONES, Mair (Ms)",
    item: "Elmwood Heart Centre, cardiology",
    action_type: "urn:countersign:action:referral.create",
  }),
  row(3, {
    patient_name: "EVANS, Gareth (Mr)",
    item: "4 fields",
    action_type: "urn:countersign:action:record.update",
    signature: "not_valid",
    why: "The stored decision does not match its signature. Tell IT.",
  }),
  row(4, {
    decision: "revoke",
    outcome: "revoked",
    item: "amlodipine 5 mg Oral Tablet",
    patient_name: "EVANS, Gareth (Mr)",
  }),
  row(30, {
    outcome: "unknown",
    signature: "cannot_check",
    why: "The gateway's key is not known to this computer any more.",
  }),
];

/** More than a window has room for. */
export const HISTORY_MANY: readonly HistoryRow[] = Array.from({ length: 100 }, (_, n) =>
  row(n + 1, HISTORY[n % 3]?.decision === "deny" ? { decision: "deny", outcome: "denied" } : {}),
);
