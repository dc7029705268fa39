import { describe, expect, it } from "vitest";

import { includes, meetScopes, parseScope, scopeText, shortest } from "#shared/scope/smart-scope.ts";

const scopes = (text: string) => text.split(" ").map(parseScope);
const below = (a: string, b: string) => includes(scopes(b), scopes(a));

describe("order of SMART scopes (protocol.md 3.9, worked cases)", () => {
  it.each([
    ["patient/Observation.r", "patient/Observation.rs", true],
    ["patient/Observation.rs?category=lab", "patient/Observation.rs", true],
    ["patient/Observation.rs", "patient/Observation.rs?category=lab", false],
    ["patient/Observation.rs", "patient/*.rs", true],
    ["patient/Observation.read", "patient/Observation.rs", true],
    ["patient/Observation.write", "patient/Observation.cu", false],
    ["user/Observation.rs", "patient/Observation.rs", false],
    ["patient/Observation.rs", "user/Observation.rs", false],
    ["patient/Observation.rs?category:not=lab,vital", "patient/Observation.rs?category:not=lab", false],
    ["patient/Observation.rs", "patient/Observation.r patient/Observation.s", true],
    ["patient/Observation.rs?category=lab", "patient/Observation.rs?category=lab,vital", true],
    ["patient/Observation.rs?category=lab,vital", "patient/Observation.rs?category=lab", false],
    ["patient/Observation.rs?date=ge2026", "patient/Observation.rs?date=ge2026,lt2025", false],
    ["patient/Observation.rs?code=a&category=lab", "patient/Observation.rs?category=lab", true],
    ["patient/*.rs", "patient/Observation.rs", false],
    ["openid", "openid", true],
    ["openid", "profile", false],
  ])("%s ⊑ %s is %s", (a, b, wanted) => {
    expect(below(a, b)).toBe(wanted);
  });
});

describe("grammar of SMART scopes", () => {
  it.each([
    "patient/Observation.dus",
    "patient/Observation.rr",
    "patient/Observation.",
    "patient/observation.rs",
    "patient/Observation.rs?",
    "patient/Observation.rs?=x",
    "patient/Observation.rs?category=",
    "patient/Observation.rs?category=a,,b",
    "patient/Observation.rs?category=%zz",
    // They ask for more or for another form of it, so they do not narrow (FHIR R4 search, "Managing returned resources").
    "patient/Observation.rs?_include=Observation:performer",
    "patient/Observation.rs?category=lab&_revinclude:iterate=Provenance:target",
    "patient/Observation.rs?_elements=value",
    "patient/Observation.rs?_contained=both",
    "patient/Observation",
    "system/Observation.rs",
    "offline_access",
    "online_access",
    "anything",
    "",
    " patient/Observation.rs",
    "patient/Observation.rs\n",
  ])("refuses %j", (text) => {
    expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: "E_AUZ_SCOPE" }));
  });

  it("reads %2C inside a value as a literal comma", () => {
    const [one] = scopes("patient/Observation.rs?code=a%2Cb");
    expect(one).toMatchObject({ constraints: [{ name: "code", values: ["a,b"] }] });
    expect(below("patient/Observation.rs?code=a", "patient/Observation.rs?code=a%2Cb")).toBe(false);
  });

  it("writes text that reads back as the same scope", () => {
    for (const text of ["patient/*.cruds", "user/Observation.rs?code=a%2Cb&category=x,y", "launch/patient"]) {
      expect(parseScope(scopeText(parseScope(text)))).toEqual(parseScope(text));
    }
  });

  it("keeps only scopes that the others do not include", () => {
    expect(shortest(scopes("patient/*.rs patient/Observation.r patient/Observation.c")).map(scopeText)).toEqual([
      "patient/*.rs",
      "patient/Observation.c",
    ]);
  });

  it("drops the one included first in the list as well, and of two equal ones keeps one", () => {
    expect(shortest(scopes("patient/Observation.r patient/*.rs")).map(scopeText)).toEqual(["patient/*.rs"]);
    expect(shortest(scopes("openid openid")).map(scopeText)).toEqual(["openid"]);
  });

  it("reads constraints in any order of values, by names of one letter, and refuses one without a name", () => {
    expect(parseScope("user/Observation.rs?x=b,a,b")).toMatchObject({
      constraints: [{ name: "x", values: ["a", "b"] }],
    });
    expect(() => parseScope("user/Observation.rs?=a")).toThrow('The scope "user/Observation.rs?=a" cannot be read.');
    expect(() => parseScope(`system/${"x".repeat(200)}`)).toThrow(
      `The scope "system/${"x".repeat(73)}" cannot be read.`,
    );
  });

  it("writes what needs no escaping as it is", () => {
    expect(scopeText(parseScope("user/Observation.rs?code=a%20b"))).toBe("user/Observation.rs?code=a%20b");
    expect(scopeText(parseScope("user/Observation.rs?code=abc"))).toBe("user/Observation.rs?code=abc");
  });

  it("compares values exactly as soon as one of them has a prefix", () => {
    expect(below("patient/Observation.rs?date=ge2024", "patient/Observation.rs?date=ge2024,2025")).toBe(false);
    expect(below("patient/Observation.rs?date=2025", "patient/Observation.rs?date=ge2024,2025")).toBe(false);
    expect(below("patient/Observation.rs?date=ge2024,2025", "patient/Observation.rs?date=2025,ge2024")).toBe(true);
  });

  it("never lets a scope without a resource include one with, nor the other way round", () => {
    expect(below("patient/Observation.rs", "openid")).toBe(false);
    expect(below("openid", "patient/*.cruds")).toBe(false);
  });
});

describe("what two sets of scopes have in common", () => {
  it.each([
    ["openid profile", "profile fhirUser", "profile"],
    ["openid", "profile", ""],
    ["openid", "patient/*.rs", ""],
    ["patient/*.rs", "openid", ""],
    ["patient/*.rs", "patient/Observation.r", "patient/Observation.r"],
    ["patient/Observation.r", "patient/*.rs", "patient/Observation.r"],
    ["patient/*.r", "patient/*.rs", "patient/*.r"],
    ["patient/Observation.r", "patient/Condition.r", ""],
    ["patient/Observation.r", "patient/Observation.s", ""],
    ["patient/Observation.r", "user/Observation.r", ""],
    ["patient/Observation.r?code=a", "patient/Observation.r?code=a", "patient/Observation.r?code=a"],
    ["patient/Observation.r?code=a", "patient/Observation.r?code=b", "patient/Observation.r?code=a&code=b"],
    ["patient/Observation.r?code=a", "patient/Observation.r?kind=a", "patient/Observation.r?code=a&kind=a"],
  ])("%s and %s", (a, b, common) => {
    expect(meetScopes(scopes(a), scopes(b)).map(scopeText).join(" ")).toBe(common);
  });
});
