import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { EnrolmentTicket } from "#shared/protocol/claims/session.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { enrolmentWords } from "#shared/protocol/check-words.ts";
import type { Crypto, PublicJwk } from "#shared/protocol/crypto-port.ts";
import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { parsePayload } from "#shared/protocol/jws.ts";
import type { GatewayBody } from "#shared/protocol/messages.ts";
import { gateSigned } from "#shared/protocol/verify/signed.ts";

import type { Clock, RandomBytes } from "../clock.ts";
import { backoffMs } from "../connection/backoff.ts";
import { parseEndpoint } from "../connection/endpoint.ts";
import { helloBody, verifyChallenge, type ClientInfo } from "../connection/handshake.ts";
import type { SocketFactory } from "../connection/socket.ts";
import type { TrustedGateway } from "../connection/trusted-gateway.ts";
import { GatewayRefusal, type IncomingOf } from "../connection/wire.ts";
import { enrolmentProof, isDirectoryMac } from "./enrolment-proof.ts";
import { readCredential } from "./people.ts";
import type { UnlockedKey } from "./unlocked-key.ts";
import { ANSWER_MS, openVisit, pause, type Visit } from "./visit.ts";

/** A connection that ends while the second person is asked is opened again, until the ticket's time is up. */
const MAX_RETRY_MS = 10_000;

export interface EnrolmentParts {
  readonly crypto: Crypto;
  readonly sockets: SocketFactory;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly client: ClientInfo;
  /** Which kind of gateway this build and key store may enrol with (README decision 4). */
  readonly accepts: "production" | "demo";
  readonly deviceName: string;
}

/** What the directory gave, all of it verified; nothing of it was stored before. */
export interface Enrolled {
  readonly gateway: TrustedGateway;
  readonly env: "production" | "demo";
  readonly directory: PublicJwk;
  readonly directoryIss: string;
  readonly credential: string;
  readonly claims: ApproverClaims;
}

/**
 * Enrols a new key with a ticket and its code (protocol.md 3.13, 3.22): the key proves the code, a second person compares
 * the words, and only then the directory signs. The directory is pinned by its kid in the ticket and by `dir_mac`, and
 * everything it vouches for is verified before this returns.
 * @param onWords the six check words and until when the second person may confirm (this computer's seconds)
 * @throws CountersignError `E_ENROL_*` (a {@link GatewayRefusal} with `tries_left` for a wrong code), `E_CLI_OFFLINE`,
 * `E_CLI_TLS`, `E_GW_CRED`, `E_AUTH_PROOF`, `E_AUTH_CRED`, `E_CLI_DEMO`
 */
export async function enrol(
  parts: EnrolmentParts,
  input: { readonly ticket: EnrolmentTicket; readonly code: string; readonly key: UnlockedKey },
  onWords: (words: readonly string[], expiresAt: number) => void,
  signal: AbortSignal,
): Promise<Enrolled> {
  const endpoint = parseEndpoint(input.ticket.ws_endpoint);
  let expiresAt = 0;
  for (let attempt = 1; ; attempt++) {
    const visit = openVisit(parts, endpoint, signal);
    try {
      return await visitOnce(parts, input, visit, (words, at) => {
        expiresAt = at;
        onWords(words, at);
      });
    } catch (error) {
      const lost = error instanceof CountersignError && error.code === "E_CLI_OFFLINE" && !signal.aborted;
      const delay = Math.min(backoffMs(attempt, parts.random), MAX_RETRY_MS);
      if (!lost || parts.clock.nowMs() + delay >= expiresAt * 1000) throw visit.failure() ?? error;
      await pause(parts.clock, delay, signal);
    } finally {
      visit.wire.terminate();
    }
  }
}

