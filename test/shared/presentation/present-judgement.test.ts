import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { headline, present } from "#shared/presentation/present.ts";
import { tierOf } from "#shared/presentation/tier.ts";
import { allRows, mustSee } from "#shared/presentation/presentation.ts";
import type { Presentation, Row } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";
import { RAR } from "#shared/protocol/names.ts";

import { makeRequest, options, ORDER, PATIENT } from "./fixtures/request.ts";
import type { Changes } from "./fixtures/request.ts";

const medication = (changes: Changes = {}, more = {}) =>
  present(makeRequest(changes), BUILTIN_TEMPLATES.medicationOrder, { ...options, ...more });
const update = (before: string, body: string, changes: Changes = {}, method: "PATCH" | "PUT" | "DELETE" = "PATCH") =>
  present(
    makeRequest({ action: "record.update", method, url: "https://fhir.example/r4/X/1", before, body, ...changes }),
    BUILTIN_TEMPLATES.recordUpdate,
    options,
  );
const section = (p: Presentation, id: string) => p.sections.find((s) => s.id === id)!;
const byLabel = (p: Presentation, label: string): Row => allRows(p).find((row) => row.label === label)!;
const shown = (row: Row) => flatText(row.tokens);

describe("what cannot be approved", () => {
  const why = (body: string, more = {}) =>
    medication({ body }, more).obstacles.map((o) => `${o.token} ${o.why}`.trim());
  const named = (name: string) => `{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"${name}"}}`;
  it.each([
    ["a hidden character", named("hydr\u200boxyzine"), "[U+200B] It contains a hidden character."],
    ["a drug name of two scripts", named("m\u043erphine"), "m\u043erphine A word mixes letters of different scripts."],
    [
      "a look-alike of a listed drug",
      named("rnorphine"),
      "rnorphine ≠ morphine A word looks like another one that it is not.",
    ],
    ["a hidden character in a key", `{"no\u200bte":"x"}`, "[U+200B] It contains a hidden character."],
    ["two keys that look alike", `{"note":"x","n\u043ete":"y"}`, "n\u043ete Two fields of the same group look alike."],
    [
      "a modifier extension",
      `{"modifierExtension":[{"url":"u"}]}`,
      "modifierExtension An element that changes the meaning of the rest, which this app cannot put into words.",
    ],
    [
      "implicit rules",
      `{"implicitRules":"u"}`,
      "implicitRules An element that changes the meaning of the rest, which this app cannot put into words.",
    ],
    [
      "a nested doNotPerform",
      `{"resourceType":"CarePlan","activity":[{"detail":{"doNotPerform":true}}]}`,
      "doNotPerform An element that changes the meaning of the rest, which this app cannot put into words.",
    ],
    ["a body that is no JSON", `{"a":1`, "The text that will be sent cannot be read as data."],
  ])("%s", (_name, body, reason) => {
    expect(why(body, { drugNames: ["morphine"] })).toContain(reason);
  });
  it("a patient with one identifier only", () => {
    const p = medication({ claims: { patient: { ref: "Patient/x", name: "Ann" } } });
    expect(p.obstacles.map((o) => o.pointer)).toContain("/patient");
  });
  it("a patient whose name is all that tells them from others: sex and record address tell nobody apart", () => {
    const pointers = (patient: object) =>
      medication({ claims: { patient: { ref: "Patient/x", ...patient } as never } }).obstacles.map((o) => o.pointer);
    expect(pointers({ name: "Ann", sex: "female", deceased: true })).toContain("/patient");
    expect(pointers({ name: "", birthDate: "1945-07-14", sex: "female" })).toContain("/patient");
    expect(pointers({ name: "Ann", birthDate: "1945-07-14" })).not.toContain("/patient");
    expect(pointers({ name: "Ann", mrn: "1" })).not.toContain("/patient");
  });
  it("a grant for another patient, or of an unknown kind", () => {
    const [a1] = makeRequest().authorization_details;
    const other = medication({ claims: { authorization_details: [{ ...a1!, patient: "Patient/evans" }] } });
    expect(other.obstacles.map((o) => o.why)).toContain("This is about another patient.");
    const odd = medication({ claims: { authorization_details: [{ type: "urn:odd", id: "z", power: "all" }] } });
    expect(odd.obstacles.map((o) => o.why)).toContain("A kind of permission that this app does not know.");
    expect(allRows(odd).map(shown)).toContain("all");
  });
  it("an unknown kind of action", () => {
    const p = present(makeRequest({ action: "careplan.bulkAssign" }), BUILTIN_TEMPLATES.generic, options);
    expect([p.tier, p.headline.kind, p.obstacles.map((o) => o.pointer)]).toEqual([
      3,
      "Unknown kind of action",
      ["/action/type"],
    ]);
  });
  it("names, notes and facts in any legitimate script can be", () => {
    const patient = { ...PATIENT, name: "محمد الأمين", family: "الأمين", given: ["محمد"], prefix: "" };
    const facts = [
      { id: "f", src: "ehr", sev: "info", code: "weight", text: "Nguyễn, नरेंद्र, O’Neill", ack: false },
    ] as const;
    expect(medication({ claims: { patient, facts: [...facts] } }).obstacles).toEqual([]);
  });
  it("a stray mark in the record shows its token and raises the tier, but does not stop care", () => {
    const facts = [{ id: "f", src: "ehr", sev: "info", code: "note", text: "old\u200bnote", ack: false }] as const;
    const p = medication({ claims: { facts: [...facts] } });
    expect([p.obstacles, p.tier]).toEqual([[], 2]);
    expect(allRows(p).map(shown)).toContain("old[U+200B]note");
  });
});

