import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import { chainGenesis, templateDigest } from "#shared/protocol/digest.ts";
import { poolUri, TYP } from "#shared/protocol/names.ts";
import { verifyDecision } from "#shared/protocol/verify/decision.ts";
import type { RecordedDecision, VerificationState } from "#shared/protocol/verify/state.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import {
  crypto,
  makeRequestClaims,
  newId,
  POOL,
  signRequest,
  type RequestChange,
  type SignedRequest,
} from "./hospital.ts";
import { LogBook } from "./log-book.ts";
import type { Received, ScriptedGateway } from "./scripted-gateway.ts";

/** A gateway that judges decisions with the real verification steps, keeps a log and answers with signed receipts. */
export class Judge {
  readonly gateway: ScriptedGateway;
  readonly log: LogBook;
  readonly requests = new Map<string, SignedRequest & { state: RequestState }>();
  readonly answers = new Map<string, { dig: string; receipt: string }>();
  readonly recorded: (RecordedDecision & { rid: string; rev: number; n: number })[] = [];
  /** Every decision as it came, duplicates included. */
  readonly submitted: string[] = [];
  need = 1;

  constructor(gateway: ScriptedGateway) {
    this.gateway = gateway;
    this.log = new LogBook(gateway.hospital);
    gateway.on("decision.submit", (m) => {
      this.judge(m);
    });
    gateway.on("log.proof", ({ body, id, peer }) => {
      const index = this.log.find(body);
      if (index < 0) peer.send("error", { code: "E_LOG_PENDING", title: "pending", retry: "later" }, { re: id });
      else peer.send("log.proof", this.log.proof(index), { re: id });
    });
    gateway.on("log.consistency", ({ body, id, peer }) => {
      const [from, to] = [Number(body["from"]), Number(body["to"])];
      peer.send("log.consistency", { from, to, hashes: this.log.consistency(from, to) }, { re: id });
    });
    gateway.on("history.query", ({ id, peer }) => {
      peer.send("history.page", { items: [] }, { re: id });
    });
    gateway.chain = (kid) => {
      const last = this.recorded.findLast((d) => d.kid === kid);
      return last ? { n: last.n, prev: last.dig } : { n: 0, prev: chainGenesis(crypto, kid, gateway.hospital.iss) };
    };
  }

  /** Issues a request: signs it, logs it, and puts it on the feed unless told otherwise. */
  issue(over: RequestChange = {}, how: "push" | "keep" = "push"): SignedRequest {
    const { iss } = this.gateway.hospital;
    const mine = { iss, aud: [poolUri(iss, POOL)], ...over };
    const request = signRequest(this.gateway.hospital, makeRequestClaims(mine, this.gateway.nowS()));
    const { rid, rev, iat } = request.claims;
    this.requests.set(rid, { ...request, state: "open" });
    this.log.append({ t: "request", ts: iat, rid, rev, obj: request.digest, kid: this.gateway.hospital.gateway.kid });
    if (how === "push") this.gateway.push("action.pending", { jws: request.jws });
    return request;
  }

  judge({ body, id, peer }: Received): void {
    const jws = String(body["jws"]);
    this.submitted.push(jws);
    const verdict = verifyDecision(jws, this.#state());
    if (verdict.kind === "error") {
      peer.send("error", { code: verdict.code, title: verdict.message, retry: "never" }, { re: id });
      return;
    }
    if (verdict.kind === "duplicate") {
      peer.send("decision.receipt", { jws: verdict.receipt, duplicate: true }, { re: id });
      return;
    }
    const { claims, digest, kid } = verdict;
    let outcome: RequestState | "unknown" = verdict.kind === "reject" ? verdict.outcome : verdict.effect.state;
    const request = this.requests.get(claims.rid);
    if (verdict.kind === "record") {
      this.recorded.push({
        dig: digest,
        kid,
        sub: claims.sub,
        decision: claims.decision,
        iat: claims.iat,
        live: true,
        jws,
        rid: claims.rid,
        rev: claims.rev,
        n: claims.chain.n,
      });
      outcome = verdict.effect.state;
      if (request) request.state = outcome;
    }
    const leaf = {
      t: verdict.kind === "reject" ? "rejection" : "decision",
      ts: this.gateway.nowS(),
      obj: digest,
      kid,
    } as const;
    const logged = this.log.append({ ...leaf, rid: claims.rid, rev: claims.rev, out: outcome });
    const receipt = this.gateway.hospital.gateway.sign(TYP.receipt, {
      ver: 1,
      iss: this.gateway.hospital.iss,
      aud: claims.iss,
      sub: claims.sub,
      iat: this.gateway.nowS(),
      jti: newId(),
      rid: claims.rid,
      rev: claims.rev,
      dec_jti: claims.jti,
      dec_dig: digest,
      result: verdict.kind === "reject" ? "rejected" : "recorded",
      ...(verdict.kind === "reject" ? { code: verdict.code } : {}),
      outcome,
      ...(verdict.kind === "record" ? { quorum: verdict.effect.quorum } : {}),
      enf: "gateway",
      log: { origin: "log.northgate.example", ...logged, mmd: 60 },
    });
    this.answers.set(`${kid} ${claims.jti}`, { dig: digest, receipt });
    peer.send("decision.receipt", { jws: receipt }, { re: id });
  }

  #state(): VerificationState {
    const auth = this.gateway.received.all.findLast((m) => m.type === "auth")!;
    const cred = readStored("approver", String(auth.body["cred"]));
    const { kid } = crypto.importKey(cred.cnf.jwk);
    return {
      crypto,
      iss: this.gateway.hospital.iss,
      now: this.gateway.nowS(),
      session: { kid },
      directoryEntry: (name) =>
        name === kid
          ? {
              kid,
              jwk: cred.cnf.jwk,
              sub: cred.sub,
              device: cred.device,
              status: "active",
              nbf: cred.nbf,
              exp: cred.exp,
              pools: cred.pools,
              roles: cred.roles,
              key_storage: cred.key_storage,
            }
          : undefined,
      answer: (name, jti) => this.answers.get(`${name} ${jti}`),
      currentRequest: (rid) => {
        const request = this.requests.get(rid);
        return request && { dig: request.digest, state: request.state, claims: request.claims };
      },
      decisions: (rid, rev) => this.recorded.filter((d) => d.rid === rid && d.rev === rev),
      chainHead: (name) => {
        const last = this.recorded.findLast((d) => d.kid === name);
        return last && { n: last.n, prev: last.dig };
      },
      template: (dig) => builtinTemplates.find((t) => templateDigest(crypto, t) === dig),
      nonceConsumed: () => false,
    };
  }
}
