import type { RequestState } from "#shared/protocol/claims/receipt.ts";

import type { ExecutionOutcome } from "./rows.ts";

/** What the store keeps about agents themselves: who was switched off, as what each asked, and what it ever did. */

export interface AgentReads {
  /** When the agent was switched off for good, and the digest of the record of it (published, kind `agent`). */
  disabledAgent(agent: string): { readonly at: number; readonly dig: string } | undefined;
  /** Every agent that ever asked for something or was switched off. */
  agentsKept(): readonly string[];
  /** As what its registration named the agent when it asked, the first time each; oldest first. */
  agentTraits(agent: string): readonly AgentTrait[];
  /** Everything it did here, counted. */
  agentDeeds(agent: string): AgentDeeds;
}
export interface AgentWrites {
  /** For good: nothing takes it back. False when it was before. */
  disableAgent(agent: string, dig: string, at: number): boolean;
  /** False when that was known. */
  noteAgentTrait(agent: string, trait: Omit<AgentTrait, "first_at">, at: number): boolean;
}

export interface AgentTrait {
  readonly kind: "model" | "environment" | "action";
  readonly value: string;
  /** Unix seconds. */
  readonly first_at: number;
}

export interface AgentDeeds {
  /** Requests by their state now; a request that was revised counts once, as its newest revision. */
  readonly requests: Readonly<Partial<Record<RequestState, number>>>;
  /** The same by type of action. */
  readonly actions: Readonly<Record<string, number>>;
  /** Signed requests, revisions included. */
  readonly revisions: number;
  /** Starts by how they ended; `unfinished` is under way, or was when the gateway stopped. */
  readonly executions: Readonly<Partial<Record<ExecutionOutcome["kind"] | "unfinished", number>>>;
  readonly tokens: {
    readonly issued: number;
    readonly used: number;
    readonly revoked: number;
  };
  /** Unix seconds of its first request and of the last change of any; absent where it never asked. */
  readonly first_at?: number;
  readonly last_at?: number;
}
