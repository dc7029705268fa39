import { z } from "zod";

import type { EnrolClaims } from "#shared/protocol/claims/session.ts";
import { publicJwk, text } from "#shared/protocol/claims/primitives.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { SKEW_S } from "#shared/protocol/names.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import type { EnrolmentState } from "../core.ts";
import { codeMac, sameMac } from "./code.ts";
import type { Candidate, DirectoryRecords, TicketRecord, WebAuthnKey } from "./records.ts";

const PROOF_LIFETIME_S = 120;
/** How long a finished enrolment can still be fetched by the key it was for. */
const ANSWER_KEPT_S = 24 * 3600;

export interface EnrolmentDesk {
  /** @throws CountersignError `E_ENROL_TICKET`, `E_ENROL_EXPIRED` */
  begin(ticketId: string): { readonly nonce: string; readonly expires_in: number };
  /** @throws CountersignError `E_ENROL_TICKET`, `E_AUTH_PROOF`, `E_KEY_WEAK` */
  complete(ticketId: string, proof: string): EnrolmentState;
  /** @throws CountersignError `E_ENROL_TICKET` */
  state(ticketId: string): EnrolmentState;
}

export interface EnrolmentDeskOptions {
  readonly crypto: Crypto;
  readonly records: DirectoryRecords;
  readonly iss: string;
  readonly directoryJwk: Readonly<Record<string, string>>;
  readonly env: "production" | "demo";
  /** Unix seconds. */
  readonly now: () => number;
}

/**
 * The directory's counter for new keys (protocol.md 3.13, 3.22). It checks and stores candidates and never signs: that
 * needs the root key and a second person ({@link Authority.confirm}).
 */
export function makeEnrolmentDesk(options: EnrolmentDeskOptions): EnrolmentDesk {
  const { records, now } = options;

  function ticketOf(ticketId: string): TicketRecord {
    const ticket = records.ticket(ticketId);
    if (!ticket || ticket.prev_kid !== undefined) throw new CountersignError("E_ENROL_TICKET");
    return ticket;
  }

  return {
    begin(ticketId) {
      const ticket = ticketOf(ticketId);
      if (ticket.state === "dead") throw new CountersignError("E_ENROL_TICKET");
      const life = ticket.state === "confirmed" ? ticket.expires_at + ANSWER_KEPT_S : ticket.expires_at;
      if (now() >= life) throw new CountersignError("E_ENROL_EXPIRED");
      return { nonce: ticket.nonce, expires_in: life - now() };
    },
    complete(ticketId, proof) {
      const ticket = ticketOf(ticketId);
      const { claims, candidate } = readProof(proof, ticket.nonce, options);
      // Another key never takes a ticket over, and the bound key's repeated proof costs no try.
      if (ticket.candidate) {
        if (ticket.candidate.kid !== candidate.kid) throw new CountersignError("E_ENROL_TICKET");
        return stateOf(ticket, options);
      }
      if (ticket.state === "dead") throw new CountersignError("E_ENROL_TICKET");
      if (now() >= ticket.expires_at) return { kind: "expired" };
      checkCandidate(candidate, options);
      // SECURITY: the code is proved without crossing the wire, and for this key only, protocol.md 3.13 (T-04).
      const expected = codeMac(options.crypto, ticket.code, { nonce: ticket.nonce, kid: candidate.kid });
      if (!sameMac(claims.code_mac ?? "", expected)) {
        return { kind: "wrong_code", tries_left: records.transaction(() => records.spendTry(ticketId)) };
      }
      records.transaction(() => {
        records.bindTicket(ticketId, candidate);
      });
      return stateOf(ticketOf(ticketId), options);
    },
    state: (ticketId) => stateOf(ticketOf(ticketId), options),
  };
}

