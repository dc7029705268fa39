import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compactText, leavesOf } from "#shared/presentation/fhir-node.ts";
import { present } from "#shared/presentation/present.ts";
import { allRows, mustSee } from "#shared/presentation/presentation.ts";
import type { Presentation, Row } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES, builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";
import { isMembers } from "#shared/protocol/json-pointer.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";
import type { Template } from "#shared/protocol/template.ts";

import { makeRequest, options, ORDER, PATIENT } from "./fixtures/request.ts";
import type { Changes } from "./fixtures/request.ts";

const medication = (changes: Changes = {}, more = {}) =>
  present(makeRequest(changes), BUILTIN_TEMPLATES.medicationOrder, { ...options, ...more });
const section = (p: Presentation, id: string) => p.sections.find((s) => s.id === id)!;
const everything = (row: Row) =>
  [row.tokens, row.as_sent ?? [], row.path ?? [], row.change?.before ?? []].map(flatText).join("\n");

describe("nothing of the request is lost", () => {
  const CODE_LIKE = /"(?:periodUnit|system|code|unit|when|dayOfWeek)"/;
  const visible = (p: Presentation) => allRows(p).map(everything).join("\n");

  it("every leaf of any body is drawn", () => {
    const marker = fc.stringMatching(/^m[a-z0-9]{8}$/);
    const json = fc.letrec<{ v: unknown }>((tie) => ({
      v: fc.oneof(
        { depthSize: "medium" },
        marker,
        fc.integer({ min: 100_000, max: 999_999 }),
        fc.boolean(),
        fc.array(tie("v"), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            "text",
            "coding",
            "code",
            "display",
            "doseAndRate",
            "doseQuantity",
            "value",
            "unit",
            "timing",
            "repeat",
            "reference",
            "odd key",
          ),
          tie("v"),
          { maxKeys: 4 },
        ),
      ),
    })).v;
    const members =
      "medicationCodeableConcept dosageInstruction dispenseRequest note reasonCode subject requester priority authoredOn extension status".split(
        " ",
      );
    const bodies = fc.dictionary(fc.constantFrom(...members), json, { maxKeys: 5 });
    fc.assert(
      fc.property(bodies, fc.constantFrom(...builtinTemplates), (value, template) => {
        const body = JSON.stringify({ resourceType: "MedicationRequest", ...value });
        const p = present(makeRequest({ body }), template, options);
        const text = visible(p).replaceAll(",", "");
        for (const leaf of leavesOf(parseFhir(body))) {
          const raw = compactText(leaf.value as never).replace(/^"|"$/g, "");
          if (/^m[a-z0-9]{8}$|^\d{6}$/.test(raw)) expect(text).toContain(raw);
        }
      }),
      { numRuns: 300 },
    );
    expect(CODE_LIKE.test(ORDER)).toBe(true);
  });

  it("every leaf of a prescription with parts missing is drawn", () => {
    let n = 0;
    const mark = () => `m${String(n++).padStart(5, "0")}x`;
    const quantity = () =>
      `{"value":${String(500_000 + n++)},"comparator":"<","unit":"${mark()}","system":"${mark()}","code":"${mark()}"}`;
    const concept = () =>
      `{"coding":[{"system":"${mark()}","code":"${mark()}","display":"${mark()}"},{"system":"${mark()}","display":"${mark()}"}],"text":"${mark()}"}`;
    const reference = () =>
      `{"reference":"${mark()}","type":"${mark()}","identifier":{"system":"${mark()}","value":"${mark()}"},"display":"${mark()}"}`;
    const ratio = () => `{"numerator":${quantity()},"denominator":${quantity()}}`;
    const range = () => `{"low":${quantity()},"high":${quantity()}}`;
    const whole =
      parseFhir(`{"resourceType":"MedicationRequest","medicationCodeableConcept":${concept()},"medicationReference":${reference()},
"subject":${reference()},"requester":${reference()},"reasonCode":[${concept()},${concept()}],"note":[{"text":"${mark()}","authorString":"${mark()}"}],
"dosageInstruction":[{"text":"${mark()}","patientInstruction":"${mark()}","additionalInstruction":[${concept()}],"route":${concept()},"site":${concept()},"method":${concept()},
"timing":{"event":["${mark()}"],"repeat":{"boundsRange":${range()},"boundsDuration":${quantity()},"boundsPeriod":{"start":"${mark()}","end":"${mark()}"},"count":111111,"frequency":222222,"period":333333,"periodUnit":"${mark()}","duration":444444,"durationUnit":"${mark()}","dayOfWeek":["${mark()}"],"timeOfDay":["${mark()}"],"when":["${mark()}"],"offset":555555},"code":${concept()}},
"asNeededCodeableConcept":${concept()},"doseAndRate":[{"type":${concept()},"doseQuantity":${quantity()},"doseRange":${range()},"rateRatio":${ratio()},"rateRange":${range()},"rateQuantity":${quantity()}}],
"maxDosePerPeriod":${ratio()},"maxDosePerLifetime":${quantity()}}],
"dispenseRequest":{"quantity":${quantity()},"initialFill":{"quantity":${quantity()},"duration":${quantity()}},"validityPeriod":{"start":"${mark()}","end":"${mark()}"},"performer":${reference()}},"substitution":{"reason":${concept()}}}`);
    const prune = (value: FhirJson, drop: () => boolean): FhirJson => {
      if (Array.isArray(value)) return value.map((item) => prune(item, drop));
      if (!isMembers(value)) return value;
      return Object.fromEntries(
        Object.entries(value).flatMap(([name, member]) => (drop() ? [] : [[name, prune(member, drop)] as const])),
      );
    };
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 4 })), (stream) => {
        const next = stream[Symbol.iterator]();
        const value = prune(whole, () => next.next().value === 0);
        const p = present(makeRequest({ body: compactText(value) }), BUILTIN_TEMPLATES.medicationOrder, options);
        const text = visible(p).replaceAll(",", "");
        for (const leaf of leavesOf(value)) {
          const raw = compactText(leaf.value as never).replace(/^"|"$/g, "");
          if (/^m\d{5}x$|^\d{6}$/.test(raw)) expect(text, leaf.pointer).toContain(raw);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("every string of the claims is drawn, but for those of the envelope", () => {
    const claims = makeRequest({
      more: {
        attachments: [
          { ref: "Doc/1", title: "Clinic letter", media: "text/plain", size: 5, dig: makeRequest().action.op.body_dig },
        ],
      },
      claims: {
        agent: {
          sub: "spiffe://a",
          name: "N",
          model: "M",
          owner: "O",
          obo: "https://d/x",
          act: [{ sub: "spiffe://b" }],
          future: "new-member",
        },
        patient: { ...PATIENT, nickname: "Shan" },
        initiator: { kind: "human", person: "https://d/y" },
      },
    });
    const text = visible(present(claims, BUILTIN_TEMPLATES.medicationOrder, options));
    const ENVELOPE =
      /^\/(?:ver|iss|aud|jti|rid|rev|txn|nonce|policy|display|log|binding_message|task\/id|task\/prev\/\d+\/rid|action\/op\/body|action\/op\/body_dig|action\/type|action\/risk|action\/reversible|rationale\/(?:src|trust|trigger)|initiator\/kind|authorization_details|patient\/(?:name|family|birthDate|prefix|identifiers)|facts|checks)/;
    for (const leaf of leavesOf(parseFhir(JSON.stringify(claims)))) {
      if (typeof leaf.value !== "string" || ENVELOPE.test(leaf.pointer)) continue;
      if (/\/task\/prev\/\d+\/out$/.test(leaf.pointer)) continue;
      expect(text, leaf.pointer).toContain(leaf.value);
    }
    expect(text).toContain("new-member");
    expect(text).toContain("Shan");
  });

  it.each(builtinTemplates)("every must_show pointer of $id has a row that has to be seen", (template) => {
    const before = `{"resourceType":"Condition","id":"1","code":{"text":"x"}}`;
    const claims = template.id.endsWith("record-update")
      ? makeRequest({
          action: "record.update",
          method: "PATCH",
          before,
          body: `[{"op":"replace","path":"/code/text","value":"y"}]`,
        })
      : makeRequest();
    const p = present(claims, template, options);
    const ids = new Set(mustSee(p));
    const places = allRows(p).flatMap((row) => (ids.has(row.id) && row.pointer !== undefined ? [row.pointer] : []));
    const alias = (place: string) => [
      place,
      place.replace("/op/after#", "/op/body#"),
      place.replace("/op/after#", "/op/before#"),
      place.replace("/task/idx", "/task/of"),
    ];
    for (const must of template.must_show.filter((m) => !m.endsWith("?"))) {
      expect(
        places
          .flatMap(alias)
          .some((place) => place === must || place.startsWith(`${must}/`) || place.startsWith(`${must}#`)),
        must,
      ).toBe(true);
    }
  });

  it("a hospital's template may ask for any place of the claims", () => {
    const template: Template = {
      id: "urn:x",
      ver: 1,
      must_show: ["/policy/id", "/rationale/text", "/task/goal", "/action/op/body#/intent"],
      statement: "s",
    };
    const p = present(makeRequest(), template, options);
    expect(section(p, "record").rows.some((row) => row.pointer === "/policy/id" && row.must_see)).toBe(true);
    expect(
      section(p, "claims")
        .rows.filter((row) => row.must_see)
        .map((row) => row.pointer),
    ).toEqual(["/rationale/text", "/task/goal"]);
    expect(allRows(p).some((row) => row.pointer === "/action/op/body#/intent" && row.must_see)).toBe(true);
  });

  it("ids are unique, short enough for the contract, and the same each time", () => {
    const long = `{"resourceType":"X","${"k".repeat(700)}":{"a":"1"},"${"k".repeat(699)}j":{"a":"2"}}`;
    const ids = () => allRows(medication({ body: long })).map((row) => row.id);
    expect(new Set(ids()).size).toBe(ids().length);
    expect(Math.max(...ids().map((id) => id.length))).toBeLessThanOrEqual(600);
    expect(ids()).toEqual(ids());
    const elsewhere = { facilityZone: "Asia/Tokyo", now: options.now + 90_000, drugNames: ["x"], patientNames: ["y"] };
    expect(allRows(medication({ body: long }, elsewhere)).map((row) => row.id)).toEqual(ids());
  });
  it("a body longer than a person can read is not approvable, and stays short on screen", () => {
    const p = medication({ body: `{"a":[${Array.from({ length: 5000 }, (_, i) => String(i)).join(",")}]}` });
    expect(p.obstacles.map((o) => o.why)).toContain("Longer than a person can be asked to read.");
    expect(mustSee(p).length).toBeLessThan(200);
  });
});
