import type { RequestState } from "../claims/receipt.ts";
import type { RequestClaims } from "../claims/request.ts";
import type { Crypto, PublicJwk } from "../crypto-port.ts";
import type { Template } from "../template.ts";

/** What the directory says of one approver's device key (protocol.md 3.13). Times in Unix seconds. */
export interface DirectoryEntry {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly sub: string;
  readonly device: string;
  /** From the status list (0, 2, 1), read now. */
  readonly status: "active" | "suspended" | "revoked";
  readonly nbf: number;
  readonly exp: number;
  /** Bare names. */
  readonly pools: readonly string[];
  readonly roles: readonly string[];
  readonly key_storage: string;
  /** `count` is the highest signature counter seen from this credential. */
  readonly webauthn?: { readonly cid: string; readonly jwk: PublicJwk; readonly count: number } | undefined;
}

/** The current revision of a request as the gateway holds it. */
export interface StoredRequest {
  /** `jdig` of the signed request. */
  readonly dig: string;
  readonly state: RequestState;
  readonly claims: RequestClaims;
}

/** A decision that was recorded. A gateway's row may hold more. */
export interface RecordedDecision {
  readonly dig: string;
  readonly kid: string;
  readonly sub: string;
  readonly decision: string;
  readonly iat: number;
  /** False once it was revoked, lapsed, or its key is gone. */
  readonly live: boolean;
  readonly jws: string;
}

export interface ChainHead {
  readonly n: number;
  readonly prev: string;
}

/**
 * Everything the verification steps ask of the world, explicit (protocol.md 3.8). Lookups are called only when their step
 * is reached and must answer from one consistent state: inside the transaction that will record the decision.
 */
export interface VerificationState {
  readonly crypto: Crypto;
  /** My issuer: the only audience accepted. */
  readonly iss: string;
  /** Unix seconds. */
  readonly now: number;
  /** The authenticated session the object came in; absent over HTTP. */
  readonly session?: { readonly kid: string } | undefined;
  /** Relying party of user verification, from the gateway credential (protocol.md 3.22). */
  readonly webauthn?: { readonly rpId: string; readonly origins: readonly string[] } | undefined;
  /** Allowed clock skew in seconds; 60 unless told. */
  readonly skewS?: number | undefined;
  directoryEntry(kid: string): DirectoryEntry | undefined;
  /** The stored answer to this (kid, jti). */
  answer(kid: string, jti: string): { readonly dig: string; readonly receipt: string } | undefined;
  /** The highest revision. */
  currentRequest(rid: string): StoredRequest | undefined;
  /** Recorded decisions of one revision, in recording order. */
  decisions(rid: string, rev: number): readonly RecordedDecision[];
  /** Head of the key's chain at this gateway; `undefined` before its first recorded decision. */
  chainHead(kid: string): ChainHead | undefined;
  template(tplDig: string): Template | undefined;
  nonceConsumed(nonce: string): boolean;
}
