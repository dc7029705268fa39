import { describe, expect, it } from "vitest";

import { formatFhirDate } from "#shared/presentation/clinical/date.ts";
import { formatDispense } from "#shared/presentation/clinical/dispense.ts";
import { formatDosage } from "#shared/presentation/clinical/dosage.ts";
import { FhirNode } from "#shared/presentation/fhir-node.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";

const zone = "Europe/London";
const node = (value: unknown) => new FhirNode(parseFhir(JSON.stringify(value)));
const dosage = (value: unknown) => formatDosage(node(value), zone);
const part = (value: unknown, label: string) => dosage(value).find((one) => one.label === label)!;
const timing = (value: unknown) => part({ timing: value }, "When").text;
const UCUM = "http://unitsofmeasure.org";

describe("a day that no calendar has is never drawn as another one", () => {
  it.each(["2026-02-30T10:00:00Z", "2026-04-31", "2027-02-29", "2026-02-29T23:30:00-05:00"])("%s stays raw", (sent) => {
    expect(formatFhirDate(sent, zone)).toMatchObject({ display: sent, unknown: [sent] });
  });
  it("a leap day is a day", () => {
    expect(formatFhirDate("2028-02-29", zone)).toMatchObject({ display: "29-Feb-2028", unknown: [] });
    expect(formatFhirDate("2028-02-29T10:00:00Z", zone).unknown).toEqual([]);
  });
});

describe("no frequency is made up (FHIR Timing: what is not stated is not said)", () => {
  it.each([
    { repeat: { periodUnit: "h" } },
    { repeat: { frequency: 3, periodUnit: "d" } },
    { repeat: { frequency: 1, periodMax: 8, periodUnit: "h" } },
  ])("%j stays raw and is reported", (value) => {
    const { display, unknown } = timing(value);
    expect(unknown).not.toEqual([]);
    expect(display).not.toMatch(/every|a day/);
  });
});

describe("every code and every word of a timing is said", () => {
  it("words and code that disagree stand side by side", () => {
    const { display } = timing({ code: { text: "once daily", coding: [{ code: "BID" }] } });
    expect(display).toContain("twice a day");
    expect(display).toContain("once daily");
  });
  it("two codes that disagree stand side by side", () => {
    const { display } = timing({ code: { coding: [{ code: "QD" }, { code: "QID" }] } });
    expect(display).toContain("once a day");
    expect(display).toContain("four times a day");
  });
  it("a code's own words are read beside what the code is known to mean", () => {
    expect(timing({ code: { coding: [{ code: "BID", display: "Once daily" }] } }).display).toContain("Once daily");
  });
  it("an unknown code is reported although it has words", () => {
    const { display, unknown } = timing({ code: { coding: [{ code: "229797004", display: "Once daily" }] } });
    expect(display).toContain("Once daily");
    expect(unknown).toEqual(["229797004"]);
  });
  it("the same said twice is drawn once", () => {
    expect(timing({ code: { text: "BID", coding: [{ code: "BID", display: "BID" }] } }).display).toBe("twice a day");
  });
});

const MG_AS_MICROGRAM = { value: 5, unit: "mg", system: UCUM, code: "ug" };
const SAID = "The unit is printed as mg and coded as ug.";

