import { z } from "zod";

import { RISKS, type Risk } from "#shared/protocol/claims/request.ts";
import { ACR } from "#shared/protocol/names.ts";
import { DEFAULT_WINDOW_S } from "#shared/protocol/quorum/window.ts";

/** How hard an approval is (approval-experience.md 4). A policy may ask for more than its tier, never for less. */
export const friction = z.strictObject({
  acr: z.enum(ACR),
  /** Seconds between the check of the person and the decision. */
  max_auth_age: z.int().nonnegative(),
  min_dwell_ms: z.int().nonnegative(),
  /** Seconds between the last approval and the execution, in which it can be revoked. */
  hold_s: z.int().nonnegative().max(3600),
  need: z.int().positive().max(16),
  /** Where several approve: nobody sees who decided what before they have decided themselves. */
  blind: z.boolean().optional(),
  /** Where several approve: each signs over the approvals before their own, in that order (protocol.md V25). */
  ordered: z.boolean().optional(),
  /** Where several approve: seconds within which all of them have to, 900 unless said. */
  window_s: z
    .int()
    .positive()
    .max(24 * 3600)
    .optional(),
  reentry: z.array(z.enum(["identity", "value"])).max(2),
  reason_on: z.array(z.enum(["approve", "deny", "revoke"])),
  /** Longest life of the task's token after the approval, seconds. */
  grant_ttl_max: z.int().positive().max(3600),
  /** Seconds the request stays open. */
  ttl_s: z
    .int()
    .positive()
    .max(24 * 3600),
  key_storage: z
    .array(z.enum(["hardware", "os", "software"]))
    .min(1)
    .optional(),
});
export type Friction = z.infer<typeof friction>;

/** Friction by risk. A higher risk asks at least as much as a lower one, or raising a risk could ask less. */
export const tiers = z
  .strictObject({ low: friction, moderate: friction, high: friction, critical: friction })
  .superRefine((all, context) => {
    for (const [i, upper] of RISKS.entries()) {
      const lower = RISKS[i - 1];
      if (lower === undefined) continue;
      const [own, both] = [stricter(all[upper], {}), stricter(all[upper], all[lower])];
      const less = Object.keys(both).filter((name) => text(own, name) !== text(both, name));
      if (less.length > 0) {
        context.addIssue({ code: "custom", path: [upper], message: `asks less than ${lower} in ${less.join(", ")}.` });
      }
    }
  });
const text = (of: Friction, name: string): string => JSON.stringify(Object.entries(of).find(([own]) => own === name));

export const rank = (risk: Risk): number => RISKS.indexOf(risk);
export const highest = (risks: readonly Risk[]): Risk => RISKS[Math.max(0, ...risks.map(rank))] ?? "critical";

/**
 * The stricter of both in every member. Key classes that have nothing in common leave an empty list: nobody can approve
 * (fail closed).
 */
export function stricter(tier: Friction, own: { readonly [M in keyof Friction]?: Friction[M] | undefined }): Friction {
  const acr = ACR[Math.max(ACR.indexOf(tier.acr), own.acr === undefined ? 0 : ACR.indexOf(own.acr))] ?? tier.acr;
  const keys =
    tier.key_storage === undefined || own.key_storage === undefined
      ? (tier.key_storage ?? own.key_storage)
      : tier.key_storage.filter((k) => own.key_storage?.includes(k));
  return {
    acr,
    max_auth_age: Math.min(tier.max_auth_age, own.max_auth_age ?? tier.max_auth_age),
    min_dwell_ms: Math.max(tier.min_dwell_ms, own.min_dwell_ms ?? 0),
    hold_s: Math.max(tier.hold_s, own.hold_s ?? 0),
    need: Math.max(tier.need, own.need ?? 1),
    ...(tier.blind === true || own.blind === true ? { blind: true } : {}),
    ...(tier.ordered === true || own.ordered === true ? { ordered: true } : {}),
    ...windowOf(tier.window_s, own.window_s),
    reentry: [...new Set([...tier.reentry, ...(own.reentry ?? [])])],
    reason_on: [...new Set([...tier.reason_on, ...(own.reason_on ?? [])])],
    grant_ttl_max: Math.min(tier.grant_ttl_max, own.grant_ttl_max ?? tier.grant_ttl_max),
    ttl_s: Math.min(tier.ttl_s, own.ttl_s ?? tier.ttl_s),
    ...(keys === undefined ? {} : { key_storage: keys }),
  };
}

/** A tier that names no window has the protocol's: nothing can make that longer. */
function windowOf(tier: number | undefined, own: number | undefined): Pick<Friction, "window_s"> {
  if (own === undefined) return tier === undefined ? {} : { window_s: tier };
  return { window_s: Math.min(own, tier ?? DEFAULT_WINDOW_S) };
}
