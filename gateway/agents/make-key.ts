import { generateKey, publicOf, type PrivateJwk } from "#shared/crypto/sign.ts";
import type { PublicJwk } from "#shared/protocol/crypto-port.ts";

/** An agent's key pair as JWKs (RFC 7517): the private half is the agent's alone, the public half is registered at the gateway. */
export interface AgentKey {
  readonly privateKey: PrivateJwk;
  readonly publicKey: PublicJwk;
}

/** A new P-256 key (ES256), which every library for JWTs can use. Keep the private half where the agent keeps its secrets. */
export function makeAgentKey(): AgentKey {
  const privateKey = generateKey("ES256");
  return { privateKey, publicKey: publicOf(privateKey) };
}
