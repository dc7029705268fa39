import type { EventEmitter } from "node:events";

import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { WireError } from "#shared/protocol/messages.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import type { LeafType } from "#shared/ledger/leaf.ts";
import type { EventName } from "#shared/protocol/claims/event.ts";
import type { ReportPage } from "#shared/reports/page.ts";
import type { RarElement } from "#shared/protocol/claims/primitives.ts";

import type { HistoryPage, HistoryQuery } from "./audit/history.ts";
import type { RequestDraft } from "./ports.ts";
import type { AllowedAct } from "./requests/allowed-act.ts";
import type { Stopped, StoppedRequests } from "./requests/stop-agent.ts";
import type { Outcome } from "./store/group.ts";
import type { ExecutionOutcome } from "./store/rows.ts";
import type { Store, StoreTx } from "./store/store.ts";

/** What transport, doors and CLI see of the gateway's heart (requests, decisions, directory, audit, store). */

/** An approver's live session, after the in-band mutual proof (protocol.md 3.4). */
export interface Session {
  readonly sid: string;
  readonly kid: string;
  readonly sub: string;
  readonly cred: ApproverClaims;
  /** Unix seconds. */
  readonly exp: number;
}

/** Answer to a submitted decision or statement (V28): one signed receipt, or an `error` with nothing stored. */
export type SubmitAnswer =
  | { readonly kind: "receipt"; readonly jws: string; readonly duplicate: boolean }
  | { readonly kind: "error"; readonly error: SubmitError };
export interface SubmitError {
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly retry: WireError["retry"];
  readonly retry_after_ms?: number;
}