describe("headlines", () => {
  it("a known negation is the headline", () => {
    const body = ORDER.replace('"status"', '"doNotPerform":true,"status"');
    const p = medication({ body });
    expect(p.headline.kind).toBe("Order not to give or do something");
    expect(p.obstacles).toEqual([]);
    expect(shown(byLabel(p, "Do not give"))).toBe("yes");
  });
  it("a stopped order is called one", () => {
    const before = `{"resourceType":"MedicationRequest","id":"w","status":"active","medicationCodeableConcept":{"text":"warfarin"}}`;
    const body = `[{"op":"replace","path":"/status","value":"stopped"}]`;
    expect(headline(makeRequest({ action: "order.discontinue", method: "PATCH", before, body }))).toEqual({
      kind: "Stop an order",
      item: "warfarin",
    });
  });
  it("are K and A only, from claims alone", () => {
    expect(headline(makeRequest({ body: ORDER.replace('"active"', '"entered-in-error"') })).kind).toBe(
      "Mark an entry as entered in error",
    );
    const body = `{"resourceType":"ServiceRequest","performer":[{"display":"Elmwood Heart Centre"}],"code":{"text":"Cardiology"}}`;
    const more = { reach: { patients: 1, leaves_org: true, standing: false } };
    expect(headline(makeRequest({ action: "referral.create", body, more }))).toEqual({
      kind: "External referral",
      item: "Elmwood Heart Centre",
    });
  });
});

describe("tiers: the gateway's or worse", () => {
  const reach = (more: object) => ({ more: { reach: { patients: 1, leaves_org: false, standing: false, ...more } } });
  const details = (change: object) => ({
    claims: {
      authorization_details: makeRequest().authorization_details.map((e) => ({
        ...e,
        ...(e.type === RAR.fhirOp ? change : {}),
      })),
    },
  });
  it.each<[string, Changes, number]>([
    ["low", { more: { risk: "low" } }, 1],
    ["moderate", {}, 1],
    ["high", { more: { risk: "high" } }, 2],
    ["critical", { more: { risk: "critical" } }, 3],
    ["several patients said", reach({ patients: 2 }), 3],
    ["several patients behind escapes", { body: ORDER.replace('"pain"', String.raw`"see \u0050atient\/evans"`) }, 3],
    ["several patients in the bytes", { body: ORDER.replace('"pain"', '"see Patient/evans"') }, 3],
    ["leaves the organisation", reach({ leaves_org: true }), 3],
    ["standing", reach({ standing: true }), 3],
    ["more than one use", details({ max_uses: 2 }), 3],
    ["any number of uses", details({ max_uses: undefined }), 3],
    [
      "unknown unit",
      { body: ORDER.replace('"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"', '"unit":"flump"') },
      2,
    ],
    [
      "unknown unit on a high risk",
      { body: ORDER.replace('"value":24,"unit":"mL"', '"value":24,"unit":"flump"'), more: { risk: "high" } },
      3,
    ],
    ["encoded data", { body: `{"resourceType":"X","data":"${"QUJD".repeat(20)}"}` }, 3],
    ["deceased", { claims: { patient: { ...PATIENT, deceased: true } } }, 3],
    ["a failed check", { claims: { checks: [{ id: "a", label: "A", result: "fail", by: "cds" }] } }, 2],
    [
      "a conflict",
      {
        claims: {
          facts: [
            {
              id: "c",
              src: "gateway",
              sev: "critical",
              code: "conflict",
              text: "82 kg, 28 kg",
              ack: true,
              override: true,
            },
          ],
        },
      },
      2,
    ],
    ["printed and coded unit differ", { body: ORDER.replace('"code":"mg"', '"code":"g"') }, 2],
    ["no plain-language view", { body: `{"resourceType":"CarePlan"}` }, 2],
    ["deletion", { action: "record.update", method: "DELETE", body: "", before: `{"resourceType":"X"}` }, 3],
    [
      "write scopes",
      { claims: { authorization_details: [{ type: RAR.smartScope, id: "s", scopes: ["patient/Observation.cud"] }] } },
      3,
    ],
  ])("%s", (_name, changes, tier) => {
    expect(tierOf(makeRequest(changes))).toBe(tier);
  });
  it("never below the gateway's, whatever the body holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("low", "high", "critical"), (value, risk) => {
        const base = { low: 1, high: 2, critical: 3 }[risk];
        expect(tierOf(makeRequest({ body: JSON.stringify(value), more: { risk } }))).toBeGreaterThanOrEqual(base);
      }),
      { numRuns: 200 },
    );
  });
});