/** What the client is told of its ticket now. */
export function stateOf(
  ticket: TicketRecord,
  { directoryJwk, now }: Pick<EnrolmentDeskOptions, "directoryJwk" | "now">,
): EnrolmentState {
  switch (ticket.state) {
    case "confirmed":
      return { kind: "done", cred: ticket.cred ?? "", directory: directoryJwk, dir_mac: ticket.dir_mac ?? "" };
    case "rejected":
      return { kind: "rejected" };
    case "issued":
    case "pending": {
      const left = ticket.expires_at - now();
      return left > 0 ? { kind: "pending", expires_in: left } : { kind: "expired" };
    }
    case "dead":
      throw new CountersignError("E_ENROL_TICKET");
    default:
      ticket.state satisfies never;
      throw new CountersignError("E_ENROL_TICKET");
  }
}

const webauthnMember = z.looseObject({ cid: text(1024), jwk: publicJwk, rp_id: text(256) });

/**
 * A proof of possession by a new key that stands in its own header.
 * @throws CountersignError `E_KEY_WEAK` for a key that is not safe to verify with, `E_AUTH_PROOF` for any other fault
 */
export function readProof(
  proof: string,
  nonce: string,
  options: Pick<EnrolmentDeskOptions, "crypto" | "iss" | "now">,
): { readonly claims: EnrolClaims; readonly candidate: Candidate } {
  const { crypto } = options;
  let signed;
  try {
    // SECURITY: a small-order or non-canonical key is refused before anything is believed of it, protocol.md V4.
    signed = verifyJws(crypto, "enrol", proof, (_, { jwk }) => jwk && crypto.importKey(publicJwk.parse(jwk)));
  } catch (cause) {
    const weak = cause instanceof CountersignError && cause.code === "E_KEY_WEAK";
    throw new CountersignError(weak ? "E_KEY_WEAK" : "E_AUTH_PROOF", undefined, { cause });
  }
  const { claims, key } = signed;
  checkProofClaims(claims, key.kid, nonce, options);
  const { device } = claims;
  if (!device) throw new CountersignError("E_AUTH_PROOF");
  const { name, os, app, key_storage } = device;
  const webauthn = claims.webauthn && readWebAuthn(crypto, claims.webauthn);
  return {
    claims,
    candidate: {
      kid: key.kid,
      jwk: key.jwk,
      device: { name, os, app, key_storage },
      ...(webauthn ? { webauthn } : {}),
    },
  };
}

/** @throws CountersignError `E_AUTH_PROOF` */
export function checkProofClaims(
  claims: EnrolClaims,
  kid: string,
  nonce: string,
  { iss, now }: Pick<EnrolmentDeskOptions, "iss" | "now">,
): void {
  const good =
    claims.iss === `urn:jkt:${kid}` &&
    claims.aud === iss &&
    claims.nonce === nonce &&
    claims.exp > claims.iat &&
    claims.exp - claims.iat <= PROOF_LIFETIME_S &&
    claims.iat <= now() + SKEW_S &&
    now() <= claims.exp + SKEW_S;
  if (!good) throw new CountersignError("E_AUTH_PROOF");
}

function readWebAuthn(crypto: Crypto, member: unknown): WebAuthnKey {
  try {
    const { cid, jwk, rp_id } = webauthnMember.parse(member);
    return { cid, jwk: crypto.importKey(jwk).jwk, rp_id };
  } catch (cause) {
    throw new CountersignError("E_AUTH_PROOF", "The security key of the proof is malformed.", { cause });
  }
}

/** @throws CountersignError `E_AUTH_PROOF` */
export function checkCandidate(
  { kid, device }: Candidate,
  { records, env }: Pick<EnrolmentDeskOptions, "records" | "env">,
): void {
  if (records.credential("approver", kid)) throw new CountersignError("E_AUTH_PROOF", "This key is enrolled already.");
  // SECURITY: software keys are for tests and the demo only, README decision 7.
  if (device.key_storage === "software" && env === "production") {
    throw new CountersignError("E_AUTH_PROOF", "This directory does not enrol keys without protected storage.");
  }
}
