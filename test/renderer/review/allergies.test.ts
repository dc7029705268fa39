import { describe, expect, test } from "vitest";

import type { Fact } from "#shared/protocol/claims/request.ts";

import { allergiesOf } from "../../../renderer/review/allergies.ts";

const stated = (...texts: string[]) =>
  allergiesOf(texts.map((text) => ({ code: "allergies", text }) as unknown as Fact)).kind;

describe("allergies in the banner (PAB-0064)", () => {
  test.each([
    ["none", ["No known allergies"]],
    ["none", ["No known allergy (recorded 11-Feb-2025)"]],
    ["known", ["No known drug allergy (recorded 11-Feb-2025)"]],
    ["known", ["No known allergies", "Penicillin (rash)"]],
    ["known", ["No known allergies to latex"]],
    ["not_recorded", ["Allergies not recorded"]],
    // The gateway's own sentences (gateway/requests/facts-background.ts).
    ["not_recorded", ["Allergies - not recorded."]],
    ["unavailable", ["Allergies - could not be read."]],
    ["unavailable", ["Allergies unavailable"]],
    ["unavailable", []],
  ])("are said to be %s for %j: doubt is never none", (kind, texts) => {
    expect(stated(...texts)).toBe(kind);
  });
});
