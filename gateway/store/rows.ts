import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { Risk } from "#shared/protocol/claims/request.ts";
import type { StatementKind } from "#shared/protocol/claims/statement.ts";
import type { Reading } from "#shared/reports/reading.ts";
import type { EventName } from "#shared/protocol/claims/event.ts";

import type { Erased } from "./erased.ts";

/**
 * What the store keeps, one type per noun of the protocol. Times are Unix seconds; objects are the exact signed text. Of a
 * row with `erased` the object can be read by nobody: asking for it is `E_STORE_ERASED`.
 */

/** One revision of a request. Members other than `state` and what follows it never change after the insert. */
export interface RequestRow {
  readonly rid: string;
  readonly rev: number;
  /** `jdig` of `jws`. */
  readonly dig: string;
  readonly jws: string;
  readonly erased?: Erased;
  readonly iat: number;
  readonly exp: number;
  readonly submit_by: number;
  readonly grant_exp: number;
  readonly nonce: string;
  readonly agent: string;
  readonly task_idx: number;
  readonly action: string;
  /** Pool URIs and approver URIs, as in the claim. */
  readonly aud: readonly string[];
  readonly need: number;
  readonly risk: Risk;
  readonly state: RequestState;
  /** Set when the request ends or changes state last. */
  readonly changed_at: number;
  /** End of the hold: earliest start of the execution. Set with `approved`. */
  readonly execute_at?: number;
  /** Approved uses not yet started; 0 before `approved`. */
  readonly uses_left: number;
  /** Latest token expiry of the effective grant. Set with `approved`. */
  readonly grant_until?: number;
}
export type NewRequest = Omit<
  RequestRow,
  "state" | "changed_at" | "execute_at" | "uses_left" | "grant_until" | "erased"
> & {
  /** The agent's name of its task; kept as a keyed digest. */
  readonly task_id: string;
  /**
   * Digest of method, url, patient and body: the same operation asked again has the same one (`history` claim). Kept as a
   * keyed digest of it, since it could be guessed.
   */
  readonly op_dig: string;
  /** Reference of the patient it is about; absent where it is about none. Kept as a keyed digest (protocol.md 3.19). */
  readonly patient?: string;
  /** What reports find and count it by; where absent, what the members above say. */
  readonly index?: RequestIndex;
};

/** What a report needs of a request beside its row: nothing clinical but {@link RequestIndex.identifiers}. */
export interface RequestIndex {
  readonly agent_name: string;
  readonly model?: string;
  /** Bare names of the pools it is for: those of its policy and those it is addressed to. */
  readonly units: readonly string[];
  /** Identifiers of the patient as people type them. Kept as keyed digests. */
  readonly identifiers: readonly string[];
  readonly blind: boolean;
  readonly reading?: Reading;
  /** An earlier revision had other content. */
  readonly changed: boolean;
  readonly denied_before: number;
  readonly claim_chars: number;
}

/** The one signed answer to a decision or statement from V10 on; its (kid, jti) is used up (V9, V28). */
export interface AnswerRow {
  readonly kid: string;
  readonly jti: string;
  /** `jdig` of the submitted object. */
  readonly dig: string;
  readonly kind: "decision" | "statement";
  readonly jws: string;
  readonly erased?: Erased;
  readonly receipt: string;
  readonly result: "recorded" | "rejected";
  readonly code?: string;
  readonly rid?: string;
  readonly rev?: number;
  readonly at: number;
}

/** A recorded decision. `live`: it counts (an approval that was not revoked, lapsed or superseded; a deny or revoke). */
export interface DecisionRow {
  readonly dig: string;
  readonly rid: string;
  readonly rev: number;
  readonly kid: string;
  readonly sub: string;
  readonly decision: DecisionClaims["decision"];
  readonly jws: string;
  readonly erased?: Erased;
  readonly iat: number;
  readonly at: number;
  readonly live: boolean;
}

