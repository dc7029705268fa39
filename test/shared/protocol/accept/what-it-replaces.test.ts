import { describe, expect, it } from "vitest";

import { FHIR } from "../fixture/hospital.ts";
import { BAD, CONDITION, conditionScope, GOOD, onCondition, operation } from "../fixture/operation.ts";

describe("C10: what is shown as it is now is what is changed", () => {
  it.each(["PATCH", "DELETE"] as const)("E_REQ_INCONSISTENT: a %s that binds no version", (method) => {
    const body = method === "PATCH" ? JSON.stringify([{ op: "remove", path: "/note" }]) : "";
    const scope = { ...conditionScope, actions: ["update", "delete"] };
    const bound = { ...onCondition, method, body, before: JSON.stringify(CONDITION) };
    expect(operation(bound, scope)).toBe(GOOD);
    expect(operation({ ...bound, if_match: undefined }, scope)).toBe(BAD);
  });
});

describe("C10: what is made anew has no earlier form", () => {
  it("E_REQ_INCONSISTENT: a create that would be drawn as a change of something", () => {
    const create = { method: "POST", url: `${FHIR}/Condition`, media: "application/fhir+json" } as const;
    const scope = { actions: ["create"], datatypes: ["Condition"] };
    const body = JSON.stringify(CONDITION);
    expect(operation({ ...create, body }, scope)).toBe(GOOD);
    expect(operation({ ...create, body, before: body }, scope)).toBe(BAD);
  });
});
