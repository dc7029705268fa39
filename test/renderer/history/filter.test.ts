import { describe, expect, it } from "vitest";

import { endOfDay, startOfDay } from "../../../renderer/history/day.ts";
import { faultAt, fieldsOf, filterOf, isPatientNumber, keptOf, NO_FIELDS } from "../../../renderer/history/filter.ts";

const ZONE = "Europe/London";
const at = (iso: string) => Date.parse(iso) / 1000;
const made = (fields: Partial<typeof NO_FIELDS>, seesAttention = false) =>
  filterOf({ ...NO_FIELDS, ...fields }, ZONE, seesAttention);

describe("a day at the facility", () => {
  it("begins at its own midnight, also where clocks change, whatever the computer's zone", () => {
    expect(startOfDay("01-Nov-2026", ZONE)).toBe(at("2026-11-01T00:00:00Z"));
    expect(startOfDay("1-jul-2026", ZONE)).toBe(at("2026-06-30T23:00:00Z"));
    expect(startOfDay("01-Nov-2026", "America/New_York")).toBe(at("2026-11-01T04:00:00Z"));
    expect(startOfDay("29-Mar-2026", ZONE)).toBe(at("2026-03-29T00:00:00Z"));
  });

  it("ends where the next one begins: 23 and 25 hours later where clocks change", () => {
    const hours = (day: string) => (endOfDay(day, ZONE)! - startOfDay(day, ZONE)!) / 3600;
    expect(["28-Mar-2026", "29-Mar-2026", "25-Oct-2026", "31-Dec-2026"].map(hours)).toEqual([24, 23, 25, 24]);
    expect(endOfDay("28-Feb-2027", ZONE)).toBe(startOfDay("01-Mar-2027", ZONE));
  });

  it("is not what is no day of the calendar", () => {
    for (const text of ["31-Feb-2026", "00-Jan-2026", "01-Foo-2026", "2026-11-01", "01/11/2026", "01-Nov-26", ""]) {
      expect(startOfDay(text, ZONE), text).toBeUndefined();
      expect(endOfDay(text, ZONE), text).toBeUndefined();
    }
  });
});

describe("the filter of the history", () => {
  it("holds the whole of the last day that was named", () => {
    expect(made({ from: "01-Nov-2026", to: "02-Nov-2026" })).toEqual({
      filter: { from: at("2026-11-01T00:00:00Z"), to: at("2026-11-03T00:00:00Z") },
    });
  });

  it("names the field that is not understood, and asks for nothing", () => {
    expect(made({ from: "yesterday", to: "31-Feb-2026" })).toEqual({ faults: { from: "date", to: "date" } });
    expect(made({ from: "02-Nov-2026", to: "01-Nov-2026" })).toEqual({ faults: { to: "range" } });
  });

  it("looks for a number of a patient among patients, and for everything else in what is not clinical", () => {
    for (const text of ["999 728 7652", "9997287652", "NG-104311", "00-104-77", "Patient/waters-shauna"]) {
      expect(isPatientNumber(text), text).toBe(true);
    }
    const others = ["019f2b4c", "019f2b4c-0000-7000-8000-000000000001", "maple orbit tiger lamp", "MedRec-2", "OKAFOR"];
    for (const text of [...others, "sha-256:WgzdrNQ5GdCYypHljKsWHBuqqd4nQnoVbn7ZRiBqxP5"]) {
      expect(isPatientNumber(text), text).toBe(false);
    }
    expect(made({ search: " 999 728 7652 " })).toEqual({ filter: { patient: "999 728 7652" } });
    expect(made({ search: "maple orbit" })).toEqual({ filter: { text: "maple orbit" } });
  });

  it("asks for attention's problems only where this person may see them", () => {
    const problems = (seesAttention: boolean) => {
      const asked = made({ onlyProblems: true }, seesAttention);
      return asked.faults === undefined ? asked.filter.problems : [];
    };
    expect(problems(false)).toEqual(["revoked", "failed", "rejected", "expired"]);
    expect(problems(true)).toEqual(["unseen-fields", "below-expected", "revoked", "failed", "rejected", "expired"]);
  });

  it("finds the field of what the gateway did not understand", () => {
    const fault = { code: "E_QUERY_FILTER", message: "/filter/agents/0: too long" } as const;
    expect(faultAt({ ...fault, pointer: "/filter/agents/0" })).toEqual({ agent: { said: "Too long" } });
    expect(faultAt({ ...fault, pointer: "/limit" })).toBeUndefined();
    expect(faultAt(fault)).toBeUndefined();
  });

  it("keeps nothing under a name that may name a patient, and gives the rest back", () => {
    const fields = {
      ...NO_FIELDS,
      search: "999 728 7652",
      from: "01-Nov-2026",
      type: "order.create",
      tier: "3",
      onlyProblems: true,
    };
    const filter = keptOf(fields, ZONE);
    expect(Object.keys(filter).sort()).toEqual(["problems", "risks", "types"]);
    expect(fieldsOf({ name: "mine", filter }, NO_FIELDS)).toEqual({ ...fields, search: "", from: "" });
  });
});
