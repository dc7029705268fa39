import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import type { RiskReason } from "#shared/protocol/registry.ts";

import type { RegisteredAgent } from "../ports.ts";
import type { AgentTrait } from "../store/agents.ts";

/** Reasons that are about who asks, not about what is asked. */
export const IDENTITY_REASONS = [
  "shared-identity",
  "changed-agent",
  "first-of-kind",
] as const satisfies readonly RiskReason[];
export type IdentityReason = (typeof IDENTITY_REASONS)[number];

/** How long a new model under a known identity counts as changed, seconds. */
const SETTLES_AFTER_S = 7 * 24 * 3600;

/** As what an agent asks now: from its registration and the operation's bytes, never its own word. */
export interface Asking {
  readonly model: string;
  readonly environment?: string | undefined;
  /** Type of action, as it is stored. */
  readonly action: string;
}

/**
 * The version under which an agent is known: its model, and what else it is made of where the registry says that. The order
 * of tools is nobody's.
 */
export function versionOf(crypto: Crypto, { model, build }: Pick<RegisteredAgent, "model" | "build">): string {
  if (build === undefined) return model;
  const { tools = [], prompt = "", parameters = "" } = build;
  const made = dig(crypto, JSON.stringify([[...new Set(tools)].sort(), prompt, parameters]));
  return `${model}#${made.slice("sha-256:".length, "sha-256:".length + 22)}`;
}

/**
 * Whether an identity is used for more than the one agent it was given to: credentials are for one tool in one environment.
 * Two environments, or an older model beside a newer one, are several agents behind one name. A new model is another agent
 * than the one people came to know, for a week. A kind of action that a known agent never asked for is told, once.
 * `traits` is what was recorded of it before, oldest first.
 */
export function identityReasons(
  traits: readonly AgentTrait[],
  { model, environment, action }: Asking,
  now: number,
): readonly IdentityReason[] {
  const known = (kind: AgentTrait["kind"]): readonly AgentTrait[] => traits.filter((trait) => trait.kind === kind);
  const models = known("model");
  const environments = new Set(known("environment").map(({ value }) => value));
  if (environment !== undefined) environments.add(environment);
  const newest = models.at(-1);
  const isKnownModel = models.some(({ value }) => value === model);
  const isFresh = models.length > 1 && newest !== undefined && now - newest.first_at < SETTLES_AFTER_S;
  const actions = known("action");
  const found: Readonly<Record<IdentityReason, boolean>> = {
    "shared-identity": environments.size > 1 || (isKnownModel && newest?.value !== model),
    "changed-agent": models.length > 0 && (!isKnownModel || (newest?.value === model && isFresh)),
    "first-of-kind": actions.length > 0 && !actions.some(({ value }) => value === action),
  };
  return IDENTITY_REASONS.filter((reason) => found[reason]);
}
