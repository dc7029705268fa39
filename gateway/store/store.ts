import type { CountersignError } from "#shared/protocol/error.ts";
import type { RequestState } from "#shared/protocol/claims/receipt.ts";

import type { AgentReads, AgentWrites } from "./agents.ts";
import type { AuditMarkReads, AuditMarkWrites } from "./audit-marks.ts";
import type { Erased } from "./erased.ts";
import type { KeyChangeReads, KeyChangeWrites } from "./key-change.ts";
import type { ReportReads, ReportWrites } from "./reports.ts";
import type { AllowedReads, AllowedWrites } from "./allowed.ts";
import type { EvidenceReads, EvidenceWrites } from "./evidence.ts";
import type { PageReads } from "./pages.ts";
import type { RegistryReads, RegistryWrites } from "./registry.ts";
import type { RetentionReads, RetentionWrites } from "./retention.ts";
import type {
  AnsweredStatement,
  AnswerRow,
  ChainHead,
  CheckpointRow,
  DecisionRow,
  EventRow,
  ExecutionOutcome,
  ExecutionRow,
  FeedReader,
  FeedRow,
  KeyStanding,
  LeafRow,
  NewDecision,
  NewFeedEvent,
  NewRequest,
  RequestRow,
  StatementRow,
  TokenRow,
} from "./rows.ts";

/**
 * The gateway's durable state (README decision 5). Synchronous: a method has happened when it returns. Every change is
 * made inside {@link Store.write}, which is one transaction and durable (fsynced) when it returns; so a decision, its
 * leaf, its receipt and its feed events exist together or not at all (V27, V28). Whoever implements it passes
 * `test/gateway/store/contract.ts`.
 */
export interface Store extends StoreReads, PageReads {
  /**
   * Runs `fn` in one transaction; what it throws rolls everything back and is thrown on. Inside another `write` it is
   * a savepoint of that one, so several decisions can share one commit.
   * @throws CountersignError `E_STORE_FULL`: nothing was stored, and it may be tried again; `E_STORE_CORRUPT`: what was
   * stored is not known for certain, so nothing more is accepted until the process starts anew (see {@link fault})
   */
  write<T>(fn: (tx: StoreTx) => T): T;
  /**
   * As {@link Store.write}, for what ends something that was begun or takes power away: it is also done on a full disk,
   * from room that was kept for it. `fn` may then run twice.
   */
  writeReserved<T>(fn: (tx: StoreTx) => T): T;
  /**
   * Takes what was erased out of the files beside the database, where that was put off (see {@link StoreReads.hasTraces}); not
   * inside {@link write}. @returns whether nothing of it is there
   */
  cutTraces(): boolean;
  /** Why this store accepts nothing more; undefined while it works. Readiness, for whoever watches the gateway. */
  fault(): CountersignError | undefined;
  /** From now on every read and every write throws `found`, which is what {@link fault} says. For good: only a new start looks. */
  condemn(found: CountersignError): void;
  /**
   * Copies everything committed, as it is at one moment, into a new file; reads and writes go on meanwhile.
   * @throws CountersignError `E_STORE_FULL`, `E_STORE_READONLY` about the copy alone
   */
  copyTo(file: string, onProgress: (copied: number, total: number) => void): Promise<void>;
  close(): void;
}

export interface StoreReads
  extends
    RequestReads,
    DecisionReads,
    LogReads,
    FeedReads,
    ExecutionReads,
    TokenReads,
    KeyReads,
    RegistryReads,
    AgentReads,
    ReportReads,
    EvidenceReads,
    AllowedReads,
    RetentionReads,
    AuditMarkReads,
    KeyChangeReads {}

export interface StoreTx
  extends
    StoreReads,
    RequestWrites,
    DecisionWrites,
    LogWrites,
    FeedWrites,
    ExecutionWrites,
    TokenWrites,
    KeyWrites,
    RegistryWrites,
    AgentWrites,
    ReportWrites,
    EvidenceWrites,
    AllowedWrites,
    RetentionWrites,
    AuditMarkWrites,
    KeyChangeWrites {
  /** Runs `fn` once everything is durable: the place to tell the world. Dropped when the transaction rolls back. */
  afterCommit(fn: () => void): void;
}