async function visitOnce(
  parts: EnrolmentParts,
  { ticket, code, key }: { readonly ticket: EnrolmentTicket; readonly code: string; readonly key: UnlockedKey },
  visit: Visit,
  onWords: (words: readonly string[], expiresAt: number) => void,
): Promise<Enrolled> {
  const { wire } = visit;
  await visit.opened;
  const clientNonce = encodeBase64url(parts.random(24));
  const challenge = await wire.call("hello", helloBody(parts.client, clientNonce), "challenge", ANSWER_MS);
  compareWithTicket(challenge.body, ticket);
  const begun = await wire.call("enrol.begin", { ticket_id: ticket.ticket_id }, "enrol.challenge", ANSWER_MS);
  const { nonce } = begun.body;
  const proof = await enrolmentProof(parts.crypto, key, {
    aud: ticket.directory_iss,
    at: statedTime(challenge.body),
    jti: parts.newId(),
    nonce,
    code,
    device: { name: parts.deviceName, os: parts.client.os, app: `${parts.client.app} ${parts.client.ver}` },
  });
  const first = await wire.call("enrol.complete", { proof }, ["enrol.pending", "enrol.done"], ANSWER_MS);
  const words = enrolmentWords(parts.crypto, { nonce, kid: key.kid, directoryKid: ticket.directory_kid });
  if (first.type === "enrol.pending") {
    onWords(words, Math.floor(parts.clock.nowMs() / 1000) + first.body.expires_in);
  }
  const done = first.type === "enrol.done" ? first : await awaitDone(visit);
  const enrolled = verifyDone(parts, { ticket, code, key, nonce, clientNonce, challenge: challenge.body }, done.body);
  wire.send("bye", {});
  return enrolled;
}

async function awaitDone(visit: Visit): Promise<IncomingOf<"enrol.done">> {
  for (;;) {
    const message = await visit.next();
    if (message.type === "enrol.done") return message;
    if (message.type === "error") throw new GatewayRefusal(message.body);
  }
}

/** Before anything is pinned, the gateway must at least claim the directory that the ticket names. */
function compareWithTicket(body: GatewayBody<"challenge">, ticket: EnrolmentTicket): void {
  const gated = gateSigned("gateway", body.gw_cred);
  const named = gated.header.kid === ticket.directory_kid && parsePayload(gated)["iss"] === ticket.directory_iss;
  if (!named) throw new CountersignError("E_GW_CRED", "This gateway is not the one on the ticket. Nothing was sent.");
}

/** The gateway's own time, unverified: it only dates our proof. */
function statedTime(body: GatewayBody<"challenge">): number {
  const { iat } = parsePayload(gateSigned("session", body.proof));
  if (typeof iat !== "number") throw new CountersignError("E_AUTH_PROOF");
  return iat;
}

function verifyDone(
  parts: EnrolmentParts,
  known: {
    readonly ticket: EnrolmentTicket;
    readonly code: string;
    readonly key: UnlockedKey;
    readonly nonce: string;
    readonly clientNonce: string;
    readonly challenge: GatewayBody<"challenge">;
  },
  done: GatewayBody<"enrol.done">,
): Enrolled {
  const { crypto } = parts;
  const { ticket, key, nonce } = known;
  const parsed = publicJwk.safeParse(done.directory);
  if (!parsed.success) throw new CountersignError("E_GW_CRED");
  const directoryKey = crypto.importKey(parsed.data);
  const directoryKid = directoryKey.kid;
  // SECURITY: the directory is pinned only when the ticket and the code both name its key, protocol.md 3.22 (T-01, T-04).
  const pinned =
    directoryKid === ticket.directory_kid &&
    isDirectoryMac(crypto, known.code, { nonce, kid: key.kid, directoryKid, mac: done.dir_mac });
  if (!pinned) throw new CountersignError("E_GW_CRED", "The directory's key is not the one on the ticket.");
  const directory = { iss: ticket.directory_iss, key: directoryKey };
  const localNow = Math.floor(parts.clock.nowMs() / 1000);
  const { gateway } = verifyChallenge(crypto, known.challenge, { clientNonce: known.clientNonce, directory, localNow });
  const claims = readCredential(crypto, done.cred, directory, key.kid);
  if (claims.key_storage !== key.storage) throw new CountersignError("E_AUTH_CRED");
  // An unmarked gateway is a production gateway.
  const env = gateway.claims.env ?? "production";
  // SECURITY: demonstration builds and keys never meet a production gateway, nor the reverse (README decisions 4, 7; H13).
  if (env !== parts.accepts) {
    throw env === "production"
      ? new CountersignError("E_CLI_DEMO")
      : new CountersignError("E_CLI_DEMO", "This is a demonstration gateway; this build works with production only.");
  }
  return {
    gateway,
    env,
    directory: directoryKey.jwk,
    directoryIss: ticket.directory_iss,
    credential: done.cred,
    claims,
  };
}
