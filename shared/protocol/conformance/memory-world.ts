import type { RequestState } from "../claims/receipt.ts";
import type { Crypto } from "../crypto-port.ts";
import { templateDigest } from "../digest.ts";
import type { Template } from "../template.ts";
import { verifyDecision, type Verdict } from "../verify/decision.ts";
import type { ChainHead, DirectoryEntry, RecordedDecision, StoredRequest, VerificationState } from "../verify/state.ts";

export interface WorldInput {
  readonly crypto: Crypto;
  readonly iss: string;
  readonly webauthn?: VerificationState["webauthn"];
  readonly skewS?: number | undefined;
  readonly directory: readonly DirectoryEntry[];
  /** Current revisions, each in state `open`. */
  readonly requests: readonly Omit<StoredRequest, "state">[];
  readonly templates: readonly Template[];
}

/** The smallest gateway: it applies each verdict as V27 and V28 say, in memory. */
export interface MemoryWorld {
  /** V1–V28 of one submission at `now`, applied. A `duplicate`'s receipt is here the state it was answered with. */
  submit(jws: string, now: number, session?: { readonly kid: string }): Verdict;
  stateOf(rid: string): RequestState | undefined;
  decisionsOf(rid: string): readonly RecordedDecision[];
}

export function makeMemoryWorld(input: WorldInput): MemoryWorld {
  const { crypto } = input;
  const directory = new Map(input.directory.map((entry) => [entry.kid, entry]));
  const requests = new Map<string, StoredRequest>(
    input.requests.map((request) => [request.claims.rid, { ...request, state: "open" }]),
  );
  const templates = new Map(input.templates.map((t) => [templateDigest(crypto, t), t]));
  const answers = new Map<string, { dig: string; receipt: string }>();
  const recorded = new Map<string, RecordedDecision[]>();
  const heads = new Map<string, ChainHead>();
  const nonces = new Set<string>();

  function apply(verdict: Verdict, jws: string): void {
    if (verdict.kind !== "record" && verdict.kind !== "reject") return;
    const { claims, digest: dig, kid, entry } = verdict;
    const outcome = verdict.kind === "record" ? verdict.effect.state : verdict.outcome;
    answers.set(`${kid} ${claims.jti}`, { dig, receipt: outcome });
    if (verdict.kind === "reject") {
      if (verdict.suspend) directory.set(kid, { ...entry, status: "suspended" });
      return;
    }
    const { effect, request } = verdict;
    const { decision, iat, rid, sub } = claims;
    const before = (recorded.get(rid) ?? []).map((d) => (effect.ends.includes(d.dig) ? { ...d, live: false } : d));
    recorded.set(rid, [...before, { dig, kid, sub, decision, iat, live: true, jws }]);
    requests.set(rid, { ...request, state: effect.state });
    heads.set(kid, effect.chain);
    if (effect.consumesNonce) nonces.add(claims.nonce);
    if (effect.webauthnCount !== undefined && entry.webauthn) {
      directory.set(kid, { ...entry, webauthn: { ...entry.webauthn, count: effect.webauthnCount } });
    }
  }

  return {
    submit(jws, now, session) {
      const verdict = verifyDecision(jws, {
        crypto,
        iss: input.iss,
        now,
        session,
        webauthn: input.webauthn,
        skewS: input.skewS,
        directoryEntry: (kid) => directory.get(kid),
        answer: (kid, jti) => answers.get(`${kid} ${jti}`),
        currentRequest: (rid) => requests.get(rid),
        decisions: (rid) => recorded.get(rid) ?? [],
        chainHead: (kid) => heads.get(kid),
        template: (tplDig) => templates.get(tplDig),
        nonceConsumed: (nonce) => nonces.has(nonce),
      });
      apply(verdict, jws);
      return verdict;
    },
    stateOf: (rid) => requests.get(rid)?.state,
    decisionsOf: (rid) => recorded.get(rid) ?? [],
  };
}
