import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";
import type { EnrolClaims } from "#shared/protocol/claims/session.ts";

import type { EnrolmentState } from "../core.ts";
import { checkCandidate, checkProofClaims, readProof, stateOf } from "./enrolment.ts";
import type { DirectoryRecords } from "./records.ts";
import type { ApproverKey, DirectoryView } from "./view.ts";

/** How long a rotation may wait for the directory's signature. */
const ROTATION_LIFE_S = 24 * 3600;

/** Rotation and self-revocation (protocol.md 3.13, 3.22): a change of key is authorised by the present key. */
export interface DirectoryKeyDesk {
  /**
   * Files a new key for the person of the old one; the directory signs without a second person.
   * @throws CountersignError `E_AUTH_PROOF`, `E_KEY_WEAK`, `E_KEY_REVOKED`, `E_KEY_SUSPENDED`, `E_KEY_VALIDITY`
   */
  rotate(input: { proof: string; prevProof: string; nonce: string }): { ticketId: string; state: EnrolmentState };
  state(ticketId: string): EnrolmentState;
  /** The key that this one replaced. */
  replacedBy(kid: string): string | undefined;
  /** The key whose owner asks for its revocation. @throws CountersignError `E_AUTH_PROOF` */
  revoking(input: { proof: string; nonce: string }): ApproverKey;
}

export interface KeyDeskOptions {
  readonly crypto: Crypto;
  readonly records: DirectoryRecords;
  readonly view: DirectoryView;
  readonly iss: string;
  readonly env: "production" | "demo";
  readonly directoryJwk: Readonly<Record<string, string>>;
  readonly now: () => number;
  readonly randomText: (bytes: number) => string;
}

/** The name under which the change to this key is filed. */
const ticketOf = (kid: string): string => `r-${kid}`;

export function makeKeyDesk(options: KeyDeskOptions): DirectoryKeyDesk {
  const { crypto, records, view, now } = options;

  /** A proof by a key of the directory over this connection's nonce. */
  function byEnrolledKey(jws: string, nonce: string): { key: ApproverKey; claims: EnrolClaims } {
    view.refresh();
    let key: ApproverKey | undefined;
    let claims: EnrolClaims;
    try {
      claims = verifyJws(crypto, "enrol", jws, (kid) => {
        key = view.key(kid);
        return key && crypto.importKey(key.claims.cnf.jwk);
      }).claims;
    } catch (cause) {
      throw new CountersignError("E_AUTH_PROOF", undefined, { cause });
    }
    if (!key) throw new CountersignError("E_AUTH_PROOF");
    checkProofClaims(claims, key.kid, nonce, options);
    return { key, claims };
  }

  return {
    rotate({ proof, prevProof, nonce }) {
      const { candidate } = readProof(proof, nonce, options);
      const { key: old, claims } = byEnrolledKey(prevProof, nonce);
      // SECURITY: the old key names the new one, protocol.md 3.13 (OWASP 1.2).
      if (claims.new_kid !== candidate.kid) throw new CountersignError("E_AUTH_PROOF");
      if (old.status === "revoked") throw new CountersignError("E_KEY_REVOKED");
      if (old.status === "suspended") throw new CountersignError("E_KEY_SUSPENDED");
      // The same new key again gets the same answer, e.g. after a lost connection.
      const ticketId = ticketOf(candidate.kid);
      const known = records.ticket(ticketId);
      if (known && known.prev_kid !== old.kid) throw new CountersignError("E_AUTH_PROOF");
      // A computer that was off for the day of overlap still gets what was signed for it.
      if (now() > old.exp && known?.state !== "confirmed") throw new CountersignError("E_KEY_VALIDITY");
      if (!known) {
        if (records.isReplaced(old.kid)) throw new CountersignError("E_ENROL_REJECTED");
        checkCandidate(candidate, options);
        records.transaction(() => {
          records.addTicket({
            ...{
              ticket_id: ticketId,
              sub: old.claims.sub,
              code: "",
              issued_by: old.claims.sub,
              nonce,
              state: "pending",
            },
            ...{ expires_at: now() + ROTATION_LIFE_S, tries_left: 0, candidate, prev_kid: old.kid },
          });
        });
      }
      return { ticketId, state: this.state(ticketId) };
    },
    state(ticketId) {
      const ticket = records.ticket(ticketId);
      if (ticket?.prev_kid === undefined) throw new CountersignError("E_ENROL_TICKET");
      return stateOf(ticket, options);
    },
    replacedBy: (kid) => records.ticket(ticketOf(kid))?.prev_kid,
    revoking({ proof, nonce }) {
      const { key, claims } = byEnrolledKey(proof, nonce);
      if (claims.revoke !== key.kid) throw new CountersignError("E_AUTH_PROOF");
      return key;
    },
  };
}