describe("a unit that is printed as one and coded as another is a conflict wherever it stands", () => {
  it.each([
    [{ doseAndRate: [{ doseRange: { low: MG_AS_MICROGRAM, high: { value: 10, unit: "mg" } } }] }, "Dose"],
    [{ doseAndRate: [{ doseRange: { low: { value: 1, unit: "mg" }, high: MG_AS_MICROGRAM } }] }, "Dose"],
    [{ doseAndRate: [{ rateRatio: { numerator: MG_AS_MICROGRAM, denominator: { value: 1, unit: "h" } } }] }, "Rate"],
    [{ maxDosePerPeriod: { numerator: MG_AS_MICROGRAM, denominator: { value: 1, unit: "d" } } }, "Limit"],
    [{ maxDosePerAdministration: MG_AS_MICROGRAM }, "Maximum at one time"],
    [{ maxDosePerLifetime: MG_AS_MICROGRAM }, "Maximum in a lifetime"],
  ])("%j", (value, label) => {
    expect(part(value, label).text.conflict).toBe(SAID);
  });
  it("in how long it goes on", () => {
    const bounds = { value: 7, unit: "days", system: UCUM, code: "wk" };
    expect(part({ timing: { repeat: { boundsDuration: bounds } } }, "When").text.conflict).toBe(
      "The unit is printed as days and coded as wk.",
    );
  });
  it("in what is supplied", () => {
    const [quantity] = formatDispense(node({ quantity: MG_AS_MICROGRAM }), zone);
    expect(quantity!.text.conflict).toBe(SAID);
  });
});

describe("nothing of a range is lost in its short form", () => {
  const range = (low: unknown, high: unknown) => part({ doseAndRate: [{ doseRange: { low, high } }] }, "Dose").text;
  it("a comparator of the lower end is said", () => {
    expect(range({ value: 1, comparator: ">", unit: "mg" }, { value: 2, unit: "mg" }).display).toBe(
      "more than 1 mg to 2 mg",
    );
  });
  it("an end without a unit is not read in the unit of the other", () => {
    const { unknown } = range({ value: 1 }, { value: 2, unit: "mg" });
    expect(unknown).not.toEqual([]);
  });
});

describe("an amount without a unit says so", () => {
  it.each([
    [{ doseAndRate: [{ doseQuantity: { value: 5 } }] }, "Dose"],
    [{ doseAndRate: [{ rateQuantity: { value: 5 } }] }, "Rate"],
    [{ maxDosePerAdministration: { value: 5 } }, "Maximum at one time"],
    [{ doseAndRate: [{ rateRatio: { numerator: { value: 5 }, denominator: { value: 1, unit: "h" } } }] }, "Rate"],
  ])("%j", (value, label) => {
    const { display, unknown } = part(value, label).text;
    expect(display).toMatch(/^5 \(no unit stated\)/);
    expect(unknown).not.toEqual([]);
  });
  it("a number of packs has none and needs none", () => {
    expect(formatDispense(node({ quantity: { value: 28 } }), zone)[0]!.text).toMatchObject({
      display: "28",
      unknown: [],
    });
  });
});

describe("words against the structured dose", () => {
  const conflictOf = (text: string, doseQuantity: unknown) =>
    part({ text, doseAndRate: [{ doseQuantity }] }, "Dosage in words").text.conflict;
  it("one tablet is not two tablets, though the words for the unit differ", () => {
    expect(conflictOf("Take 1 tablet at night", { value: 2, unit: "tablet" })).toBe(
      "The words say 1 tablet. The structured dose says 2 tablets.",
    );
    expect(conflictOf("Give 10 units", { value: 1, unit: "U" })).toBe(
      "The words say 10 units. The structured dose says 1 unit.",
    );
    expect(conflictOf("Take 2 tablets at night", { value: 2, unit: "tablet" })).toBeUndefined();
  });
});

describe("a route with several codes", () => {
  it("that name different routes is a conflict", () => {
    const route = { text: "oral", coding: [{ code: "26643006" }, { code: "47625008" }] };
    expect(part({ route }, "Route").text.conflict).toBe("The route is printed as oral and coded as intravenous.");
  });
  it("is a conflict too where the words of a code name another", () => {
    const route = { text: "oral", coding: [{ code: "x-1", display: "Intravenous route" }] };
    expect(part({ route }, "Route").text.conflict).toBe("The route is printed as oral and coded as intravenous.");
  });
  it("is none where they name the same", () => {
    const route = { text: "oral", coding: [{ code: "26643006", display: "Oral route" }, { code: "PO" }] };
    expect(part({ route }, "Route").text.conflict).toBeUndefined();
  });
});
