import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { includes, meetScopes, type Constraint, type Permission, type Scope } from "#shared/scope/smart-scope.ts";

/**
 * A finite model: the meaning of a set of scopes is the set of (context, type, permission, resource) it allows
 * (protocol.md 3.9, denotation). Resources have a category and a date; `:not` and date prefixes are modelled, so that
 * subset of values is really not monotone there.
 */
const TYPES = ["Observation", "Condition"] as const;
const PERMISSIONS: readonly Permission[] = ["c", "r", "u", "d", "s"];
const CATEGORIES = ["lab", "vital", "imaging"];
const YEARS = [2024, 2025, 2026];
const RESOURCES = CATEGORIES.flatMap((category) => YEARS.map((year) => ({ category, year })));
type Resource = (typeof RESOURCES)[number];

function satisfies(r: Resource, { name, values }: Constraint): boolean {
  switch (name) {
    case "category":
      return values.includes(r.category);
    case "category:not":
      return !values.includes(r.category);
    default:
      return values.some((v) => {
        const year = Number(v.slice(-4));
        return v.startsWith("ge") ? r.year >= year : v.startsWith("lt") ? r.year < year : r.year === year;
      });
  }
}

function allowed(scopes: readonly Scope[]): Set<string> {
  const out = new Set<string>();
  for (const s of scopes) {
    if (s.kind === "opaque") out.add(s.text);
    else {
      for (const type of s.type === "*" ? TYPES : [s.type]) {
        for (const p of s.permissions) {
          RESOURCES.forEach((r, i) => {
            if (s.constraints.every((c) => satisfies(r, c))) out.add(`${s.context}/${type}.${p}#${String(i)}`);
          });
        }
      }
    }
  }
  return out;
}

const values = <T extends string>(from: readonly T[]) =>
  fc.uniqueArray(fc.constantFrom(...from), { minLength: 1, maxLength: 2 }).map((v) => v.sort());
const constraint: fc.Arbitrary<Constraint> = fc.oneof(
  values(CATEGORIES).map((v) => ({ name: "category", values: v })),
  values(CATEGORIES).map((v) => ({ name: "category:not", values: v })),
  values(["ge2025", "lt2025", "2026", "ge2026"]).map((v) => ({ name: "date", values: v })),
);
const scope: fc.Arbitrary<Scope> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant("resource" as const),
      context: fc.constantFrom("patient" as const, "user" as const),
      type: fc.constantFrom("*", ...TYPES),
      permissions: fc.subarray([...PERMISSIONS], { minLength: 1 }),
      constraints: fc.array(constraint, { maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom("openid", "profile").map((text) => ({ kind: "opaque" as const, text })) },
);
const set = fc.array(scope, { minLength: 1, maxLength: 3 });
/** Pairs made near each other, so that inclusion really happens. */
const pair = fc.oneof(
  fc.tuple(set, set),
  set.chain((b) =>
    fc.tuple(
      fc.array(
        fc.constantFrom(...b).chain((s) => narrowed(s)),
        { minLength: 1, maxLength: 3 },
      ),
      fc.constant(b),
    ),
  ),
);
function narrowed(s: Scope): fc.Arbitrary<Scope> {
  if (s.kind === "opaque") return fc.constant(s);
  return fc
    .tuple(fc.subarray([...s.permissions], { minLength: 1 }), fc.array(constraint, { maxLength: 1 }))
    .map(([permissions, more]) => ({ ...s, permissions, constraints: [...s.constraints, ...more] }));
}

const subset = (a: Set<string>, b: Set<string>) => [...a].every((v) => b.has(v));

describe("scope algebra against a finite model", () => {
  it("is sound: a ⊑ b only when everything a allows, b allows (30,000 pairs)", () => {
    let said = 0;
    let meant = 0;
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const semantic = subset(allowed(a), allowed(b));
        const syntactic = includes(b, a);
        if (semantic) meant++;
        if (syntactic) said++;
        return !syntactic || semantic;
      }),
      { numRuns: 30_000 },
    );
    console.log(`scope inclusions recognised: ${String(said)} of ${String(meant)} that hold in the model`);
    expect(said).toBeGreaterThan(3_000);
  });

  it("meet(a, b) ⊑ a and ⊑ b", () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const met = meetScopes(a, b);
        return includes(a, met) && includes(b, met);
      }),
      { numRuns: 3_000 },
    );
  });

  it("⊑ is reflexive and transitive", () => {
    fc.assert(
      fc.property(set, set, set, (a, b, c) => {
        expect(includes(a, a)).toBe(true);
        return !(includes(b, a) && includes(c, b)) || includes(c, a);
      }),
      { numRuns: 3_000 },
    );
  });
});
