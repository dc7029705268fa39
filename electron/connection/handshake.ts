import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { parsePayload } from "#shared/protocol/jws.ts";
import type { ClientBody, GatewayBody } from "#shared/protocol/messages.ts";
import { TYP } from "#shared/protocol/names.ts";
import { gateSigned, verifyJws } from "#shared/protocol/verify/signed.ts";

import type { UnlockedKey } from "../keys/unlocked-key.ts";
import { trustGateway, type PinnedDirectory, type TrustedGateway } from "./trusted-gateway.ts";

/** What this build says of itself in `hello`. */
export interface ClientInfo {
  readonly app: string;
  readonly ver: string;
  readonly os: string;
}

export const helloBody = (client: ClientInfo, nonce: string): ClientBody<"hello"> => ({
  versions: ["1"],
  features: [],
  client: { ...client },
  client_nonce: nonce,
  lang: ["en"],
});

/** Longest life of a session proof, seconds (protocol.md 3.4.3). */
const PROOF_LIFETIME_S = 60;
/** How wrong this computer's clock may be before a gateway's credential is judged by it (reliability.md C2). */
const LOCAL_CLOCK_TOLERANCE_S = 86_400;

export interface VerifiedChallenge {
  readonly gateway: TrustedGateway;
  readonly nonce: string;
  readonly sid: string;
  /** The gateway's own time of answering, seconds, under its signature. */
  readonly at: number;
}

/**
 * The gateway's half of the mutual proof. Freshness comes from our nonce, not from this computer's clock, which may be
 * wrong (reliability.md C1); the credential is judged at the gateway's own signed time.
 * @throws CountersignError `E_GW_CRED`, `E_AUTH_PROOF`
 */
export function verifyChallenge(
  crypto: Crypto,
  body: GatewayBody<"challenge">,
  expected: {
    readonly clientNonce: string;
    readonly directory: PinnedDirectory;
    readonly iss?: string;
    /** This computer's seconds. */
    readonly localNow: number;
  },
): VerifiedChallenge {
  const at = proofTime(body.proof);
  // SECURITY: a gateway cannot lengthen its credential's life by back-dating its proof: a day is what a clock may be wrong.
  const judgedAt = Math.max(at, expected.localNow - LOCAL_CLOCK_TOLERANCE_S);
  const gateway = trustGateway(crypto, body.gw_cred, expected.directory, judgedAt);
  // SECURITY: the gateway of the enrolment and no other behind the same address, protocol.md C6 (T-01).
  if (expected.iss !== undefined && gateway.iss !== expected.iss) throw new CountersignError("E_GW_CRED");
  try {
    const { claims } = verifyJws(crypto, "session", body.proof, (kid) => gateway.keyFor("session", kid, at));
    const ok =
      claims.iss === gateway.iss &&
      claims.sub === gateway.iss &&
      claims.aud === "client" &&
      // SECURITY: fresh for this connection, protocol.md 3.4.3 (T-02).
      claims.nonce === expected.clientNonce &&
      claims.sid === body.sid &&
      claims.exp > claims.iat &&
      claims.exp - claims.iat <= PROOF_LIFETIME_S;
    if (!ok) throw new CountersignError("E_AUTH_PROOF");
    return { gateway, nonce: body.nonce, sid: body.sid, at: claims.iat };
  } catch (cause) {
    if (cause instanceof CountersignError && cause.code === "E_AUTH_PROOF") throw cause;
    throw new CountersignError("E_AUTH_PROOF", undefined, { cause });
  }
}

/** `iat` of a proof that is not verified yet: used only to judge its own credential, and verified right after. */
function proofTime(proof: string): number {
  try {
    const { iat } = parsePayload(gateSigned("session", proof));
    if (typeof iat === "number") return iat;
  } catch (cause) {
    throw new CountersignError("E_AUTH_PROOF", undefined, { cause });
  }
  throw new CountersignError("E_AUTH_PROOF");
}

export interface Me {
  readonly device: string;
  readonly sub: string;
  readonly credential: string;
}

/** Our half: the person's key over the gateway's nonce (protocol.md 3.4.3). `at` is gateway time, seconds. */
export async function authBody(
  key: UnlockedKey,
  me: Me,
  input: {
    readonly iss: string;
    readonly nonce: string;
    readonly sid: string;
    readonly at: number;
    readonly jti: string;
  },
): Promise<ClientBody<"auth">> {
  const proof = await key.sign(TYP.session, {
    ver: 1,
    iss: me.device,
    sub: me.sub,
    aud: input.iss,
    iat: input.at,
    exp: input.at + PROOF_LIFETIME_S,
    jti: input.jti,
    nonce: input.nonce,
    sid: input.sid,
  });
  return { proof, cred: me.credential };
}
