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
    [`{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}}`, "once a day"],
    [`{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}`, "twice a day"],
    [`{"repeat":{"frequency":5,"period":1.0,"periodUnit":"d"}}`, "5 times a day"],
    [`{"repeat":{"frequency":1,"frequencyMax":2,"period":1,"periodUnit":"d"}}`, "1 to 2 times a day"],
    [`{"repeat":{"frequency":1,"period":4,"periodMax":6,"periodUnit":"h"}}`, "every 4 to 6 hours"],
    [`{"repeat":{"frequency":1,"period":1,"periodUnit":"h"}}`, "every hour"],
    [`{"repeat":{"frequency":1,"period":2,"periodUnit":"d"}}`, "every other day"],
    [`{"repeat":{"frequency":3,"period":2,"periodUnit":"wk"}}`, "3 times every 2 weeks"],
    [
      `{"repeat":{"frequency":1,"period":1,"periodUnit":"wk","dayOfWeek":["mon","thu"]}}`,
      "once a week, on Monday and Thursday",
    ],
    [`{"repeat":{"timeOfDay":["08:00:00","20:30:00"]}}`, "at 08:00 and 20:30"],
    [`{"repeat":{"when":["HS"]}}`, "at bedtime"],
    [`{"repeat":{"offset":30,"when":["ACM"]}}`, "30 minutes before breakfast"],
    [
      `{"repeat":{"frequency":1,"period":1,"periodUnit":"d","boundsDuration":{"value":7,"unit":"days","code":"d"}}}`,
      "once a day, for 7 days",
    ],
    [
      `{"repeat":{"frequency":1,"period":1,"periodUnit":"d","boundsPeriod":{"start":"2026-11-23","end":"2026-11-30"}}}`,
      "once a day, from 23-Nov-2026, until 30-Nov-2026",
    ],
    [`{"repeat":{"count":3,"duration":2,"durationUnit":"h"}}`, "over 2 hours each time, 3 doses in all"],
    [`{"code":{"coding":[{"code":"BID"}]}}`, "twice a day"],
    [`{"code":{"text":"QD"}}`, "once a day"],
    [
      `{"repeat":{"frequency":1,"period":1,"periodUnit":"d"},"code":{"coding":[{"code":"BID"}]}}`,
      "once a day, twice a day",
    ],
  ])("%s is %s", (timing, shown) => {
    expect(role(`{"timing":${timing}}`, "timing")!.text).toMatchObject({
      display: shown,
      as_sent: timing,
      unknown: [],
    });
  });
  it.each([
    `{"repeat":{"frequency":1,"period":1,"periodUnit":"fortnight"}}`,
    `{"repeat":{"when":["SOMETIME"]}}`,
    `{"repeat":{"frequency":3}}`,
    `{"code":{"coding":[{"system":"urn:x","code":"Z9"}]}}`,
  ])("%s stays raw and is reported", (timing) => {
    expect(role(`{"timing":${timing}}`, "timing")!.text.unknown).not.toEqual([]);
  });
});

describe("dose, route and maximum", () => {
  it.each([
    [`{"doseAndRate":[{"doseQuantity":{"value":2.50,"unit":"mg","code":"mg"}}]}`, "dose", "2.5 mg", "2.50 mg"],
    [`{"doseAndRate":[{"doseQuantity":{"value":10,"unit":"U"}}]}`, "dose", "10 units", "10 U"],
    [`{"doseAndRate":[{"doseQuantity":{"value":1000,"unit":"IU"}}]}`, "dose", "1,000 international units", "1000 IU"],
    [
      `{"doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"TAB"},"high":{"value":2,"unit":"TAB"}}}]}`,
      "dose",
      "1 to 2 tablets",
      "1 TAB - 2 TAB",
    ],
    [`{"doseAndRate":[{"rateQuantity":{"value":75,"unit":"mL/h"}}]}`, "rate", "75 mL per hour", "75 mL/h"],
    [
      `{"doseAndRate":[{"rateRatio":{"numerator":{"value":5.0,"unit":"mg"},"denominator":{"value":1,"unit":"h"}}}]}`,
      "rate",
      "5 mg per hour",
      "5.0 mg / 1 h",
    ],
    [
      `{"maxDosePerPeriod":{"numerator":{"value":4,"unit":"doses"},"denominator":{"value":24,"unit":"h"}}}`,
      "maximum",
      "maximum 4 doses in 24 hours",
      "4 doses / 24 h",
    ],
    [`{"route":{"text":"PO"}}`, "route", "oral", "PO"],
    [
      `{"route":{"coding":[{"system":"http://snomed.info/sct","code":"34206005","display":"Subcutaneous route"}]}}`,
      "route",
      "subcutaneous",
      "Subcutaneous route (SNOMED CT 34206005)",
    ],
    [`{"asNeededCodeableConcept":{"text":"pain"}}`, "timing", "when needed for pain", "pain"],
    [`{"asNeededBoolean":true}`, "timing", "when needed", "true"],
  ])("%s", (json, wanted, display, sent) => {
    expect(role(json, wanted)!.text).toMatchObject({ display, as_sent: sent, unknown: [] });
  });
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
    expect(dose!.conflict).toBe("The unit is printed as mg and coded as g.");
    expect(
      role(`{"doseAndRate":[{"doseQuantity":{"value":5,"unit":"ug","code":"ug"}}]}`, "dose")!.conflict,
    ).toBeUndefined();
  });
  it("printed and coded route", () => {
    const route = role(`{"route":{"text":"oral","coding":[{"code":"47625008"}]}}`, "route");
    expect(route!.conflict).toBe("The route is printed as oral and coded as intravenous.");
  });
  it("words and structured dose", () => {
    const with10 = `{"text":"10 mg once a day","doseAndRate":[{"doseQuantity":{"value":1.0,"unit":"mg"}}]}`;
    expect(role(with10, "instructions")!.conflict).toBe("The words say 10 mg. The structured dose says 1 mg.");
    const same = `{"text":"2.50 mg once a day, maximum 10 mg","doseAndRate":[{"doseQuantity":{"value":2.5,"unit":"mg"}}]}`;
    expect(role(same, "instructions")!.conflict).toBeUndefined();
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
