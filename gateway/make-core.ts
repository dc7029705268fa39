import { EventEmitter } from "node:events";

import type { Signer } from "#shared/crypto/sign.ts";
import type { Crypto, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { jdig, templateDigest } from "#shared/protocol/digest.ts";
import type { Template } from "#shared/protocol/template.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { headOr } from "#shared/protocol/verify/standing.ts";

import { bundleOf } from "./audit/bundle.ts";
import type { AuditedPart } from "./audit/self-audit.ts";
import type { CheckpointFile } from "./audit/checkpoint-file.ts";
import { readHistory } from "./audit/history.ts";
import { openLog } from "./audit/log.ts";
import { makePen } from "./audit/records.ts";
import type { Enforcement, GatewayContext } from "./context.ts";
import type { Core } from "./core.ts";
import { makeExecutions } from "./decisions/execution.ts";
import { followDirectory, stopKey } from "./decisions/keys.ts";
import { makePeople } from "./decisions/people.ts";
import { authenticate, proveSession } from "./decisions/session.ts";
import { submitStatement } from "./decisions/statement.ts";
import { statusView } from "./decisions/status.ts";
import { submitDecision } from "./decisions/submit.ts";
import { makeSuspicion } from "./decisions/suspicion.ts";
import type { Authority } from "./directory/authority.ts";
import type { Directory } from "./directory/directory.ts";
import { makeWaitingRoom } from "./directory/waiting.ts";
import type { Clock, FactsPort, PolicyPort, RegisteredAgent } from "./ports.ts";
import { makeDeadlines } from "./requests/deadlines.ts";
import { watchRequest, withdrawRequest } from "./requests/ends.ts";
import { makeOpenClaims } from "./requests/open-claims.ts";
import { makeRandomPool } from "./random-pool.ts";
import { answerReport } from "./reports/answer.ts";
import { proofFor } from "./reports/log-proof.ts";
import { makeFeed } from "./requests/feed.ts";
import { makeRaiser } from "./requests/raise.ts";
import { reviseRequest } from "./requests/revise.ts";
import { resumeStopped, stopRequests } from "./requests/stop-agent.ts";
import { makeCommitGroup } from "./store/group.ts";
import type { Store } from "./store/store.ts";
import { uuid7 } from "./uuid7.ts";

export interface CoreOptions {
  /** Issuer, as the directory vouches for it. */
  readonly iss: string;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly store: Store;
  readonly directory: Directory;
  /** The root key's hands, where one process holds both (demo): rotations and stops are then signed at once. */
  readonly authority?: Pick<Authority, "signRotations" | "signStops">;
  /** Requests, receipts, SETs, session proofs. */
  readonly signer: Signer;
  /** Public halves of retired request keys. */
  readonly retiredKeys?: readonly VerifyKey[];
  readonly logSigner: Signer;
  readonly logOrigin: string;
  readonly checkpointFile?: CheckpointFile;
  readonly enf: Enforcement;
  readonly agents: readonly RegisteredAgent[];
  readonly facts: FactsPort;
  readonly policy: PolicyPort;
  /** Templates the directory vouches for: served by their digest from the start, not only once a request names them. */
  readonly templates?: readonly Template[];
  readonly fhirBase: string;
  /** Gets what an alarm or a listener throws. */
  readonly onFault: (error: unknown) => void;
  /** The store was audited by whoever opened it, to serve: the log does not again. */
  readonly isAudited?: boolean;
  /** Called as the log's own audit goes on. */
  readonly onAuditing?: (part: AuditedPart, done: number) => void;
  readonly random?: (bytes: number) => Uint8Array;
}

/**
 * The gateway's heart over its ports. The log audits itself and the gateway's credential is checked before it returns;
 * nothing moves by itself before {@link Core.start}.
 * @throws CountersignError `E_STORE_CORRUPT` (the log is not what was signed), `E_GW_CRED` (the directory does not vouch
 * for these keys)
 */
export function makeCore(options: CoreOptions): Core {
  const context = makeContext(options);
  const { store, directory, log, feed, events, deadlines, iss } = context;
  const credential = checkCredential(context);
  const suspicion = makeSuspicion(context.now);
  const raiser = makeRaiser(context);
  const templates = new Map(
    options.templates?.map((one) => [templateDigest(options.crypto, one), JSON.stringify(one)]),
  );
  const waiting = makeWaitingRoom(directory, options.clock, options.onFault);
  const unfollow = directory.view.onChange((changed) => {
    followDirectory(context, changed);
    const own = directory.view.gateway(iss);
    if (own) keepCredential(context, own, true);
  });
  followDirectory(context, directory.view.keys());
  events.on("key-changed", (kid: string) => {
    reportStop(context, options, kid);
  });
  const group = makeCommitGroup(store, options.onFault);
  // SECURITY: what was erased is in nobody's memory either (docs/decisions/0015).
  events.on("erased", () => {
    feed.forget();
    context.openClaims.forget();
  });
  let closed = false;

  return {
    iss,
    get credential() {
      return directory.view.gateway(iss)?.jws ?? credential;
    },
    enrolment: waiting,
    ...{ feed, events, store, records: context.pen, executions: makeExecutions(context) },
    proveSession: (nonce, sid) => proveSession(context, nonce, sid),
    authenticate: (input) => authenticate(context, input),
    chainHead: (kid) => headOr(context.crypto, store.chainHead(kid), kid, iss),
    onKeyChanged(listener) {
      events.on("key-changed", listener);
      return () => events.off("key-changed", listener);
    },
    submitDecision: (jws, session) => submitDecision(context, suspicion, jws, session),
    submitInGroup(jws, session, done) {
      group.add(() => submitDecision(context, suspicion, jws, session), done);
    },
    submitStatement: (jws, session) => submitStatement(context, jws, session),
    viewed(session, view) {
      events.emit("viewed", { sub: session.sub, kid: session.kid, ...view });
    },
    raise: (draft) => raiser.raise(draft),
    revise: (rid, draft) => reviseRequest(context, rid, draft),
    withdraw: (rid, by, reason) => withdrawRequest(context, rid, by, reason),
    stop: (tx, what, why) => stopRequests(context, tx, what, why),
    resume: (tx, what) => resumeStopped(context, tx, what),
    status: (rid, agent) => statusView(context, rid, agent),
    history: (session, query) => readHistory(context, session, query),
    report: (session, body) => answerReport(context, session, body),
    checkpoint: () => log.newest()?.note,
    logProof: (query, session) => proofFor(context, query, session),
    logConsistency: (from, to) => log.consistency(from, to),
    bundle: (rid, rev) => bundleOf(context, rid, rev),
    keys: {
      rotate(input) {
        const { ticketId, state } = directory.keyDesk.rotate(input);
        if (state.kind !== "pending" || options.authority === undefined) return state;
        options.authority.signRotations();
        return directory.keyDesk.state(ticketId);
      },
      revoke(input) {
        const { kid, claims } = directory.keyDesk.revoking(input);
        store.writeReserved((tx) => {
          stopKey(context, tx, { kid, sub: claims.sub }, "revoked", "asked for by its owner");
        });
      },
    },
    documents: {
      template(digest) {
        const found = store.published(digest);
        return found?.kind === "template" ? found.text : templates.get(digest);
      },
      statusList: (name) => (name === "1" ? directory.view.statusList() : undefined),
    },
    start() {
      for (const { rid } of store.requestsIn(["open", "partial", "approved"])) watchRequest(context, rid);
    },
    close() {
      if (!closed) {
        closed = true;
        group.flush();
        unfollow();
        waiting.close();
        deadlines.close();
        log.close();
        store.close();
        directory.close();
      }
      return Promise.resolve();
    },
  };
}

function makeContext(options: CoreOptions): GatewayContext {
  const { iss, crypto, clock, store, directory, signer, logSigner, logOrigin, agents, enf } = options;
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const random = options.random ?? makeRandomPool();
  const uuid = (): string => uuid7(clock.nowMs(), random(10));
  // One listener per waiting poll and connection: their number is bounded by the transport, not by this emitter.
  const events = new EventEmitter().setMaxListeners(0);
  const log = openLog({
    ...{ crypto, store, signer: logSigner, origin: logOrigin, clock },
    ...(options.checkpointFile ? { file: options.checkpointFile } : {}),
    onFault: options.onFault,
    ...(options.onAuditing ? { onAuditing: options.onAuditing } : {}),
    isAudited: options.isAudited === true,
    onCheckpoint: (note) => events.emit("checkpoint", note),
  });
  const people = makePeople(iss, directory.view, store);
  const feed = makeFeed({ iss, store, people });
  const pen = makePen({ iss, crypto, signer, log, feed, now, uuid });
  const ownKeys = new Map(
    [crypto.importKey(signer.jwk), ...(options.retiredKeys ?? [])].map((key) => [key.kid, key] as const),
  );
  const registry = new Map(agents.map((agent) => [agent.sub, agent]));
  return {
    ...{ iss, crypto, clock, now, uuid, store, log, pen, feed, signer, enf, directory, people, events },
    randomText: (bytes) => Buffer.from(random(bytes)).toString("base64url"),
    ownKey: (kid) => ownKeys.get(kid),
    openClaims: makeOpenClaims(),
    deadlines: makeDeadlines(clock, options.onFault),
    agents,
    agent: (sub) => registry.get(sub),
    facts: options.facts,
    policy: options.policy,
    fhirBase: options.fhirBase.replace(/\/$/, ""),
  };
}

/** SECURITY: what clients would refuse is not signed: keys and log must be the ones the directory vouches for (T-01). */
function checkCredential(context: GatewayContext): string {
  const { iss, directory, signer, log, now } = context;
  const own = directory.view.gateway(iss);
  const vouched = own?.claims.jwks.keys.some(({ kid, cs_use }) => kid === signer.kid && cs_use.includes("request"));
  if (!own || vouched !== true || own.claims.log.vkey !== log.vkey || now() > own.claims.exp) {
    throw new CountersignError(
      "E_GW_CRED",
      `The directory does not vouch for the keys of ${iss}, so no client would accept its requests. Give the directory the registration file ("countersign directory vouch") and start again.`,
    );
  }
  keepCredential(context, own, false);
  return own.jws;
}

/**
 * The credential that is served to every client from now on: kept, logged, and told to those who are connected. At a start
 * nobody is: whoever comes is given it.
 */
function keepCredential(
  { crypto, store, pen, signer, now }: GatewayContext,
  own: { readonly jws: string; readonly claims: { readonly pools: readonly string[] } },
  isAnyoneConnected: boolean,
): void {
  store.write((tx) => {
    const obj = jdig(crypto, own.jws);
    if (!tx.publish(obj, "gateway", own.jws, now())) return;
    pen.leaf(tx, { t: "gateway-key", obj, kid: signer.kid });
    if (isAnyoneConnected) pen.tellOwnKey(tx, own.claims.pools);
  });
}

/** Tells the directory what this gateway has stopped by itself. The stop holds here whether or not this succeeds. */
function reportStop({ store, people, directory, iss, now }: GatewayContext, options: CoreOptions, kid: string): void {
  const own = store.keyStanding(kid);
  const key = people.key(kid);
  if (!own || key?.status !== "active") return;
  directory.records.transaction(() => {
    directory.records.reportStop(kid, own.standing, own.reason, iss, now());
  });
  options.authority?.signStops();
}
