import { describe, expect, it } from "vitest";

import { OVERRIDE_CODES, REASON_CODES } from "#shared/protocol/claims/decision.ts";
import { EVENT_NAMES } from "#shared/protocol/claims/event.ts";
import { ACR, ACTION_TYPES, RAR } from "#shared/protocol/names.ts";
import registry from "#shared/protocol/registry.json" with { type: "json" };
import { CODES, isErrorCode, sentenceOf } from "#shared/protocol/registry.ts";

describe("the registry", () => {
  it("gives each code a retry class of the protocol and a sentence for a person", () => {
    for (const [code, entry] of Object.entries(CODES)) {
      expect(code).toMatch(/^E_[A-Z][A-Z0-9_]+$/);
      expect(["never", "later", "reauth", "refresh", "resign"], code).toContain(entry.retry);
      expect(entry.text, code).toMatch(/^[A-Z].{10,}[.!?]$/);
    }
  });

  it("lists what the schemas and comparators know, and nothing else", () => {
    expect(registry.reasons).toEqual([...REASON_CODES]);
    expect(registry.overrides).toEqual([...OVERRIDE_CODES]);
    expect(registry.actions).toEqual([...ACTION_TYPES]);
    expect(registry.events).toEqual([...EVENT_NAMES]);
    expect(registry.acr.map((name) => `urn:countersign:acr:${name}`)).toEqual([...ACR]);
    expect(registry.rarTypes.map((name) => `urn:countersign:rar:${name}`).sort()).toEqual(Object.values(RAR).sort());
  });

  it("shows an unknown code of a newer peer as itself", () => {
    expect(isErrorCode("E_FUTURE")).toBe(false);
    expect(isErrorCode("toString")).toBe(false);
    expect(sentenceOf("E_FUTURE")).toContain("E_FUTURE");
  });
});
