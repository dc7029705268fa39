import { describe, expect, it } from "vitest";

import { present } from "#shared/presentation/present.ts";
import { diffRecords } from "#shared/presentation/record-diff.ts";
import { classifyText } from "#shared/presentation/text-hygiene.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { OBSTACLE_WORDS } from "#shared/presentation/words.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { cpuMs } from "../../cpu-time.ts";
import { countReads } from "../reads.ts";
import { makeRequest, options, PATIENT } from "./fixtures/request.ts";

const list = <T>(length: number, of: (i: number) => T): T[] => Array.from({ length }, (_, i) => of(i));
const members = (count: number): Record<string, number> => Object.fromEntries(list(count, (i) => [`k${String(i)}`, 1]));

function readsOfDiff(before: FhirJson, after: FhirJson): number {
  const [was, is] = [countReads(before), countReads(after)];
  diffRecords(was.value, is.value);
  return was.reads() + is.reads();
}

describe("the work of comparing two versions", () => {
  const nested = (levels: number, word: string): FhirJson =>
    levels === 0 ? list(200, (i) => word + String(i)) : { d: nested(levels - 1, word) };

  it("grows no faster than the paths to the values", () => {
    const [shallow, deep] = [2, 26].map((levels) => readsOfDiff(nested(levels, "v"), nested(levels, "w")));
    expect(deep).toBeLessThan(6 * (shallow ?? 0));
  });

  it("is linear in the values, where a resource's code holds all that changed", () => {
    const coded = (count: number, word: string): FhirJson => ({
      resourceType: "List",
      code: { coding: list(count, (i) => ({ display: word + String(i) })) },
    });
    const [some, many] = [50, 200].map((count) => readsOfDiff(coded(count, "v"), coded(count, "w")));
    expect(many).toBeLessThan(5 * (some ?? 0));
  });
});

describe("a text as long as a request", () => {
  const dosed = (text: string) =>
    makeRequest({
      body: JSON.stringify({
        resourceType: "MedicationRequest",
        dosageInstruction: [{ text, doseAndRate: list(400, () => ({ doseQuantity: { value: 1, unit: "mg" } })) }],
      }),
    });

  it("of digits beside a dose is not read again from each of them", () => {
    const claims = dosed("9".repeat(60_000));
    const ms = cpuMs(() => present(claims, BUILTIN_TEMPLATES.medicationOrder, options), 1_000);
    expect(ms).toBeLessThan(1_000);
  });

  it("is compared with listed words up to the longest of them", () => {
    const like = (word: string) => classifyText(word, { cls: "A", drugNames: ["morphine"] }).flags;
    expect(like("rnorphine").map(({ code }) => code)).toEqual(["look_alike"]);
    expect(like("rnorphine".repeat(10_000))).toEqual([]);
  });
});

describe("the size of what is drawn", () => {
  const charactersOf = (claims: ReturnType<typeof makeRequest>): number =>
    JSON.stringify(present(claims, BUILTIN_TEMPLATES.generic, options)).length;

  it("is not the product of one name's length and the number of values below it", () => {
    const body = JSON.stringify({ resourceType: "Basic", ["k".repeat(60_000)]: members(900) });
    for (const update of [{}, { action: "record.update", method: "PUT", before: "{}" } as const]) {
      const claims = makeRequest({ body, ...update });
      expect(charactersOf(claims)).toBeLessThan(500_000);
      const { obstacles } = present(claims, BUILTIN_TEMPLATES.generic, options);
      expect(obstacles.map(({ why }) => why)).toContain(OBSTACLE_WORDS.tooLong);
    }
  });

  it("is bounded for hidden characters by the thousand below a long name", () => {
    const odd = Object.fromEntries(list(900, (i) => [`\u202e${String(i)}`, 1]));
    const body = JSON.stringify({ resourceType: "Basic", ["k".repeat(30_000)]: odd });
    const { obstacles } = present(makeRequest({ body }), BUILTIN_TEMPLATES.generic, options);
    expect(obstacles).toHaveLength(200);
  });

  it("leaves out nothing of members that this version does not know, however many there are", () => {
    const claims = makeRequest({ claims: { patient: { ...PATIENT, ...members(5_000) } } });
    const { sections } = present(claims, BUILTIN_TEMPLATES.generic, options);
    const rows = sections.flatMap((section) => [...section.rows, ...(section.other?.rows ?? [])]);
    const unknown = rows.filter(({ id }) => id.startsWith("who/other"));
    expect(unknown).toHaveLength(1);
    const drawn = unknown.flatMap(({ tokens }) => tokens.map(({ text }) => text)).join("");
    expect(JSON.parse(drawn)).toEqual(members(5_000));
  });
});