/** A decision on its way in, with what reports count it by. */
export type NewDecision = DecisionRow & { readonly index?: DecisionIndex };
export interface DecisionIndex {
  /** As the credential names the signer. */
  readonly signer_name?: string;
  /** Code of the reason, and codes of the overrides. */
  readonly reason?: string;
  readonly overrides: readonly string[];
  readonly opened_at?: number;
  /** `dwell` of the decision; absent where it was not measured. */
  readonly active_ms?: number;
  readonly seen?: number;
}

export interface StatementRow {
  readonly dig: string;
  readonly kid: string;
  readonly sub: string;
  readonly kind: StatementKind;
  readonly jws: string;
  readonly erased?: Erased;
  /** With `kid` the name of its answer. */
  readonly jti: string;
  readonly rid?: string;
  /** The revision it is about; with `rid`. */
  readonly rev?: number;
  /** The agent or action type it is about. */
  readonly about?: string;
  readonly at: number;
}
/** A statement with the gateway's answer to it. */
export interface AnsweredStatement extends StatementRow {
  readonly receipt: string;
}

/** A stop of an agent or a type. `statement` is the digest of the statement that asked for it. */
export interface PauseRow {
  readonly id: string;
  readonly at: number;
  readonly statement?: string;
}

export interface ChainHead {
  readonly n: number;
  readonly prev: string;
}

/** A signed SET (protocol.md 3.21). */
export interface EventRow {
  readonly jti: string;
  readonly dig: string;
  readonly name: EventName;
  readonly jws: string;
  readonly erased?: Erased;
  readonly rid?: string;
  readonly rev?: number;
  readonly at: number;
}

/** One leaf of the log: the exact bytes that were hashed (protocol.md 3.16). `obj` is the digest it speaks of. */
export interface LeafRow {
  readonly index: number;
  readonly entry: string;
  readonly hash: Uint8Array;
  readonly obj: string;
  readonly type: string;
  /** Hashes of the subtrees that this leaf completes, the smallest first. */
  readonly closed: readonly Uint8Array[];
}

export interface CheckpointRow {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
  readonly at: number;
}

/**
 * One feed event. It reaches every approver who is in one of the pools, or named, in `aud`; not the key (or, for readers
 * that name no key, the person) in `except`; where `only_kid` is set, that key alone.
 */
export interface NewFeedEvent {
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly aud: readonly string[];
  readonly except?: { readonly sub: string; readonly kid: string };
  readonly only_kid?: string;
  readonly at: number;
  /** What `body.jws` is: the digest of a stored request; it is not stored twice. */
  readonly request?: string | undefined;
  /** What `body.set` is: the `jti` of a stored SET. */
  readonly event?: string | undefined;
  /** What `body.jws` is: the receipt of a stored answer. */
  readonly answer?: Pick<AnswerRow, "kid" | "jti"> | undefined;
}
export interface FeedRow {
  readonly seq: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly at: number;
}
/** Who reads: every `aud` value that means this reader (pool URIs and own URI). */
export interface FeedReader {
  readonly aud: readonly string[];
  readonly sub: string;
  readonly kid?: string;
}

/** One start of an approved request. `exec_id` is `rid.rev`: sent as Idempotency-Key, unique for ever. */
export interface ExecutionRow {
  readonly exec_id: string;
  readonly rid: string;
  readonly rev: number;
  readonly started_at: number;
  readonly finished_at?: number;
  readonly outcome?: ExecutionOutcome;
}
/** `body`, `location` and `why` are empty or absent in one that was erased. */
export type ExecutionOutcome =
  | { readonly kind: "done"; readonly status: number; readonly location?: string; readonly body: string }
  | { readonly kind: "refused"; readonly status: number; readonly body: string }
  | { readonly kind: "unknown"; readonly why: string };

export interface TokenRow {
  readonly jti: string;
  readonly rid: string;
  readonly rev: number;
  /** Index in the gateway's token status list. */
  readonly idx: number;
  readonly exp: number;
  readonly uses_left: number;
  readonly revoked_at?: number;
  readonly reason?: string;
}

export type KeyStanding = "suspended" | "revoked";
