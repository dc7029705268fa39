import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decisionClaims } from "#shared/protocol/claims/decision.ts";
import { isPlainlyDecision } from "#shared/protocol/claims/decision-quick.ts";
import { isMembers } from "#shared/protocol/json-pointer.ts";
import { parseStrict, type Json } from "#shared/protocol/strict-json.ts";

import { deny, makeDecision, type Draft } from "../fixture/decision.ts";
import { makePerson, makeRequest, signRequest } from "../fixture/hospital.ts";

const lee = makePerson("lee");
const request = signRequest(makeRequest());
const full = makeDecision(lee, request, (c) => {
  c.reason = { code: "other", text: "long enough" };
  c.after = [request.dig];
  c.seen = { origin: "log.example", size: 3, root: "AAAA" };
  c.posture = { app: "1.0.0" };
  c.offline = true;
  c.dwell = { ms: 1, n: 1, opened_at: 1 };
  c.revokes = request.dig;
});
type Members = Record<string, Json>;
const strict = (claims: Draft | object): Members => {
  const value = parseStrict(JSON.stringify(claims));
  return isMembers(value) ? value : {};
};
const odd: fc.Arbitrary<Json | undefined> = fc.oneof(
  fc.constantFrom<Json | undefined>(undefined, null, true, false, "", 0, -1, 1, 2, [], {}, [1], [""], { a: 1 }),
  fc.string(),
  fc.string({ minLength: 30, maxLength: 600 }),
  fc.maxSafeInteger(),
  fc.array(fc.constant(request.dig), { maxLength: 300 }),
);

/** Every place in the claims. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, v]) => places(v, [...path, name]))];
}
function replaced(value: unknown, path: readonly string[], by: Json | undefined): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return by;
  if (Array.isArray(value))
    return value.map((v: unknown, i) => (String(i) === name ? (replaced(v, rest, by) ?? null) : v));
  return isMembers(value) ? { ...value, [name]: replaced(value[name], rest, by) } : value;
}

describe("the quick shape of a decision", () => {
  it("takes the decisions that people make all day", () => {
    expect(isPlainlyDecision(strict(full))).toBe(true);
    expect(isPlainlyDecision(strict(makeDecision(lee, request)))).toBe(true);
    expect(isPlainlyDecision(strict(makeDecision(lee, request, deny)))).toBe(true);
  });

  it("says yes only where the schema says yes", () => {
    const all = places(full).filter((p) => p.length > 0);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...all), odd), { minLength: 1, maxLength: 2 }), (edits) => {
        const claims = edits.reduce<unknown>((value, [path, by]) => replaced(value, path, by), full);
        const payload = strict(claims as object);
        if (isPlainlyDecision(payload)) expect(decisionClaims.safeParse(payload).success).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
