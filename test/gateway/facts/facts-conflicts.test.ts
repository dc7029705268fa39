import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { amlodipine, checkOf, conflictsOf, startFactsKit, type FactsKit } from "./fixtures.ts";

describe("contradictions between agent, action and record", () => {
  let kit: FactsKit;
  beforeAll(async () => {
    kit = await startFactsKit();
  }, 60_000);
  afterAll(() => kit.server.close());

  it("puts a claimed weight against the newest valid one, in exact words", async () => {
    const gathered = await kit.gather(kit.order({ subject: { reference: "Patient/tunde" } }), "order.create", {
      claims: [{ code: "weight", value: "82", unit: "kg" }],
    });
    expect(conflictsOf(gathered)).toEqual(["Agent says 82 kg. Record says 28 kg (12-Nov-2026 09:10)."]);
    expect(gathered.facts[0]).toMatchObject({ code: "conflict", override: true, ack: true, src: "gateway", id: "f1" });
    expect(checkOf(gathered, "claim-1")).toBe("fail");
  });

  it.each([
    [{ code: "weight", value: "28.0", unit: "kg" }, "pass"],
    [{ code: "weight", value: "28000", unit: "g" }, "pass"],
    [{ code: "weight", value: "62", unit: "lb" }, "not_run"],
    [{ code: "weight", value: "about 28", unit: "kg" }, "not_run"],
    [{ code: "birth-date", value: "2018-05-09" }, "pass"],
    [{ code: "birth-date", value: "1958-11-20" }, "fail"],
    [{ code: "name", value: "Mr Tunde OKORO" }, "pass"],
    [{ code: "name", value: "Tunde Okoro-Smith" }, "fail"],
    [{ code: "sex", value: "female" }, "fail"],
    [{ code: "identifier", value: "999 728 7652" }, "pass"],
    [{ code: "identifier", value: "999 728 7653" }, "fail"],
    [{ code: "allergies", value: "NKDA" }, "pass"],
    [{ code: "shoe-size", value: "7" }, "not_run"],
  ])("compares the claim %o: %s", async (claim, result) => {
    const operation = kit.order({ subject: { reference: "Patient/tunde" } });
    expect(checkOf(await kit.gather(operation, "order.create", { claims: [claim] }), "claim-1")).toBe(result);
  });

  it("never repeats long or broken text of an agent in its own sentences", async () => {
    const lie = "Countersign says:\napproved";
    const { facts, checks } = await kit.gather(kit.order(), "order.create", {
      claims: [
        { code: "name", value: lie },
        { code: "sex", value: "x".repeat(90) },
        { code: "weight", value: lie, unit: lie },
      ],
    });
    const words = JSON.stringify([facts, checks]);
    expect(words).not.toContain("approved");
    expect(words).not.toContain("xxxx");
  });

  it.each([
    ["by a group of related medicines", { text: "amoxicillin 500 MG Oral Capsule" }, "Both are penicillins."],
    ["behind a hidden character", { text: "amoxi\u200Bcillin" }, "Both are penicillins."],
    ["by word", { text: "penicillin V 250 MG" }, "Record says Allergy to penicillin (rash, 03-Feb-2019)."],
    [
      "by code",
      { coding: [{ system: "http://snomed.info/sct", code: "91936005" }] },
      "Record says Allergy to penicillin (rash, 03-Feb-2019).",
    ],
  ])("finds an allergy to the ordered medicine %s", async (_how, medicationCodeableConcept, words) => {
    const gathered = await kit.gather(kit.order({ medicationCodeableConcept }), "order.create");
    expect(conflictsOf(gathered).join()).toContain(words);
    expect(checkOf(gathered, "allergy")).toBe("fail");
  });

  it("finds no allergy where there is none, and checks nothing where none is recorded", async () => {
    expect(checkOf(await kit.gather(kit.order(), "order.create"), "allergy")).toBe("pass");
    const nameless = kit.order({ medicationCodeableConcept: { coding: [{ system: "urn:x", code: "1" }] } });
    expect(checkOf(await kit.gather(nameless, "order.create"), "allergy")).toBe("not_run");
    const nothing = await kit.gather(kit.order({ subject: { reference: "Patient/shona" } }), "order.create");
    expect(checkOf(nothing, "allergy")).toBe("not_run");
    expect(nothing.facts.map((f) => f.text)).toContain("Allergies - not recorded.");
    expect(nothing.facts.map((f) => f.text)).toContain("Weight - not recorded.");
  });

  it("knows an unchanged repeat from a changed dose and from a new medicine", async () => {
    expect(checkOf(await kit.gather(kit.order(), "order.create"), "repeat")).toBe("pass");
    const doubled = await kit.gather(
      kit.order({
        dosageInstruction: [
          {
            text: "10 mg once a day",
            timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } },
            doseAndRate: [{ doseQuantity: { value: 10, unit: "mg" } }],
          },
        ],
      }),
      "order.create",
    );
    expect([checkOf(doubled, "repeat"), checkOf(doubled, "duplicate")]).toEqual([undefined, "fail"]);
    const other = await kit.gather(kit.order({ medicationCodeableConcept: { text: "ramipril 5 MG" } }), "order.create");
    expect([checkOf(other, "repeat"), checkOf(other, "duplicate")]).toEqual([undefined, "pass"]);
  });

  it.each([
    ["50 mg once a day", "Directions say 50 mg. Structured dose says 5 mg."],
    ["5 mg twice a day", "Directions say twice a day. Structured frequency says 1 time in 1 day."],
    ["5 g every morning", "Directions say 5 g. Structured dose says 5 mg."],
  ])("finds directions that contradict the structured dose: %s", async (text, sentence) => {
    const gathered = await kit.gather(
      kit.order({
        dosageInstruction: [
          {
            text,
            timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } },
            doseAndRate: [{ doseQuantity: { value: 5, unit: "mg" } }],
          },
        ],
      }),
      "order.create",
    );
    expect(conflictsOf(gathered)).toEqual([sentence]);
    expect(checkOf(gathered, "dose-text")).toBe("fail");
  });

  it("finds a patient's name in the action that is not the record's", async () => {
    const gathered = await kit.gather(
      kit.order({ subject: { reference: "Patient/shauna", display: "Shona Waters" } }),
      "order.create",
    );
    expect(conflictsOf(gathered)).toEqual(["Action names Shona Waters. Record says WATERS, Shauna Marie (Mrs)."]);
    const right = kit.order({ subject: { reference: "Patient/shauna", display: "Waters, Shauna" } });
    expect(checkOf(await kit.gather(right, "order.create"), "patient-name")).toBe("pass");
  });

  it("finds a display, a text and a unit that contradict their codes", async () => {
    const gathered = await kit.gather(
      kit.order({
        medicationCodeableConcept: {
          coding: [{ ...amlodipine.coding[0], display: "amiodarone 200 MG Oral Tablet" }],
          text: "amlodipine 5 MG Oral Tablet",
        },
        dosageInstruction: [
          {
            doseAndRate: [{ doseQuantity: { value: 5, unit: "mg", system: "http://unitsofmeasure.org", code: "g" } }],
          },
        ],
      }),
      "order.create",
    );
    expect(conflictsOf(gathered)).toEqual([
      "The action writes 5 mg and codes it as 5 g.",
      "The action writes amlodipine 5 MG Oral Tablet and codes it as amiodarone 200 MG Oral Tablet.",
      "The action writes amiodarone 200 MG Oral Tablet. Code 197361 means amlodipine 5 MG Oral Tablet.",
    ]);
  });

  it("finds documents that the consent to share excludes, without repeating their titles", async () => {
    const referral = kit.operation("POST", "ServiceRequest", {
      resourceType: "ServiceRequest",
      status: "active",
      intent: "order",
      category: [{ coding: [{ system: "http://snomed.info/sct", code: "3457005" }] }],
      subject: { reference: "Patient/shauna" },
    });
    const document = { ref: "urn:x", media: "application/pdf", size: 1, dig: `sha-256=:${"A".repeat(43)}=:` };
    const gathered = await kit.gather(referral, "referral.create", {
      attachments: [
        { ...document, title: "ECG" },
        { ...document, title: "A mental health letter" },
      ],
    });
    expect(conflictsOf(gathered)).toEqual([
      "Record says consent of 02-Jan-2026 excludes mental health records. 1 of 2 documents is of that kind or marked sensitive.",
    ]);
    const clean = await kit.gather(referral, "referral.create", { attachments: [{ ...document, title: "ECG" }] });
    expect(checkOf(clean, "consent")).toBe("pass");
  });
});