/** One stored feed event of one approver. `seq` is per approver across feeds; gaps are normal (protocol.md 3.22). */
export interface FeedEvent {
  readonly seq: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One open request as a snapshot tells it (protocol.md 3.4.4). */
export interface SnapshotItem {
  /** Body of its `action.pending`. */
  readonly pending: { readonly jws: string; readonly urgency: string };
  /** Body of the last `quorum.progress` while the quorum is begun: how far it is, and what an ordered one signs over. */
  readonly progress?: { readonly set: string };
}

export interface Feed {
  readonly epoch: string;
  /** Highest seq of this approver. */
  head(sub: string): number;
  /** True when everything after `seq` is still retained. */
  retained(sub: string, seq: number): boolean;
  /**
   * Events after `seq`, in order. Give the session's `kid`: events that answer one device are left out of its own feed
   * (`action.resolved`) or meant for it alone (`decision.receipt`); without it they follow the person.
   */
  read(sub: string, afterSeq: number, limit: number, kid?: string): readonly FeedEvent[];
  /** Every open or partial request addressed to this approver. */
  snapshot(session: Session): readonly SnapshotItem[];
  /** Called after a commit with each approver who has new events; returns its unsubscribe. */
  onEvents(listener: (sub: string) => void): () => void;
}

export type DecisionOutcome = {
  readonly rid: string;
  readonly rev: number;
  readonly state: RequestState;
  readonly reason?: string;
  readonly result?: { readonly status: number; readonly location?: string; readonly body: string };
};

export interface RequestStatusView extends DecisionOutcome {
  readonly exp: number;
  readonly binding_message?: string;
  readonly claims: RequestClaims;
}

/** Answers to the enrolment messages (protocol.md 3.13, 3.22); `done` comes later, through `onDone`. */
export interface Enrolment {
  begin(ticketId: string): { readonly nonce: string; readonly expires_in: number };
  /** Checks the proof and the code's MAC, and stores the candidate for the second person. */
  complete(ticketId: string, proof: string): EnrolmentState;
  state(ticketId: string): EnrolmentState;
  /** Calls back once when the second person confirmed or rejected, or the ticket expired. */
  onSettled(ticketId: string, listener: (state: EnrolmentState) => void): () => void;
}
export type EnrolmentState =
  | { readonly kind: "pending"; readonly expires_in: number }
  | {
      readonly kind: "done";
      readonly cred: string;
      readonly directory: Readonly<Record<string, string>>;
      readonly dir_mac: string;
    }
  /** The code was wrong; the ticket dies with the last try. */
  | { readonly kind: "wrong_code"; readonly tries_left: number }
  | { readonly kind: "rejected" }
  | { readonly kind: "expired" };

/** A leaf's members; digests and ids only, never text of a person or a record. `ts` and `v` are added. */
export interface NewLeaf {
  readonly t: LeafType;
  readonly rid?: string;
  readonly rev?: number;
  /** Digest of the object it speaks of: `jdig` of a signed one. */
  readonly obj: string;
  readonly kid: string;
  readonly out?: string;
  readonly ref?: string;
  /** Unix seconds, where it must equal a signed object's (a decision's receipt `iat`). */
  readonly ts?: number;
}

/** Writes evidence inside the caller's transaction, so that an act and its trace are one commit. */
export interface Records {
  /** Appends a leaf and returns its index. */
  leaf(tx: StoreTx, leaf: NewLeaf): number;
  /**
   * Signs a SET (protocol.md 3.21) about one revision and stores it; with `carrier` it also goes to the feeds of the
   * request's audience, with `leaf` it becomes an `outcome` leaf with that `out`. Returns the SET's JWS.
   */
  event(
    tx: StoreTx,
    event: {
      readonly name: EventName;
      readonly rid: string;
      readonly rev: number;
      readonly members?: Readonly<Record<string, unknown>>;
      readonly carrier?: "task.event";
      readonly leaf?: { readonly out: string };
      /** Another audience than the request's (a token's executor). */
      readonly aud?: string;
    },
  ): string;
}

/** An approved request on its way out, as `gateway/executor/run.ts` gets it. */
export interface StartedExecution {
  /** `rid.rev`. */
  readonly exec_id: string;
  readonly rid: string;
  readonly rev: number;
  readonly request: RequestClaims;
  /** Effective grant: what the approver granted, or the meet of all (protocol.md 3.10). */
  readonly granted: readonly RarElement[];
  /** Unix seconds. */
  readonly grant_exp: number;
  /** The approvals, exact JWS, with their digests and signers: for the token's `human_authorization_ref`. */
  readonly approvals: readonly {
    readonly jws: string;
    readonly dig: string;
    readonly sub: string;
    readonly iat: number;
  }[];
}

/**
 * The gate between `approved` and the hospital system. The core emits `execute` with `{rid}` on {@link Core.events} when
 * a hold ends (at once where there is none) and after a restart; the runner calls `start`, sends the bytes, `finish`es.
 */
export interface Executions {
  /**
   * Evaluates the quorum gate over the stored signatures (V29), then approved → executing by compare-and-swap, with SET
   * `task-executing`. Undefined: it may not be executed (revoked, lapsed, started before, hold not over).
   * @throws CountersignError `E_QRM_GATE`: the stored evidence does not carry the approval; nothing was started
   */
  start(rid: string): StartedExecution | undefined;
  /** executing → completed or failed, with its SET and `outcome` leaf; then emits `decision` with the result. */
  finish(
    execId: string,
    outcome: ExecutionOutcome & { readonly resource?: string; readonly resource_dig?: string },
  ): void;
  /**
   * Started before a crash and not finished: ask the system (`ExecutorPort.find`), then `finish`.
   * @throws CountersignError `E_QRM_GATE` when an approval behind one of them no longer holds: then nothing may be sent
   * again, only asked for
   */
  unfinished(): readonly StartedExecution[];
}

/** Changes of a key that its owner asks for. */
export interface KeyChanges {
  /** @throws CountersignError `E_AUTH_PROOF`, `E_KEY_*` */
  rotate(input: { readonly proof: string; readonly prevProof: string; readonly nonce: string }): EnrolmentState;
  /** @throws CountersignError `E_AUTH_PROOF` */
  revoke(input: { readonly proof: string; readonly nonce: string }): void;
}

export interface PublicDocuments {
  /** JSON of the template with this digest. */
  template(digest: string): string | undefined;
  /** The directory's signed status list of this name (`1`). */
  statusList(name: string): string | undefined;
}

export interface Core {
  readonly iss: string;
  /** The directory-signed `countersign-gateway+jwt`. */
  readonly credential: string;
  readonly enrolment: Enrolment;
  readonly feed: Feed;
  /**
   * `decision` {@link DecisionOutcome} whenever a request reaches an answer an agent waits for; `execute` `{rid}`;
   * `revoked` `{rid, rev}` when tokens of a request must die; `checkpoint` its note; `erased` once something was.
   */
  readonly events: EventEmitter;
  readonly store: Store;
  readonly records: Records;
  readonly executions: Executions;

