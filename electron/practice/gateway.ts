import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { chainGenesis, jdig, templateDigest } from "#shared/protocol/digest.ts";
import type { ClientType, GatewayBody, GatewayType } from "#shared/protocol/messages.ts";
import { eventUri, TYP } from "#shared/protocol/names.ts";
import { verifyDecision, type Verdict } from "#shared/protocol/verify/decision.ts";
import type { RecordedDecision, VerificationState } from "#shared/protocol/verify/state.ts";

import type { Clock, RandomBytes } from "../clock.ts";
import type { Speaker } from "./in-memory-socket.ts";
import type { PracticeIssuers } from "./issuers.ts";
import { PRACTICE_GATEWAY } from "./places.ts";

const EPOCH = "practice";
const PROOF_S = 60;
const SESSION_S = 86_400;

/** A request of this gateway and how it stands. */
export interface Issued {
  readonly jws: string;
  readonly dig: string;
  readonly claims: RequestClaims;
  state: RequestState;
}

interface Parts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly issuers: PracticeIssuers;
  readonly me: ApproverClaims;
  readonly requests: readonly RequestClaims[];
}

export interface PracticeGateway {
  /** What it does with one message of the client; what it says of its own accord goes the same way. */
  readonly speaker: Speaker;
  readonly issued: readonly Issued[];
  stop(): void;
}

/**
 * The least of a gateway that one person can practise at: it proves itself, issues its requests, judges each decision by the
 * protocol's own steps and answers with signed receipts. It has no store, no log and no agents, and carries nothing out.
 * @param onMoved a request came to another state
 */
