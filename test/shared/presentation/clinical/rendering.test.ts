import { describe, expect, it } from "vitest";

import type { PartRole } from "#shared/presentation/clinical/part.ts";
import { present } from "#shared/presentation/present.ts";
import type { Row } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { flatText } from "#shared/presentation/text/tokens.ts";

import { makeRequest, options } from "../fixtures/request.ts";
import { DOSAGE, NAMES, SOURCES, SUPPLY, UNCLEAR, WRITTEN } from "./rendering-table.ts";

/** The row of an order's action that a reviewer sees for one part of it; `member` is JSON of the MedicationRequest. */
function drawn(member: string, role: PartRole): Row {
  const name = member.includes("medicationCodeableConcept") ? "" : `"medicationCodeableConcept":{"text":"x"},`;
  const body = `{"resourceType":"MedicationRequest","status":"active","intent":"order",${name}"subject":{"reference":"Patient/waters"},${member}}`;
  const { sections } = present(makeRequest({ body }), BUILTIN_TEMPLATES.medicationOrder, {
    ...options,
    drugNames: ["semaGLUTide"],
  });
  const rows = sections.find(({ id }) => id === "action")!.rows.filter((row) => row.role === role);
  expect(rows, member).toHaveLength(1);
  return rows[0]!;
}

const seen = (row: Row) => ({
  shown: flatText(row.tokens),
  asSent: flatText(row.as_sent ?? row.tokens),
  warns: row.alert !== undefined,
});
const dosage = (json: string) => `"dosageInstruction":[${json}]`;
const text = (written: string) => dosage(JSON.stringify({ text: written }));

describe("what a reviewer reads of a medication order, with what was sent (AC14)", () => {
  it.each(WRITTEN)("%s: %s is shown as %s", (_source, sent, shown) => {
    expect(seen(drawn(text(sent), "instructions"))).toEqual({ shown, asSent: sent, warns: false });
  });

  it.each(UNCLEAR)("%s: %s is not understood: it is shown as %s, with a warning", (_source, sent, shown) => {
    expect(seen(drawn(text(sent), "instructions"))).toEqual({ shown, asSent: sent, warns: true });
  });

  it.each(NAMES)("%s: the medicine %s is shown as %s", (_source, sent, shown) => {
    const concept = `"medicationCodeableConcept":${JSON.stringify({ text: sent })}`;
    expect(seen(drawn(concept, "medicine"))).toEqual({ shown, asSent: sent, warns: false });
  });

  it.each(DOSAGE)("%s: the %s of %s is shown as %s", (_source, role, sent, shown, asSent) => {
    expect(seen(drawn(dosage(sent), role))).toEqual({ shown, asSent, warns: false });
  });

  it.each(SUPPLY)("%s: the %s of %s is shown as %s", (_source, role, sent, shown, asSent) => {
    expect(seen(drawn(`"dispenseRequest":${sent}`, role))).toEqual({ shown, asSent, warns: false });
  });

  it("is proved by at least 60 rows, no two alike, each with a source, and every source with a row", () => {
    const texts = [...WRITTEN, ...UNCLEAR, ...NAMES].map(([source, sent]) => ({ source, sent }));
    const parts = [...DOSAGE, ...SUPPLY].map(([source, , sent]) => ({ source, sent }));
    const rows = [...texts, ...parts];
    expect(rows.length).toBeGreaterThanOrEqual(60);
    expect(new Set(rows.map(({ sent }) => sent)).size).toBe(rows.length);
    expect(new Set(rows.map(({ source }) => source))).toEqual(new Set(Object.keys(SOURCES)));
  });
});
