import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { GatewayBody } from "#shared/protocol/messages.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import { backoffMs } from "../connection/backoff.ts";
import { GatewayRefusal } from "../connection/wire.ts";
import { enrolmentProof, keyProof } from "./enrolment-proof.ts";
import { readCredential } from "./people.ts";
import type { UnlockedKey } from "./unlocked-key.ts";
import { ANSWER_MS, pause, visitGateway, type VisitParts } from "./visit.ts";

export interface RotationParts extends VisitParts {
  readonly deviceName: string;
}

/** What the directory gave for the new key, verified. */
export interface Rotated {
  readonly credential: string;
  readonly claims: ApproverClaims;
}

/** Nothing is settled by these: asked again, later. */
const LATER: ReadonlySet<ErrorCode> = new Set(["E_CLI_OFFLINE", "E_CLI_TLS", "E_RATE", "E_INTERNAL", "E_DRAINING"]);

/**
 * Has the directory sign for a new key on the word of the present one (protocol.md 3.13, 3.22 `enrol.rotate`); it asks no
 * second person. Asked again until it has signed: the root key is often kept elsewhere, and the same new key gets the same
 * answer, also when the present one's day of overlap is over.
 * @param sub whose key it is: nobody else's is accepted for it
 * @param onWaiting the gateway has it, the directory has not signed yet
 * @throws CountersignError what the gateway refused with, `E_GW_CRED`, `E_AUTH_PROOF`, `E_AUTH_CRED`; `E_CLI_OFFLINE` once
 * `signal` is aborted
 */
export async function rotateKey(
  parts: RotationParts,
  keys: { readonly old: UnlockedKey; readonly next: UnlockedKey; readonly sub: string },
  onWaiting: () => void,
  signal: AbortSignal,
): Promise<Rotated> {
  for (let attempt = 1; ; attempt++) {
    try {
      const body = await askOnce(parts, keys, signal);
      if (body) return verifyDone(parts, keys, body);
      onWaiting();
    } catch (error) {
      const later = error instanceof CountersignError && LATER.has(error.code) && !signal.aborted;
      if (!later) throw error;
    }
    await pause(parts.clock, backoffMs(attempt, parts.random), signal);
  }
}

/** Undefined while the directory has not signed. */
async function askOnce(
  parts: RotationParts,
  { old, next }: { readonly old: UnlockedKey; readonly next: UnlockedKey },
  signal: AbortSignal,
): Promise<GatewayBody<"enrol.done"> | undefined> {
  const { crypto, directory, client } = parts;
  return visitGateway(parts, signal, async ({ nonce, at }, wire) => {
    const about = () => ({ aud: directory.iss, at, jti: parts.newId(), nonce });
    const device = { name: parts.deviceName, os: client.os, app: `${client.app} ${client.ver}` };
    const proof = await enrolmentProof(crypto, next, { ...about(), device });
    const prev_proof = await keyProof(old, { ...about(), says: { new_kid: next.kid } });
    const answer = await wire.call("enrol.rotate", { proof, prev_proof }, ["enrol.pending", "enrol.done"], ANSWER_MS);
    return answer.type === "enrol.done" ? answer.body : undefined;
  });
}

function verifyDone(
  { crypto, directory }: RotationParts,
  { next, sub }: { readonly next: UnlockedKey; readonly sub: string },
  body: GatewayBody<"enrol.done">,
): Rotated {
  // SECURITY: the directory was pinned at enrolment; a change of key is no occasion to change it (T-01).
  const named = publicJwk.safeParse(body.directory);
  if (!named.success || crypto.importKey(named.data).kid !== directory.key.kid) throw new CountersignError("E_GW_CRED");
  const claims = readCredential(crypto, body.cred, directory, next.kid);
  const isMine = claims.sub === sub && claims.key_storage === next.storage;
  if (!isMine) throw new CountersignError("E_AUTH_CRED");
  return { credential: body.cred, claims };
}

/** After these the directory never signs for the new key: it can be forgotten. */
const OVER: ReadonlySet<ErrorCode> = new Set(["E_ENROL_EXPIRED", "E_ENROL_REJECTED", "E_ENROL_TICKET"]);
export const isOver = (error: CountersignError): boolean => error instanceof GatewayRefusal && OVER.has(error.code);
