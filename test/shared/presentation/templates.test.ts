import { describe, expect, it } from "vitest";

import { BUILTIN_TEMPLATES, builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { jcs } from "#shared/protocol/jcs.ts";
import type { Json } from "#shared/protocol/strict-json.ts";

const base = (pointer: string) => pointer.replace(/\?$/, "");

describe("built-in templates", () => {
  it("are medication order, record update, referral and generic", () => {
    expect(builtinTemplates.map((t) => t.id)).toEqual([
      "urn:countersign:tpl:medication-order",
      "urn:countersign:tpl:record-update",
      "urn:countersign:tpl:referral",
      "urn:countersign:tpl:generic",
    ]);
  });
  it.each(builtinTemplates)("$id names each pointer once and can be canonicalised", (t) => {
    expect(new Set(t.must_show.map(base)).size).toBe(t.must_show.length);
    expect(() => jcs(t as Json)).not.toThrow();
  });
  it.each(builtinTemplates)("$id must show who asks, what is granted and what the record says", (t) => {
    const shown = t.must_show.map(base);
    expect(shown).toEqual(
      expect.arrayContaining(["/patient", "/agent", "/authorization_details", "/facts", "/checks"]),
    );
  });
  it("asks for the record as it is before it shows a change of it", () => {
    expect(BUILTIN_TEMPLATES.recordUpdate.must_show).toContain("/action/op/before");
  });
});