export interface RequestReads {
  request(rid: string, rev: number): RequestRow | undefined;
  /** The highest revision. */
  currentRequest(rid: string): RequestRow | undefined;
  requestByDigest(dig: string): RequestRow | undefined;
  requestsIn(states: readonly RequestState[]): readonly RequestRow[];
  /** Of each request its highest revision addressed to one of `aud`, `from ≤ iat < to`, newest first; `before` pages. */
  requestsFor(query: {
    readonly aud: readonly string[];
    readonly from: number;
    readonly to: number;
    readonly limit: number;
    /** One request alone. */
    readonly rid?: string;
    /** In this state alone. */
    readonly state?: RequestState;
    /** About this patient alone: `patient.ref`. */
    readonly patient?: string;
    readonly before?: { readonly iat: number; readonly rid: string };
  }): readonly RequestRow[];
  /** Current revisions of one agent's task in their order. */
  requestsOfTask(agent: string, taskId: string): readonly RequestRow[];
  /** How often the same operation was asked and denied before (protocol.md 3.5 `history`). */
  operationHistory(opDig: string): {
    readonly asked: number;
    readonly denied: number;
    readonly last_denied_at?: number;
  };
  /**
   * What was put before people since `since`, revisions included, of one agent, about one patient, or to one `aud`: how many,
   * when the oldest of them, and how many requests of all time wait now.
   */
  asksBy(
    whose: { readonly agent: string } | { readonly patient: string } | { readonly aud: string },
    since: number,
  ): { readonly asked: number; readonly waiting: number; readonly oldest?: number };
  /** Requests of this agent that were denied since `since`, and when the last one. */
  denialsOf(agent: string, since: number): { readonly count: number; readonly last?: number };
  nonceConsumed(nonce: string): boolean;
  /** What this agent asked under this key, and whether it was what `fingerprint` stands for. */
  idempotent(
    agent: string,
    key: string,
    fingerprint: string,
  ): { readonly rid: string; readonly isSame: boolean } | undefined;
}
export interface RequestWrites {
  /** Inserts a revision in state `open`. */
  addRequest(request: NewRequest, at: number): void;
  /**
   * Compare-and-swap of the state (protocol.md 3.11): false when the revision is in none of `from`, and nothing happened.
   * Terminal states never leave: the store refuses a `from` that holds one.
   */
  moveRequest(rid: string, rev: number, from: readonly RequestState[], to: RequestState, at: number): boolean;
  /** open|partial → approved with its hold, uses and latest token expiry. */
  approveRequest(
    rid: string,
    rev: number,
    grant: { readonly execute_at: number; readonly uses: number; readonly grant_until: number },
    at: number,
  ): boolean;
  /** False when the nonce was used before (ConsumeOnce). */
  consumeNonce(nonce: string, rid: string, rev: number, at: number): boolean;
  keepIdempotencyKey(agent: string, key: string, entry: { rid: string; fingerprint: string }, at: number): void;
}

export interface DecisionReads {
  /** V9: the stored answer to this (kid, jti). */
  answer(kid: string, jti: string): AnswerRow | undefined;
  /** Recorded decisions of a revision in recording order. */
  decisions(rid: string, rev: number): readonly DecisionRow[];
  decisionByDigest(dig: string): DecisionRow | undefined;
  /** Live approvals by this key on requests that are not terminal and not executing. */
  liveApprovalsOf(kid: string): readonly DecisionRow[];
  answersFor(rid: string): readonly AnswerRow[];
  /** The answer to the key's last recorded decision. */
  lastRecorded(kid: string): AnswerRow | undefined;
  chainHead(kid: string): ChainHead | undefined;
  events(rid: string): readonly EventRow[];
  /** Statements about one request, or of some kinds about an agent or a type; oldest first, of the latter the newest `most`. */
  statementsOn(rid: string): readonly AnsweredStatement[];
  statementsAbout(about: string, kinds: readonly StatementRow["kind"][], most: number): readonly AnsweredStatement[];
  statement(dig: string): AnsweredStatement | undefined;
}
export interface DecisionWrites {
  /** @throws CountersignError `E_JTI_REUSE` when (kid, jti) is used up */
  addAnswer(answer: AnswerRow): void;
  /** @throws CountersignError `E_ALREADY_DECIDED`, `E_SOD_SAME_KEY` when this person or key has a live decision here */
  addDecision(decision: NewDecision): void;
  /** The decision no longer counts (revoked, lapsed, key gone). */
  endDecision(dig: string): void;
  setChainHead(kid: string, head: ChainHead): void;
  addStatement(statement: StatementRow): void;
  addEvent(event: EventRow): void;
}

