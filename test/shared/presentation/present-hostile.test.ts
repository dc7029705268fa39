import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { headline, present } from "#shared/presentation/present.ts";
import { allRows } from "#shared/presentation/presentation.ts";
import type { Presentation } from "#shared/presentation/presentation.ts";
import { diffRecords } from "#shared/presentation/record-diff.ts";
import { BUILTIN_TEMPLATES, builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";

import { cpuMs } from "../../cpu-time.ts";
import { makeRequest, options } from "./fixtures/request.ts";

const HANGS_MS = 8_000;

describe("whatever a request holds", () => {
  it("presenting it does not throw, and draws no hidden character outside a token", () => {
    const hostile = fc.string({ unit: "grapheme-composite", maxLength: 12 });
    const text = fc.oneof(hostile, fc.constantFrom("a\u202eb", "\u200b", "x\u2028y"));
    const json = fc.object({ key: text, maxDepth: 3, values: [text, fc.integer(), fc.boolean(), fc.constant(null)] });
    const method = fc.constantFrom("POST", "PUT", "PATCH", "DELETE", "GET", "tools/call");
    const facts = fc.array(fc.record({ id: text, code: text, text, label: text, path: text, value: text }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        json,
        fc.option(json, { nil: undefined }),
        method,
        facts,
        text,
        fc.constantFrom(...builtinTemplates),
        (body, before, how, found, word, template) => {
          const claims = makeRequest({
            method: how,
            body: JSON.stringify(body),
            ...(before === undefined ? {} : { before: JSON.stringify(before) }),
            claims: {
              facts: found.map((f) => ({ ...f, src: "ehr", sev: "info", ack: false })),
              checks: [{ id: word, label: word, result: "pass", by: word, why: word }],
            },
            more: { risk_reasons: [word] },
          });
          const { sections, obstacles } = present(claims, template, options);
          const strings = JSON.stringify([
            sections.map((s) =>
              allRows({ sections: [s] } as unknown as Presentation).map(
                ({ id: _id, pointer: _p, grant: _g, fact: _f, ...row }) => row,
              ),
            ),
            obstacles.map(({ token, why }) => token + why),
          ]);
          expect(strings).not.toMatch(/[\u202e\u200b\u2028]/);
        },
      ),
      { numRuns: 200 },
    );
  });
  it.each([
    ["digits", "1".repeat(180_000)],
    ["letters for digits", `1${"lO".repeat(90_000)}x`],
    ["spaced letters", "V ".repeat(90_000)],
    ["commas", "1,".repeat(90_000)],
    ["points", "a.".repeat(90_000)],
    ["spaces", " ".repeat(180_000)],
    ["marks", `a${"\u0301".repeat(90_000)}`],
    ["slashes", `1 mg${"/g".repeat(60_000)}`],
  ])("%s by the hundred thousand are read in bounded time", (_name, long) => {
    const rationale = { src: "agent", trust: "untrusted", trigger: "novelty", text: long.slice(0, 1000) } as const;
    const body = `{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"${long}"},"dosageInstruction":[{"text":"${long.slice(0, 1000)}"}]}`;
    const claims = makeRequest({ body, claims: { rationale } });
    const lists = { drugNames: ["morphine"], patientNames: ["WATERS, Shauna (Mrs)"] };
    const ms = cpuMs(() => present(claims, BUILTIN_TEMPLATES.medicationOrder, { ...options, ...lists }), HANGS_MS);
    expect(ms).toBeLessThan(HANGS_MS);
  });
  it("lists of many thousands are compared in bounded time", () => {
    const list = (from: number) =>
      `{"resourceType":"X","a":[${Array.from({ length: 20_000 }, (_, i) => String(from + i)).join(",")}]}`;
    const claims = makeRequest({ action: "record.update", method: "PUT", before: list(0), body: list(7) });
    const ms = cpuMs(() => {
      expect(headline(claims).kind).toBe("Record update");
      expect(diffRecords(parseFhir(list(0)), parseFhir(list(7))).changes).toHaveLength(20_000);
    }, HANGS_MS);
    expect(ms).toBeLessThan(HANGS_MS);
  });
});