export function makePracticeGateway(parts: Parts, onMoved: () => void): PracticeGateway {
  const { crypto, clock, newId, issuers, me } = parts;
  const { kid } = crypto.importKey(me.cnf.jwk);
  const issued: readonly Issued[] = parts.requests.map((claims) => {
    const jws = issuers.gateway.sign(TYP.request, claims);
    return { jws, dig: jdig(crypto, jws), claims, state: "open" };
  });
  const recorded: (RecordedDecision & { readonly rid: string; readonly n: number })[] = [];
  const answers = new Map<string, { readonly dig: string; readonly receipt: string }>();
  const timers = new Set<() => void>();
  let seq = 0;
  const nowS = () => Math.floor(clock.nowMs() / 1000);

  const state: Omit<VerificationState, "now"> = {
    crypto,
    iss: PRACTICE_GATEWAY,
    session: { kid },
    directoryEntry: (name) =>
      name === kid ? { ...me, kid, jwk: me.cnf.jwk, status: "active", webauthn: undefined } : undefined,
    answer: (name, jti) => answers.get(`${name} ${jti}`),
    currentRequest: (rid) => issued.find(({ claims }) => claims.rid === rid),
    decisions: (rid) => recorded.filter((one) => one.rid === rid),
    chainHead: () => head(),
    template: (dig) => builtinTemplates.find((one) => templateDigest(crypto, one) === dig),
    nonceConsumed: () => false,
  };

  function head(): { readonly n: number; readonly prev: string } | undefined {
    const last = recorded.at(-1);
    return last && { n: last.n, prev: last.dig };
  }

  function record({ claims, digest, effect }: Extract<Verdict, { kind: "record" }>, jws: string, reply: Reply): void {
    const request = issued.find((one) => one.claims.rid === claims.rid);
    if (!request) return;
    for (const [i, one] of recorded.entries()) if (effect.ends.includes(one.dig)) recorded[i] = { ...one, live: false };
    const { sub, decision, iat, rid, chain } = claims;
    recorded.push({ dig: digest, kid, sub, decision, iat, live: true, jws, rid, n: chain.n });
    request.state = effect.state;
    if (effect.state === "approved") holdThenEnd(request, reply);
    onMoved();
  }

  /** Once the hold is over an approval can no longer be taken back; nothing happens but that this is said. */
  function holdThenEnd(request: Issued, reply: Reply): void {
    const { rid, rev, aud, txn, policy } = request.claims;
    const cancel = clock.after((policy.hold_s ?? 0) * 1000, () => {
      timers.delete(cancel);
      if (request.state !== "approved") return;
      request.state = "completed";
      const set = issuers.gateway.sign(TYP.event, {
        iss: PRACTICE_GATEWAY,
        aud,
        iat: nowS(),
        jti: newId(),
        txn,
        sub_id: { format: "opaque", id: rid },
        events: { [eventUri("task-completed")]: { rid, rev, req_dig: request.dig } },
      });
      seq++;
      reply("task.event", { set }, { seq, epoch: EPOCH });
      onMoved();
    });
    timers.add(cancel);
  }

  function judge(jws: string, answer: Answer, reply: Reply): void {
    const verdict = verifyDecision(jws, { ...state, now: nowS() });
    if (verdict.kind === "error") {
      answer("error", { code: verdict.code, title: verdict.message, retry: "never" });
      return;
    }
    if (verdict.kind === "duplicate") {
      answer("decision.receipt", { jws: verdict.receipt, duplicate: true });
      return;
    }
    const { claims, digest } = verdict;
    const isRecorded = verdict.kind === "record";
    const receipt = issuers.gateway.sign(TYP.receipt, {
      ver: 1,
      iss: PRACTICE_GATEWAY,
      aud: claims.iss,
      sub: claims.sub,
      iat: nowS(),
      jti: newId(),
      rid: claims.rid,
      rev: claims.rev,
      dec_jti: claims.jti,
      dec_dig: digest,
      result: isRecorded ? "recorded" : "rejected",
      ...(isRecorded ? { quorum: verdict.effect.quorum } : { code: verdict.code }),
      outcome: isRecorded ? verdict.effect.state : verdict.outcome,
      enf: "evidence",
    });
    answers.set(`${kid} ${claims.jti}`, { dig: digest, receipt });
    answer("decision.receipt", { jws: receipt });
    if (isRecorded) record(verdict, jws, reply);
  }

  function challenge(clientNonce: unknown): GatewayBody<"challenge"> {
    const [now, sid] = [nowS(), newId()];
    const proof = issuers.gateway.sign(TYP.session, {
      ver: 1,
      iss: PRACTICE_GATEWAY,
      sub: PRACTICE_GATEWAY,
      aud: "client",
      iat: now,
      exp: now + PROOF_S,
      jti: newId(),
      nonce: clientNonce,
      sid,
    });
    return { nonce: encodeBase64url(parts.random(24)), sid, gw_cred: issuers.gatewayCredential, proof };
  }

  const speaker: Speaker = ({ id, type, body }, reply) => {
    const answer: Answer = (kind, said) => {
      reply(kind, said, { re: id });
    };
    switch (type) {
      case "hello":
        answer("challenge", challenge(body["client_nonce"]));
        return;
      case "auth":
        answer("ready", {
          session: { id: newId(), exp: nowS() + SESSION_S },
          server_time: clock.nowMs(),
          limits: {},
          features: [],
          chain: head() ?? { n: 0, prev: chainGenesis(crypto, kid, PRACTICE_GATEWAY) },
        });
        return;
      case "subscribe": {
        const open = issued.filter((one) => one.state === "open");
        answer("subscribed", { epoch: EPOCH, head: seq, mode: "snapshot" });
        for (const { jws } of open) reply("action.pending", { jws, snapshot: true });
        reply("snapshot.end", { count: open.length, head: seq });
        return;
      }
      case "decision.submit":
        judge(String(body["jws"]), answer, reply);
        return;
      case "ping":
        answer("pong", { t0: Number(body["t0"]), t1: clock.nowMs(), t2: clock.nowMs() });
        return;
      default:
        // What nobody practises here: reports, forwarding, more time, what the log holds.
        if (ASKS.has(type)) answer("error", { code: "E_CLI_PRACTICE", title: "Practice", retry: "never" });
    }
  };

  return {
    speaker,
    issued,
    stop() {
      for (const cancel of timers) cancel();
    },
  };
}

type Reply = Parameters<Speaker>[1];
type Answer = <T extends GatewayType>(type: T, body: GatewayBody<T>) => void;

const ASKS: ReadonlySet<string> = new Set<ClientType>([
  "statement.submit",
  "history.query",
  "log.proof",
  "log.consistency",
  "enrol.rotate",
  "enrol.revoke",
]);