export interface LogReads {
  logSize(): number;
  leaf(index: number): LeafRow | undefined;
  /** First leaf that speaks of this digest; of one type, when given. */
  leafOf(obj: string, type?: string): LeafRow | undefined;
  leavesFrom(index: number, limit: number): readonly LeafRow[];
  leafByHash(hash: Uint8Array): LeafRow | undefined;
  /** Root of the complete subtree at (level, index); level 0 is the leaf hashes (RFC 6962 2.1). */
  treeNode(level: number, index: number): Uint8Array | undefined;
  checkpoint(size: number): CheckpointRow | undefined;
  newestCheckpoint(): CheckpointRow | undefined;
  /** Signed objects that must have a leaf, in storing order after `n`, from the first where that is 0: what the audit walks through. */
  signedObjects(
    kind: "request" | "decision" | "statement",
    after: number,
    limit: number,
  ): readonly { readonly n: number; readonly dig: string; readonly jws: string; readonly erased?: Erased }[];
  /** The last `n` of them; 0 where there are none. */
  lastSigned(kind: "request" | "decision" | "statement"): number;
}
export interface LogWrites {
  /** Appends at `index`, which must be the log's size, with the subtrees that it completes. */
  addLeaf(leaf: LeafRow): void;
  addCheckpoint(checkpoint: CheckpointRow): void;
}

export interface FeedReads {
  /** Changes only if the sequence was lost: the identity of this store's feed. */
  feedEpoch(): string;
  feedHead(): number;
  /** Highest seq that was pruned; everything after it is retained. */
  feedPrunedTo(): number;
  feedAfter(reader: FeedReader, seq: number, limit: number): readonly FeedRow[];
  /** The newest events with whom they are for, oldest first. */
  feedNewest(limit: number): readonly (FeedRow & NewFeedEvent)[];
}
export interface FeedWrites {
  /** Returns the event's seq: one strictly increasing sequence for all approvers, gaps are normal (3.22). */
  addFeedEvent(event: NewFeedEvent): number;
  /** Drops events older than `before` except the newest `keep`. */
  pruneFeed(before: number, keep: number): void;
}

export interface ExecutionReads {
  execution(execId: string): ExecutionRow | undefined;
  /** Started, not finished: after a crash the outcome must be asked for, never repeated blindly (3.11). */
  executionsToRecover(): readonly ExecutionRow[];
}
export interface ExecutionWrites {
  /** CAS approved → executing with uses_left > 0. False: it may not be executed (ended, started before, used up). */
  startExecution(rid: string, rev: number, execId: string, at: number): boolean;
  /** executing → completed (`done`) or failed. False when it was not executing. */
  finishExecution(execId: string, outcome: ExecutionOutcome, at: number): boolean;
}

export interface TokenReads {
  token(jti: string): TokenRow | undefined;
  tokensOf(rid: string): readonly TokenRow[];
  /** Revoked or not, everything whose `exp` has not passed: what a status list must say. */
  tokensAlive(now: number): readonly TokenRow[];
}
export interface TokenWrites {
  /** Stores a minted token and returns its index in the status list. */
  addToken(token: { jti: string; rid: string; rev: number; exp: number; uses: number }): number;
  /** False when it has no use left, is revoked or has expired: the use is refused. */
  useToken(jti: string, now: number): boolean;
  /** Idempotent; false when it was revoked before. */
  revokeToken(jti: string, reason: string, at: number): boolean;
}

export interface KeyReads {
  /** Highest signature counter seen from this key's WebAuthn credential (V22). */
  webauthnCount(kid: string): number;
  /** The gateway's own stop on a key (chain fork, failed checks), which holds whatever the directory still says. */
  keyStanding(
    kid: string,
  ): { readonly standing: KeyStanding; readonly reason: string; readonly at: number } | undefined;
}
export interface KeyWrites {
  setWebauthnCount(kid: string, count: number): void;
  stopKey(kid: string, standing: KeyStanding, reason: string, at: number): void;
  /** Ends a suspension; a revocation stays. */
  liftKey(kid: string): void;
}
