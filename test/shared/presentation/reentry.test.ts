import { describe, expect, it } from "vitest";

import { matchesIdentity, matchesOriginCode, matchesValue, valueTarget } from "#shared/presentation/reentry.ts";

import { makeRequest, ORDER, PATIENT } from "./fixtures/request.ts";

const order = (quantity: string) =>
  makeRequest({
    body: `{"resourceType":"MedicationRequest","dosageInstruction":[{"doseAndRate":[{"doseQuantity":${quantity}}]}]}`,
  });
const referral = (performer: string) =>
  makeRequest({ action: "referral.create", body: `{"resourceType":"ServiceRequest","performer":${performer}}` });

describe("identity", () => {
  it.each([
    ["SW", "1945", true],
    ["sw", "1945", true],
    [" s. w. ", " 1945 ", true],
    ["WS", "1945", false],
    ["S", "1945", false],
    ["SWX", "1945", false],
    ["SW", "45", false],
    ["SW", "1946", false],
    ["", "", false],
    ["ＳＷ", "1945", false],
  ])("%j born %j: %s", (initials, birth_year, ok) => {
    expect(matchesIdentity(makeRequest(), { initials, birth_year })).toBe(ok);
  });
  it("of a patient without a birth date or without letters in the name never matches", () => {
    const { birthDate: _born, ...unborn } = PATIENT;
    expect(matchesIdentity(makeRequest({ claims: { patient: unborn } }), { initials: "SW", birth_year: "" })).toBe(
      false,
    );
    const blank = { ref: "Patient/x", name: "999", birthDate: "1945-07-14" };
    expect(matchesIdentity(makeRequest({ claims: { patient: blank } }), { initials: "", birth_year: "1945" })).toBe(
      false,
    );
  });
  it("keeps accents and foreign letters", () => {
    const patient = {
      ref: "Patient/x",
      name: "Órla Ní Bhriain",
      given: ["Órla"],
      family: "Ní Bhriain",
      birthDate: "1990-01-01",
    };
    const request = makeRequest({ claims: { patient } });
    expect(matchesIdentity(request, { initials: "ón", birth_year: "1990" })).toBe(true);
    expect(matchesIdentity(request, { initials: "on", birth_year: "1990" })).toBe(false);
  });
});

describe("value", () => {
  it("is the dose in clinical form, with its unit beside the field", () => {
    expect(valueTarget(makeRequest({ body: ORDER }))).toEqual({ kind: "dose", number: "2", unit: "mg" });
    expect(valueTarget(order(`{"value":1000.0,"unit":"U"}`))).toEqual({ kind: "dose", number: "1,000", unit: "units" });
  });
  it.each([
    [`{"value":1000,"unit":"U"}`, "1000", true],
    [`{"value":1000,"unit":"U"}`, "1,000", true],
    [`{"value":1000,"unit":"U"}`, "100", false],
    [`{"value":1000,"unit":"U"}`, "10,00", false],
    [`{"value":15,"unit":"mg"}`, "1,5", false],
    [`{"value":1.5,"unit":"mg"}`, "1,5", false],
    [`{"value":2.50,"unit":"mg"}`, "2.5", true],
    [`{"value":2.50,"unit":"mg"}`, "2.50", false],
    [`{"value":2.50,"unit":"mg"}`, "25", false],
    [`{"value":2,"unit":"mg"}`, "", false],
  ])("%s typed as %j: %s", (quantity, typed, ok) => {
    expect(matchesValue(order(quantity), typed)).toBe(ok);
  });
  it("is the last four of the recipient's code in a referral", () => {
    const ods = referral(
      `[{"display":"Elmwood","identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"ZZZ99"}}]`,
    );
    expect(matchesValue(ods, "zz99")).toBe(true);
    expect(matchesValue(ods, "ZZZ99")).toBe(false);
    expect(matchesValue(ods, "ZZ98")).toBe(false);
    expect(matchesValue(referral(`[{"reference":"Organization/elmwood"}]`), "wood")).toBe(true);
  });
  it("is asked of nothing else", () => {
    expect(
      valueTarget(referral(`[{"reference":"Organization/aaaa"},{"reference":"Organization/bbbb"}]`)),
    ).toBeUndefined();
    expect(valueTarget(makeRequest({ body: "{}" }))).toBeUndefined();
    expect(matchesValue(makeRequest({ body: "{}" }), "")).toBe(false);
  });
});

it("the origin code is the request's, without regard to case", () => {
  const request = makeRequest({ claims: { binding_message: "OTTER-42" } });
  expect(matchesOriginCode(request, " otter-42 ")).toBe(true);
  expect(matchesOriginCode(request, "OTTER42")).toBe(false);
  expect(matchesOriginCode(makeRequest(), "")).toBe(false);
});
