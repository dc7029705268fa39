import { publicOf, type PrivateJwk } from "#shared/crypto/sign.ts";
import type { CountersignError } from "#shared/protocol/error.ts";

import { makeAgentAuth, type AgentAuth, type AgentAuthOptions } from "../../../../gateway/agents/assertion.ts";
import type { Shown } from "../../../../gateway/agents/identity/shown.ts";
import type { RegisteredAgent } from "../../../../gateway/ports.ts";
import { crypto } from "../../device.ts";

export const ISS = "https://gw.example";
export const request = { method: "POST", path: "/countersign/v1/requests", content_digest: "" };

/** The time of these tests; each moves it as it likes. */
export const time = { now: 1_800_000_000 };

export const registryKeys = (jwk: PrivateJwk): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(publicOf(jwk)).map(([name, value]) => [name, String(value)]));

/** The code with which it is refused, or who it is. */
export function judged(auth: AgentAuth, shown: Shown, isToken = true): string {
  try {
    return auth.authenticate(shown, request, isToken).sub;
  } catch (error) {
    return (error as CountersignError).code;
  }
}

export const authOf = (agents: readonly RegisteredAgent[], more: Partial<AgentAuthOptions> = {}): AgentAuth =>
  makeAgentAuth({
    ...{ iss: ISS, crypto, now: () => time.now, registered: agents, hosts: () => new Set(["gw.example"]) },
    agent: (sub) => agents.find((one) => one.sub === sub),
    ...more,
  });
