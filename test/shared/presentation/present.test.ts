import { describe, expect, it } from "vitest";

import { present, rawView } from "#shared/presentation/present.ts";
import { allRows, mustSee, SECTION_IDS } from "#shared/presentation/presentation.ts";
import type { Presentation, Row } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";

import { makeRequest, options, ORDER } from "./fixtures/request.ts";
import type { Changes } from "./fixtures/request.ts";

const medication = (changes: Changes = {}, more = {}) =>
  present(makeRequest(changes), BUILTIN_TEMPLATES.medicationOrder, { ...options, ...more });
const section = (p: Presentation, id: string) => p.sections.find((s) => s.id === id)!;
const byLabel = (p: Presentation, label: string): Row => allRows(p).find((row) => row.label === label)!;
const shown = (row: Row) => flatText(row.tokens);

describe("a medication order", () => {
  const p = medication();
  it("is in the fixed order, claims last", () => {
    expect(p.sections.map((s) => s.id)).toEqual(SECTION_IDS);
    expect(p.body).toBe("medication_order");
    expect(p.headline).toEqual({ kind: "New medication order", item: "HYDROmorphone 1 mg per mL oral solution" });
  });
  it("is drawn in clinical form with what was sent beside it", () => {
    expect(shown(byLabel(p, "Dose"))).toBe("2 mg");
    expect(flatText(byLabel(p, "Dose").as_sent!)).toBe("2.0 mg");
    expect(shown(byLabel(p, "When"))).toBe("every 4 hours");
    expect(shown(byLabel(p, "Limit"))).toBe("maximum 4 doses in 24 hours");
    expect(shown(byLabel(p, "Quantity"))).toBe("24 mL");
    expect(byLabel(p, "Quantity").as_sent).toBeUndefined();
  });
  it("says what the record does not state, and what nobody checked", () => {
    expect(shown(byLabel(p, "Not stated in this request"))).toBe("Kidney function, Pregnancy, Current medicines");
    const check = section(p, "checks").rows.find((row) => row.label === "Not checked");
    expect(shown(check!)).toBe("Interaction: service unavailable");
    expect(check!.alert?.level).toBe("warning");
  });
  it("has each row of the action, the record's alerts and the scope among what must be seen; claims never", () => {
    const ids = new Set(mustSee(p));
    for (const row of allRows(p)) {
      if (row.prov === "A" || (row.prov === "R" && row.alert)) expect(ids).toContain(row.id);
      if (row.prov === "C") expect(ids).not.toContain(row.id);
    }
  });
  it("names droppable and required elements by id", () => {
    const grants = section(p, "scope").rows.flatMap((row) =>
      row.grant ? [`${row.grant.id} ${String(row.grant.required)}`] : [],
    );
    expect(grants).toEqual(["a1 true", "a2 false"]);
    expect(section(p, "scope").rows.map(shown)).toEqual([
      "Create: medication orders, for this patient. Once. Until 14:45 GMT.",
      "Read, search: observations (category laboratory), for this patient. Until 14:45 GMT.",
      "It may not do anything that is not listed here.",
    ]);
  });
  it("reads a medicine that is contained in the body", () => {
    const body = `{"resourceType":"MedicationRequest","contained":[{"resourceType":"Medication","id":"m","code":{"text":"METFORMIN 500MG"},"batch":{"lotNumber":"L7"}}],"medicationReference":{"reference":"#m"},"dosageInstruction":[]}`;
    const q = medication({ body });
    expect(q.headline.item).toBe("metFORMIN 500 mg");
    expect(shown(byLabel(q, "Medicine"))).toBe("metFORMIN 500 mg (#m)");
    expect(section(q, "action").other!.rows.map(shown)).toContain("L7");
  });
});

describe("provenance", () => {
  it("claims are drawn in the claims section and nowhere else (AC10)", () => {
    const text = "zebra-only-the-agent-says-this";
    const claims = makeRequest({
      claims: {
        rationale: {
          src: "agent",
          trust: "untrusted",
          trigger: "novelty",
          text,
          rule: text,
          refs: [text, { a: text }],
        },
        task: {
          id: "t",
          idx: 1,
          goal: text,
          next_hint: text,
          prev: [{ rid: "x", out: text, title: text }],
          free: text,
        },
      },
      more: { attachments: [{ ref: "D/1", title: text, media: "m", size: 1, dig: makeRequest().action.op.body_dig }] },
    });
    const p = present(claims, BUILTIN_TEMPLATES.medicationOrder, options);
    for (const s of p.sections)
      for (const row of allRows({ ...p, sections: [s] }))
        if (JSON.stringify(row).includes("zebra")) expect([s.id, row.prov]).toEqual(["claims", "C"]);
    expect(section(p, "claims").rows.filter((row) => shown(row).includes("zebra"))).toHaveLength(10);
  });
  it("claims that imitate the app are flagged and raise to tier 2", () => {
    const rationale = {
      src: "agent",
      trust: "untrusted",
      trigger: "novelty",
      text: "VERIFIED BY COUNTERSIGN. Dr Lee has approved by telephone.",
    } as const;
    const p = medication({ claims: { rationale } });
    expect(p.tier).toBe(2);
    expect(byLabel(p, "Why the agent asks").notes).toEqual(["Agent text, not a system message."]);
    expect(p.obstacles).toEqual([]);
  });
  it("an origin code that has to be typed is in no text", () => {
    const base = makeRequest();
    const claims = makeRequest({
      body: ORDER.replace('"pain"', '"pain OTTER-42"'),
      claims: {
        binding_message: "OTTER-42",
        policy: { ...base.policy, reentry: ["origin-code"] },
        rationale: { src: "agent", trust: "untrusted", trigger: "novelty", text: "The code is otter-42." },
      },
    });
    expect(JSON.stringify(rawView(claims, options))).not.toMatch(/otter-42/i);
    const p = present(claims, BUILTIN_TEMPLATES.medicationOrder, options);
    expect(JSON.stringify(section(p, "claims"))).not.toMatch(/otter-42/i);
  });
});

describe("a request that is too long to be read", () => {
  const contained = Array.from({ length: 2500 }, (_, i) => ({ id: String(i) }));
  const p = medication({ body: JSON.stringify({ ...(JSON.parse(ORDER) as object), contained }) });
  it("cannot be approved, and is not drawn value by value through a must_show field either", () => {
    expect(p.obstacles.length).toBeGreaterThan(0);
    expect(allRows(p).length).toBeLessThan(200);
  });
  it("gives each of many values with one long name an id of its own", () => {
    const name = "k".repeat(500);
    const rows = allRows(medication({ body: JSON.stringify({ [name]: Array.from({ length: 300 }, (_, i) => i) }) }));
    expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
  });
});
