import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { RISKS } from "#shared/protocol/claims/request.ts";
import { ACR } from "#shared/protocol/names.ts";

import type { Obligation } from "../../../gateway/policy/cedar/annotations.ts";
import { composed } from "../../../gateway/policy/cedar/compose.ts";
import type { PolicyPart } from "../../../gateway/policy/cedar/parts.ts";
import { signalsOf } from "../../../gateway/policy/signals.ts";
import type { PolicyVerdict } from "../../../gateway/ports.ts";
import { crypto, makeInput, order, policyOf } from "./fixtures.ts";

const { set } = policyOf();
const input = makeInput(order());
const signals = signalsOf(input, set.manifest);
const judged = (parts: readonly PolicyPart[]): PolicyVerdict => composed(parts, input, signals, set, crypto);

const friction = fc.record(
  {
    acr: fc.constantFrom(...ACR),
    max_auth_age: fc.nat(1000),
    min_dwell_ms: fc.nat(9000),
    hold_s: fc.nat(3600),
    need: fc.integer({ min: 1, max: 16 }),
    blind: fc.boolean(),
    reentry: fc.subarray(["identity", "value"] as const),
    grant_ttl_max: fc.integer({ min: 1, max: 3600 }),
    ttl_s: fc.integer({ min: 1, max: 86_400 }),
  },
  { requiredKeys: [] },
);
const names = fc.subarray(["a", "b", "c"], { minLength: 1 });
const asking = fc.record({ tier: fc.constantFrom(...RISKS), friction, reasons: fc.constant([]) });
const ask: fc.Arbitrary<Obligation> = fc.record({ asking, pools: names }).map(({ asking: more, pools }) => ({
  ...{ verdict: "ask", pools, reversible: "reversible", template: "urn:countersign:tpl:generic" },
  ...more,
}));
const raise: fc.Arbitrary<Obligation> = asking.map((more) => ({ verdict: "raise", ...more }));
const partOf = (obligation: Obligation, i: number): PolicyPart => ({
  ...{ id: `p${String(i)}`, says: "x", file: "f", line: 1, offset: 0, text: "" },
  obligation,
  json: { effect: "permit", principal: { op: "All" }, action: { op: "All" }, resource: { op: "All" }, conditions: [] },
});

describe("several asks", () => {
  it("are at least as strict as each of them alone, in every respect, or refuse", () => {
    fc.assert(
      fc.property(fc.array(ask, { minLength: 1, maxLength: 4 }), fc.array(raise, { maxLength: 3 }), (asks, raises) => {
        const parts = [...asks, ...raises].map(partOf);
        const all = judged(parts);
        if (all.kind === "refuse") {
          const shared = ["a", "b", "c"].filter((pool) =>
            asks.every((one) => "pools" in one && one.pools.includes(pool)),
          );
          expect(shared).toEqual([]);
          return;
        }
        for (const part of parts.slice(0, asks.length)) {
          const alone = judged([part]);
          if (all.kind !== "ask" || alone.kind !== "ask") throw new Error(`${all.kind} ${alone.kind}`);
          const [strict, own] = [all.policy, alone.policy];
          expect(RISKS.indexOf(all.risk)).toBeGreaterThanOrEqual(RISKS.indexOf(alone.risk));
          expect(strict.quorum.need).toBeGreaterThanOrEqual(own.quorum.need);
          expect(strict.hold_s).toBeGreaterThanOrEqual(own.hold_s ?? 0);
          expect(strict.min_dwell_ms).toBeGreaterThanOrEqual(own.min_dwell_ms ?? 0);
          expect(strict.max_auth_age).toBeLessThanOrEqual(own.max_auth_age);
          expect(ACR.findIndex((acr) => acr === strict.acr)).toBeGreaterThanOrEqual(
            ACR.findIndex((acr) => acr === own.acr),
          );
          expect(all.ttl_s).toBeLessThanOrEqual(alone.ttl_s);
          expect(all.grant_ttl_s).toBeLessThanOrEqual(alone.grant_ttl_s);
          expect(own.pools).toEqual(expect.arrayContaining(strict.pools));
          expect(strict.reentry).toEqual(expect.arrayContaining(own.reentry ?? []));
          expect(strict.offline).toEqual({ approve: false });
        }
      }),
    );
  });

  it("do not depend on their order", () => {
    fc.assert(
      fc.property(fc.array(ask, { minLength: 2, maxLength: 4 }), (asks) => {
        const [one, other] = [judged(asks.map(partOf)), judged(asks.map(partOf).reverse())];
        expect(one.kind).toBe(other.kind);
        if (one.kind !== "ask" || other.kind !== "ask") return;
        const sorted = (verdict: typeof one) => ({
          ...{
            risk: verdict.risk,
            hold: verdict.policy.hold_s,
            quorum: verdict.policy.quorum,
            acr: verdict.policy.acr,
          },
          pools: [...verdict.policy.pools].sort(),
        });
        expect(sorted(one)).toEqual(sorted(other));
      }),
    );
  });
});
