import { describe, expect, it } from "vitest";

import { allergyFacts, renalFacts } from "../../../gateway/requests/facts-background.ts";
import { compareClaims } from "../../../gateway/requests/facts-claims.ts";
import { frequencyIn } from "../../../gateway/requests/facts-dose.ts";
import type { Members } from "../../../gateway/requests/facts-json.ts";
import { compareOrder, type OrderRecord } from "../../../gateway/requests/facts-order.ts";
import type { RecordReader } from "../../../gateway/requests/facts-reader.ts";
import {
  activeMedicines,
  allergies,
  dosesGiven,
  EGFR,
  measurements,
  type Gathering,
} from "../../../gateway/requests/facts-record.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";

const fhir = (value: object): Members => parseFhir(JSON.stringify(value)) as Members;
/** A record that answers every search with these. */
const record = (...resources: object[]): RecordReader => ({
  read: () => Promise.resolve(undefined),
  search: () => Promise.resolve({ resources: resources.map(fhir), complete: true }),
});
const P = "Patient/p";
const allergy = (more: object) => ({ resourceType: "AllergyIntolerance", id: "a", patient: { reference: P }, ...more });
const NONE: OrderRecord = {
  allergies: { kind: "read", items: [] },
  medicines: { kind: "read", items: [] },
  given: { kind: "read", items: [] },
};
const AMLODIPINE = { coding: [{ system: "urn:rx", code: "1", display: "amlodipine 5 MG" }], text: "amlodipine 5 MG" };
const DOSAGE = {
  text: "5 mg once a day",
  timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } },
  doseAndRate: [{ doseQuantity: { value: 5, unit: "mg" } }],
};
const ORDER = {
  resourceType: "MedicationRequest",
  status: "active",
  intent: "order",
  medicationCodeableConcept: AMLODIPINE,
  subject: { reference: P },
  dosageInstruction: [DOSAGE],
};
const checks = (order: object, more: Partial<OrderRecord>) =>
  Object.fromEntries(compareOrder(fhir(order), { ...NONE, ...more }).checks.map(({ id, result }) => [id, result]));

describe("an allergy is never lost, and none is never made of some", () => {
  it("one without a name is told, and stands against every order as not compared", async () => {
    const read = await allergies(record(allergy({ note: [{ text: "see letter" }] })), P);
    const [fact] = allergyFacts(read).facts;
    expect(fact?.text).not.toContain("not recorded");
    expect(checks(ORDER, { allergies: read })["allergy"]).toBe("not_run");
  });
  it("one that has a code and no words is compared by its code alone, which is no pass", async () => {
    const coded = await allergies(record(allergy({ code: { coding: [{ system: "urn:x", code: "7980" }] } })), P);
    expect(checks(ORDER, { allergies: coded })["allergy"]).toBe("not_run");
  });
  it.each(["No known allergies except amlodipine", "No known drug allergies. Amlodipine: angioedema (allergy)"])(
    "%j is not none",
    async (text) => {
      const read = await allergies(record(allergy({ code: { text } })), P);
      expect(checks(ORDER, { allergies: read })["allergy"]).toBe("fail");
    },
  );
  it.each([
    "No known allergies",
    "No known drug allergy",
    "No Known Drug or Food Allergies.",
    "No known allergy (situation)",
  ])("%j is none", async (text) => {
    const read = await allergies(record(allergy({ code: { text } })), P);
    expect(checks(ORDER, { allergies: read })["allergy"]).toBe("pass");
  });
});

it("a medicine that stands elsewhere is not compared by what the order calls it", async () => {
  const { medicationCodeableConcept: _, ...rest } = ORDER;
  const order = { ...rest, medicationReference: { reference: "Medication/1", display: "paracetamol 500 MG" } };
  const penicillin = await allergies(record(allergy({ code: { text: "Penicillin" } })), P);
  const medicines = await activeMedicines(record({ ...ORDER, id: "old" }), P);
  expect(checks(order, { allergies: penicillin, medicines })).toMatchObject({
    allergy: "not_run",
    duplicate: "not_run",
  });
  const named = { ...order, medicationReference: { reference: "Medication/1", display: "penicillin V" } };
  expect(checks(named, { allergies: penicillin })["allergy"]).toBe("fail");
});

