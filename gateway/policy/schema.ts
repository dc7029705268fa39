import { z } from "zod";

import { RISKS } from "#shared/protocol/claims/request.ts";
import { ACTION_TYPES } from "#shared/protocol/names.ts";
import { RISK_REASONS, type RiskReason } from "#shared/protocol/registry.ts";

import { friction, tiers } from "./friction.ts";

/** The policy table as data. What a hospital edits; everything else about risk is computed from it. */

const risk = z.enum(RISKS);
const name = z.string().min(1).max(64);
const isReason = (text: string): text is RiskReason => Object.hasOwn(RISK_REASONS, text);
const reason = z.string().refine(isReason, "Not one of the risk reasons of shared/protocol/registry.json.");
const code = z.strictObject({ system: z.string().max(256), code: z.string().max(64) });

const ask = z.strictObject({
  verdict: z.literal("ask"),
  pools: z.array(name).min(1).max(16),
  roles: z.array(name).max(16).optional(),
  risk,
  reversible: z.enum(["read-only", "reversible", "externally-reversible", "until-dispensed", "irreversible"]),
  template: z.string().min(1).max(256),
  reasons: z.array(reason).max(8),
  friction: friction.partial().optional(),
});
const verdict = z.discriminatedUnion("verdict", [
  z.strictObject({ verdict: z.literal("allow") }),
  z.strictObject({ verdict: z.literal("refuse"), reason: z.string().min(1).max(300) }),
  ask,
]);

/** All members that are present must hold. */
const when = z.strictObject({
  actions: z.array(z.enum(ACTION_TYPES)).min(1).optional(),
  kinds: z
    .array(z.enum(["create", "update", "patch", "delete"]))
    .min(1)
    .optional(),
  resources: z.array(name).min(1).optional(),
  agents: z.array(z.string().max(512)).min(1).optional(),
  /** One of these codes stands in the resource. */
  codes: z.array(code).min(1).optional(),
  /** The gateway found an unchanged repeat of an active order. */
  repeat: z.literal(true).optional(),
});

const medicineList = z.strictObject({
  name,
  reason,
  words: z.array(z.string().min(3).max(64)).max(512),
  codes: z.array(code).max(2048),
  /** `refuse`: no such order is taken at all; `raise`: the reason's risk applies. */
  effect: z.enum(["refuse", "raise"]),
});

export const policyTable = z
  .strictObject({
    id: z.string().min(1).max(256),
    /** Counts up with every change: clients refuse to go back (C11). */
    ver: z.int().positive(),
    tiers,
    /** The first rule that matches. */
    rules: z.array(z.strictObject({ id: name, when, then: verdict })).max(512),
    /** For what no rule knows. */
    otherwise: ask,
    /** Least risk that each reason means, whatever the rule says. */
    raisers: z.partialRecord(z.string().refine(isReason), risk),
    medicines: z.array(medicineList).max(32),
    /** References of recipients inside the organisation: `Organization/x`, or a whole type `Practitioner/*`. */
    home: z.array(z.string().max(256)).max(512),
    /** Reads that agents may make by themselves, about one patient at a time. */
    reads: z.array(
      z.strictObject({ agents: z.array(z.string().max(512)).min(1).optional(), resources: z.array(name).min(1) }),
    ),
  })
  .refine((table) => new Set(table.rules.map((r) => r.id)).size === table.rules.length, "Two rules have the same id.");
export type PolicyTable = z.infer<typeof policyTable>;
export type Rule = PolicyTable["rules"][number];
export type Ask = z.infer<typeof ask>;
