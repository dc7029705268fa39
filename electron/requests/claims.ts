import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { viewDigest } from "#shared/protocol/digest.ts";
import { DECISION_STEPS } from "#shared/protocol/verify/steps.ts";
import type { ChainHead, DirectoryEntry, VerificationState } from "#shared/protocol/verify/state.ts";

import type { Choice, CheckedApproval, Presence } from "./choice.ts";
import type { Revision } from "./revision.ts";

/** Life of a decision signed in a live session, seconds (protocol.md 3.7). */
const ONLINE_S = 300;

export interface ClaimsInput {
  readonly crypto: Crypto;
  readonly revision: Revision;
  readonly me: Pick<ApproverClaims, "device" | "sub">;
  readonly choice: Choice;
  /** Present for an approval. */
  readonly approval?: CheckedApproval;
  /** Digest of my approval that is taken back. */
  readonly revokes?: string;
  readonly presence: Presence;
  readonly chain: ChainHead;
  /** The approvals before mine, where the quorum is ordered. */
  readonly after: readonly string[];
  readonly seen?: { readonly origin: string; readonly size: number; readonly root: string };
  readonly dwellMs: number;
  readonly openedAt?: number;
  readonly posture: { readonly app: string; readonly os: string; readonly key_storage: string };
  readonly jti: string;
  /** Gateway seconds. */
  readonly now: number;
  readonly live: boolean;
}

/** The decision to be signed: everything from what is stored here, nothing from the page but the choices themselves. */
export function buildClaims(input: ClaimsInput): DecisionClaims {
  const { revision, choice, now, live } = input;
  const { digest } = revision;
  const { claims } = revision.content();
  const { policy } = claims;
  const lifetime = live ? ONLINE_S : (policy.offline.max_age ?? ONLINE_S);
  return {
    ver: 1,
    iss: input.me.device,
    sub: input.me.sub,
    aud: claims.iss,
    iat: now,
    exp: now + lifetime,
    jti: input.jti,
    rid: claims.rid,
    rev: claims.rev,
    txn: claims.txn,
    nonce: claims.nonce,
    req_dig: digest,
    decision: choice.kind,
    ...(choice.reason === undefined ? {} : { reason: choice.reason }),
    ...(input.revokes === undefined ? {} : { revokes: input.revokes }),
    ...(input.approval === undefined ? {} : approvalMembers(input, input.approval)),
    ...input.presence,
    amr: [...input.presence.amr],
    dwell: {
      ms: input.dwellMs,
      n: input.approval?.fieldsSeen ?? 0,
      ...(input.openedAt === undefined ? {} : { opened_at: input.openedAt }),
    },
    posture: { ...input.posture },
    pol: { id: policy.id, ver: policy.ver, dig: policy.dig },
    chain: { n: input.chain.n + 1, prev: input.chain.prev },
    ...(input.seen === undefined ? {} : { seen: input.seen }),
    ...(live ? {} : { offline: true as const }),
  };
}

function approvalMembers(input: ClaimsInput, approval: CheckedApproval): Partial<DecisionClaims> {
  const { crypto, revision, after } = input;
  const { digest, template } = revision;
  const { claims } = revision.content();
  const { display, policy } = claims;
  const view = { tplDig: display.tpl_dig, reqDig: digest, lang: display.lang, must: template.must_show };
  return {
    granted: [...approval.granted],
    grant_exp: claims.grant_exp,
    ack: [...approval.ack],
    ...(approval.overrides.length === 0 ? {} : { overrides: [...approval.overrides] }),
    ...(approval.reentry.length === 0 ? {} : { reentry: [...approval.reentry] }),
    shown: {
      tpl_dig: display.tpl_dig,
      view_dig: viewDigest(crypto, view),
      lang: display.lang,
      complete: true,
    },
    ...(policy.quorum.ordered === true ? { after: [...after] } : {}),
  };
}

/** Steps that judge what only the gateway knows: its state, and the order of a quorum. */
const LEFT_TO_GATEWAY: ReadonlySet<string> = new Set(["V16", "V17", "V25"]);

/**
 * Runs the gateway's own steps (V12–V26) over the claims before they are signed: what it would reject is not signed, and
 * the person is told the same reason at once.
 * @throws CountersignError the code of the first step that fails
 */
export function checkAsGateway(
  crypto: Crypto,
  claims: DecisionClaims,
  revision: Revision,
  me: ApproverClaims,
  now: number,
): void {
  const { claims: asked } = revision.content();
  const entry: DirectoryEntry = {
    kid: crypto.importKey(me.cnf.jwk).kid,
    jwk: me.cnf.jwk,
    sub: me.sub,
    device: me.device,
    status: "active",
    nbf: me.nbf,
    exp: me.exp,
    pools: me.pools,
    roles: me.roles,
    key_storage: me.key_storage,
  };
  const state: VerificationState = {
    crypto,
    iss: asked.iss,
    now,
    directoryEntry: () => entry,
    answer: () => undefined,
    currentRequest: () => undefined,
    decisions: () => [],
    chainHead: () => undefined,
    template: (tplDig) => (tplDig === asked.display.tpl_dig ? revision.template : undefined),
    nonceConsumed: () => false,
  };
  const request = { dig: revision.digest, state: "open" as const, claims: asked };
  for (const step of DECISION_STEPS) {
    if (LEFT_TO_GATEWAY.has(step.id) || (step.approveOnly && claims.decision !== "approve")) continue;
    step.run({ kid: entry.kid, claims, entry, request, recorded: [], state });
  }
}