  /** Gateway-signed session proof over the client's nonce. */
  proveSession(clientNonce: string, sid: string): string;
  /**
   * Checks an approver's session proof and credential (signature, directory, status, nonce, sid, aud, times).
   * @throws CountersignError `E_AUTH_PROOF`, `E_AUTH_CRED`, `E_KEY_*`
   */
  authenticate(input: { proof: string; cred: string; nonce: string; sid: string }): Session;
  /** Head of the key's chain at this gateway, for `ready`. */
  chainHead(kid: string): { readonly n: number; readonly prev: string };
  /** Called when a session's key is revoked or suspended: the transport closes it with 4401. */
  onKeyChanged(listener: (kid: string) => void): () => void;

  /** Without a session (over HTTP) V8b does not apply. */
  submitDecision(jws: string, session?: Session): SubmitAnswer;
  /** The same, committed together with what else comes in this turn of the event loop; told when it is durable. */
  submitInGroup(jws: string, session: Session | undefined, done: (outcome: Outcome<SubmitAnswer>) => void): void;
  submitStatement(jws: string, session?: Session): SubmitAnswer;
  viewed(
    session: Session,
    view: { rid: string; rev: number; state: "opened" | "closed" | "rejected"; code?: string },
  ): void;

  /** Builds, signs, stores and publishes a request, or says what policy said. */
  raise(draft: RequestDraft): Promise<Raised>;
  /**
   * The agent's own correction: revision +1, gathered and judged anew; earlier approvals do not carry over.
   * @throws CountersignError `E_REQ_UNKNOWN` (not this agent's), `E_REQ_TERMINAL`
   */
  revise(rid: string, draft: RequestDraft): Promise<Raised>;
  /** False when it no longer waited. */
  withdraw(rid: string, by: string, reason: "agent" | "gateway"): boolean;
  /** Inside the caller's transaction: ends whatever of this has not begun. `resume`: what was ended stays ended. */
  stop(
    tx: StoreTx,
    what: Stopped,
    why: { readonly by: string; readonly reason: "offboarded" | "agent-paused" },
  ): StoppedRequests;
  resume(tx: StoreTx, what: Stopped): void;
  /** With an `agent`, of its own requests alone. @throws CountersignError `E_STORE_ERASED` */
  status(rid: string, agent?: string): RequestStatusView | undefined;
  history(session: Session, query: HistoryQuery): HistoryPage;
  /**
   * `report.query`: the page of a report, as the asker's roles open it (protocol.md 3.20.2).
   * @throws ReportError, CountersignError `E_FORBIDDEN`, `E_REQ_UNKNOWN`
   */
  report(session: Session, body: Readonly<Record<string, unknown>>): ReportPage;

  checkpoint(): string | undefined;
  /** tlog-proof text and leaf; to a session nothing of an open blind quorum but its own. @throws `E_LOG_PENDING`, `E_LOG_RANGE` */
  logProof(
    query: { index?: number; leaf?: string; size?: number },
    session?: Pick<Session, "kid">,
  ): { readonly proof: string; readonly entry: string };
  logConsistency(from: number, to: number): readonly string[];

  /** `countersign-bundle/1` of what ended and is in the log (protocol.md 3.12); of what was erased `countersign-erased/1`. */
  bundle(rid: string, rev?: number): Readonly<Record<string, unknown>> | undefined;
  /** Rotation and self-revocation of keys (protocol.md 3.13, 3.22). */
  readonly keys: KeyChanges;
  /** Public documents served over HTTPS. */
  readonly documents: PublicDocuments;
  /** Arms deadlines and emits `execute` for what waits: once, when the runner listens. */
  start(): void;
  close(): Promise<void>;
}

export type Raised =
  | { readonly kind: "pending"; readonly rid: string; readonly exp: number; readonly binding_message?: string }
  | { readonly kind: "allowed"; readonly rid: string; readonly act: AllowedAct }
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly reason: string;
      /** When the same may be asked again, in seconds; absent where it may not. */
      readonly retry_after_s?: number;
    };