describe("conflicts", () => {
  it("come before the action, hold the gateway's values and ask for a reason", () => {
    const facts = [
      {
        id: "c",
        src: "gateway",
        sev: "critical",
        code: "conflict",
        label: "Weight",
        text: "Agent says 82 kg. Record says 28 kg (12-Nov-2026 09:10).",
        ack: true,
        override: true,
      },
    ] as const;
    const p = medication({ claims: { facts: [...facts] } });
    const row = section(p, "conflicts").rows[0]!;
    expect([row.label, row.must_see, row.fact]).toEqual(["Conflict", true, { id: "c", ack: true, override: true }]);
    expect(shown(row)).toContain("Agent says 82 kg. Record says 28 kg");
  });
  it("inside the action are found by the app", () => {
    const p = medication({ body: ORDER.replace("2.0MG", "20MG") });
    expect(section(p, "conflicts").rows.map(shown)).toEqual(["The words say 20 mg. The structured dose says 2 mg."]);
  });
});

describe("record updates", () => {
  const before = `{"resourceType":"AllergyIntolerance","id":"1","code":{"text":"penicillin"},"verificationStatus":{"coding":[{"code":"confirmed"}]},"note":[{"text":"rash"}]}`;
  it("show the net difference, count the rest, and say that an entry goes", () => {
    const p = update(
      before,
      `[{"op":"replace","path":"/verificationStatus/coding/0/code","value":"entered-in-error"},{"op":"remove","path":"/note"}]`,
    );
    expect(p.headline).toEqual({ kind: "Mark an entry as entered in error", item: "penicillin (2 fields)" });
    const changes = section(p, "action").rows.filter((row) => row.change);
    expect(changes.map((row) => [row.change!.word, flatText(row.change!.before), shown(row)])).toEqual([
      ["Removed", "confirmed", "entered-in-error"],
      ["Removed", "rash", "(nothing)"],
      ["Changed", "confirmed", "entered-in-error"],
    ]);
    expect(section(p, "action").unchanged!.title).toBe("3 unchanged fields");
    expect(section(p, "action").unchanged!.rows.every((row) => !row.must_see && row.prov === "R")).toBe(true);
    expect(p.tier).toBe(2);
  });
  it("show test steps and unknown members of a patch as other content", () => {
    const p = update(
      before,
      `[{"op":"test","path":"/id","value":"1"},{"op":"replace","path":"/code/text","value":"x","comment":"psst"}]`,
    );
    expect(section(p, "action").other!.rows.map(shown)).toEqual(["test", "/id", "1", "psst"]);
    expect(mustSee(p)).toContain(section(p, "action").other!.id);
  });
  it("without the record as it is, or with a patch that does not fit, cannot be approved", () => {
    const patch = `[{"op":"remove","path":"/nothing"}]`;
    expect(update(before, patch).obstacles.map((o) => o.why)).toContain(
      "The change does not fit the record it was made for.",
    );
    const claims = makeRequest({ action: "record.update", method: "PATCH", body: patch });
    expect(present(claims, BUILTIN_TEMPLATES.recordUpdate, options).obstacles.map((o) => o.why)).toContain(
      "What the record holds now is missing, so the change cannot be shown.",
    );
  });
  it("hidden characters in the new value stop it; in what the record holds now they are shown", () => {
    const p = update(before, `[{"op":"replace","path":"/code/text","value":"peni\u202ecillin"}]`);
    expect(p.obstacles.map((o) => o.token)).toEqual(["[U+202E]"]);
    const q = update(before.replace("rash", "ra\u200bsh"), `[{"op":"remove","path":"/note"}]`);
    expect(q.obstacles).toEqual([]);
    expect(allRows(q).flatMap((row) => (row.change ? [flatText(row.change.before)] : []))).toContain("ra[U+200B]sh");
  });
  it("a deletion removes every field", () => {
    const p = update(before, "", {}, "DELETE");
    expect(p.headline.kind).toBe("Delete from the record");
    expect(section(p, "action").rows.filter((row) => row.change?.kind === "removed")).toHaveLength(5);
  });
  it("a change that changes nothing says so", () => {
    const p = update(before, `[]`);
    expect(shown(byLabel(p, "Changes"))).toBe("Nothing in the record would change.");
  });
});
