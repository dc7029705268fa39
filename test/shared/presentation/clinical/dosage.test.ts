import { describe, expect, it } from "vitest";

import { formatDosage } from "#shared/presentation/clinical/dosage.ts";
import { formatDispense } from "#shared/presentation/clinical/dispense.ts";
import { FhirNode } from "#shared/presentation/fhir-node.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";

const zone = "Europe/London";
const node = (json: string) => new FhirNode(parseFhir(json));
const dosage = (json: string) => formatDosage(node(json), zone);
const role = (json: string, wanted: string) => dosage(json).find((part) => part.role === wanted);

describe("dosage timing (FHIR Timing, HL7 EventTiming and GTSAbbreviation)", () => {
  it.each([
    `{"repeat":{"frequency":1,"period":1,"periodUnit":"fortnight"}}`,
    `{"repeat":{"when":["SOMETIME"]}}`,
    `{"repeat":{"frequency":3}}`,
    `{"code":{"coding":[{"system":"urn:x","code":"Z9"}]}}`,
  ])("%s stays raw and is reported", (timing) => {
    expect(role(`{"timing":${timing}}`, "timing")!.text.unknown).not.toEqual([]);
  });
});

describe("dose and route", () => {
  it.each([
    `{"route":{"text":"by drone"}}`,
    `{"doseAndRate":[{"doseQuantity":{"value":2,"unit":"flump"}}]}`,
    `{"doseAndRate":[{"doseQuantity":{"value":1e2,"unit":"mg"}}]}`,
  ])("%s is not known notation", (json) => {
    expect(dosage(json).flatMap((part) => part.text.unknown)).not.toEqual([]);
  });
});

describe("contradictions inside the action (3.4(8))", () => {
  it("printed and coded unit", () => {
    const dose = role(`{"doseAndRate":[{"doseQuantity":{"value":5,"unit":"mg","code":"g"}}]}`, "dose");
    expect(dose!.text.conflict).toBe("The unit is printed as mg and coded as g.");
    expect(
      role(`{"doseAndRate":[{"doseQuantity":{"value":5,"unit":"ug","code":"ug"}}]}`, "dose")!.text.conflict,
    ).toBeUndefined();
  });
  it("printed and coded route", () => {
    const route = role(`{"route":{"text":"oral","coding":[{"code":"47625008"}]}}`, "route");
    expect(route!.text.conflict).toBe("The route is printed as oral and coded as intravenous.");
  });
  it("words and structured dose", () => {
    const with10 = `{"text":"10 mg once a day","doseAndRate":[{"doseQuantity":{"value":1.0,"unit":"mg"}}]}`;
    expect(role(with10, "instructions")!.text.conflict).toBe("The words say 10 mg. The structured dose says 1 mg.");
    const same = `{"text":"2.50 mg once a day, maximum 10 mg","doseAndRate":[{"doseQuantity":{"value":2.5,"unit":"mg"}}]}`;
    expect(role(same, "instructions")!.text.conflict).toBeUndefined();
  });
});

it("every leaf that a dosage does not read stays for other content", () => {
  const n = node(
    `{"sequence":1,"text":"x","extension":[{"url":"u","valueString":"v"}],"timing":{"repeat":{"offset":5}},"asNeededBoolean":"yes"}`,
  );
  formatDosage(n, zone);
  expect(n.unread().map(({ pointer }) => pointer)).toEqual([
    "/extension/0/url",
    "/extension/0/valueString",
    "/timing/repeat/offset",
    "/asNeededBoolean",
  ]);
});

it("supply is quantity, refills, length and period", () => {
  const parts = formatDispense(
    node(
      `{"quantity":{"value":24.0,"unit":"mL"},"numberOfRepeatsAllowed":0,"expectedSupplyDuration":{"value":3,"unit":"days","code":"d"},"validityPeriod":{"end":"2026-12-01"}}`,
    ),
    zone,
  );
  expect(parts.map(({ label, text }) => [label, text.display])).toEqual([
    ["Quantity", "24 mL"],
    ["Refills", "0"],
    ["Supply for", "3 days"],
    ["Valid until", "01-Dec-2026"],
  ]);
});
