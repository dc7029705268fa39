import { describe, expect, it } from "vitest";

import { makeInput, order, policyOf } from "./fixtures.ts";

describe("a medicine is named by its own name", () => {
  it.each([
    [
      "a medicine elsewhere, with another one inside the order",
      order({
        medicationCodeableConcept: undefined,
        medicationReference: { reference: "Medication/m" },
        contained: [{ resourceType: "Medication", id: "x", code: { text: "paracetamol" } }],
      }),
    ],
    ["a medicine elsewhere beside a harmless name", order({ medicationReference: { reference: "Medication/m" } })],
    [
      "a contained medicine without a name beside another one",
      order({
        medicationCodeableConcept: undefined,
        medicationReference: { reference: "#m" },
        contained: [
          { resourceType: "Medication", id: "m", code: { coding: [{ code: "7052" }] } },
          { resourceType: "Medication", id: "x", code: { text: "paracetamol" } },
        ],
      }),
    ],
  ])("refuses %s", (_what, op) => {
    expect(policyOf().evaluate(makeInput(op))).toMatchObject({ kind: "refuse", code: "E_POL_REFUSED" });
  });

  it("knows a medicine inside the order by its name", () => {
    const named = (text: string) =>
      order({
        medicationCodeableConcept: undefined,
        medicationReference: { reference: "#m" },
        contained: [{ resourceType: "Medication", id: "m", code: { text } }],
      });
    expect(policyOf().evaluate(makeInput(named("paracetamol")))).toMatchObject({ kind: "ask" });
    expect(policyOf().evaluate(makeInput(named("morphine")))).toMatchObject({ kind: "refuse" });
  });
});
