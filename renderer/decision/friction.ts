import type { PolicyClaim } from "#shared/protocol/claims/request.ts";
import type { Tier } from "#shared/presentation/presentation.ts";

/**
 * What the client adds by tier (approval-experience.md 4). The tier itself and everything else come from the request's
 * policy; nothing here can take friction away.
 */
const ARM_MS: Readonly<Record<Tier, number>> = { 1: 500, 2: 2500, 3: 2500 };

/** A denial is never blocked by a guard (P5); it still has to be meant. */
export const DENY_ARM_MS = 0;

/** How long Approve and Sign must have been shown before they act, in milliseconds. */
export const armMs = (tier: Tier): number => ARM_MS[tier];

/** Agent's words are open only where the tier is routine. */
export const areClaimsOpen = (tier: Tier): boolean => tier === 1;

/** An override at the highest tier needs a note beside its code. */
export const needsOverrideNote = (tier: Tier): boolean => tier === 3;

/** Policy asks for the person to be verified for this very decision. */
export const asksForPin = (policy: PolicyClaim): boolean => !policy.acr.endsWith(":session");