describe("a measured value keeps its comparator", () => {
  const egfr = (comparator: string, value: number) =>
    measurements(
      record({
        ...{ resourceType: "Observation", id: "e", status: "final", effectiveDateTime: "2026-11-20" },
        code: { coding: [{ system: "http://loinc.org", code: EGFR[0] }] },
        valueQuantity: { value, comparator, unit: "mL/min" },
      }),
      P,
      EGFR,
    );
  const patient = { ref: P, name: "Ann EXAMPLE" };
  it("in what is shown", async () => {
    expect(renalFacts(await egfr(">", 60)).facts[0]).toMatchObject({ value: ">60", sev: "info" });
    expect(renalFacts(await egfr(">", 60)).facts[0]?.text).toContain("eGFR >60 mL/min");
  });
  it("in how grave it is: what is below 15 is below 30", async () => {
    expect(renalFacts(await egfr("<", 15)).facts[0]?.sev).toBe("high");
    expect(renalFacts(await egfr("<", 30)).facts[0]?.sev).toBe("high");
  });
  it("against a claim, which it neither confirms nor contradicts", async () => {
    const claims = [{ code: "egfr", value: "60", unit: "mL/min" }];
    const { facts, checks: found } = compareClaims(claims, { patient, egfr: await egfr(">", 60) });
    expect([facts, found.map(({ result }) => result)]).toEqual([[], ["not_run"]]);
  });
});

it("the last dose given is the last by the clock, whatever the offsets say", async () => {
  const given = (id: string, effectiveDateTime: string) => ({
    ...{ resourceType: "MedicationAdministration", id, status: "completed", effectiveDateTime },
    medicationCodeableConcept: AMLODIPINE,
  });
  const read = await dosesGiven(
    record(given("earlier", "2026-11-24T01:00:00Z"), given("later", "2026-11-23T23:00:00-05:00")),
    P,
  );
  expect(read).toMatchObject({ items: [{ ref: "MedicationAdministration/later" }, {}] });
});

describe("a repeat is the same order, and nothing else of it differs", () => {
  const active = (more: object = {}) => activeMedicines(record({ ...ORDER, id: "old", ...more }), P);
  const repeat = async (change: object, old: Promise<Gathering<never>> | ReturnType<typeof active> = active()) =>
    checks({ ...ORDER, ...change }, { medicines: await old });
  const dosed = (more: object) => ({ dosageInstruction: [{ ...DOSAGE, ...more }] });

  it("is one where only names of people and dates differ", async () => {
    const found = await repeat({ authoredOn: "2026-11-24", requester: { reference: "Practitioner/1" } });
    expect(found).toMatchObject({ repeat: "pass", duplicate: "pass" });
  });
  it.each([
    ["another route", dosed({ route: { text: "intravenous" } })],
    ["as much as four times as often", dosed({ timing: { repeat: { ...DOSAGE.timing.repeat, frequencyMax: 4 } } })],
    ["for longer", dosed({ timing: { repeat: { ...DOSAGE.timing.repeat, boundsDuration: { value: 1, unit: "a" } } } })],
    ["when needed", dosed({ asNeededBoolean: true })],
    ["up to a limit", dosed({ maxDosePerPeriod: { numerator: { value: 9 }, denominator: { value: 1 } } })],
    ["a second dose", dosed({ doseAndRate: [...DOSAGE.doseAndRate, { doseQuantity: { value: 50, unit: "mg" } }] })],
    ["a rate", dosed({ doseAndRate: [{ ...DOSAGE.doseAndRate[0], rateQuantity: { value: 1, unit: "mg/h" } }] })],
    ["far more of it", { dispenseRequest: { numberOfRepeatsAllowed: 99 } }],
    ["an order not to give it", { doNotPerform: true }],
    ["a note", { note: [{ text: "give ten at once" }] }],
    ["a modifier", { modifierExtension: [{ url: "urn:x" }] }],
  ])("is none with %s", async (_what, change) => {
    expect(await repeat(change)).toMatchObject({ duplicate: "fail" });
    expect((await repeat(change))["repeat"]).toBeUndefined();
  });
  it("is not ruled out by a medicine that nobody can name", async () => {
    const nameless = active({
      medicationCodeableConcept: undefined,
      medicationReference: { reference: "Medication/1" },
    });
    expect((await repeat({}, nameless))["duplicate"]).toBe("not_run");
  });
});

describe("how often, in words", () => {
  it.each([
    "twice a day for 3 days, then once a day",
    "every 4 hours, then twice a day",
    "once daily; three times a day when worse",
  ])("several that differ are not one: %s", (text) => {
    expect(frequencyIn(text)).toBeUndefined();
  });
  it("times of the day are counted", () => {
    expect(frequencyIn("in the morning and at night")?.times).toEqual({ units: 2n, scale: 0 });
    expect(frequencyIn("twice a day, in the morning and at night")?.times).toEqual({ units: 2n, scale: 0 });
  });
  it("one is not compared with structured times that are no one frequency", () => {
    const timing = { repeat: { ...DOSAGE.timing.repeat, frequencyMax: 4 } };
    expect(checks({ ...ORDER, dosageInstruction: [{ ...DOSAGE, timing }] }, {})["dose-text"]).toBe("not_run");
  });
  it("several that differ are said to be not compared", () => {
    const text = "5 mg twice a day for 3 days, then once a day";
    expect(checks({ ...ORDER, dosageInstruction: [{ ...DOSAGE, text }] }, {})["dose-text"]).toBe("not_run");
  });
});
