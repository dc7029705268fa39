import { ACR } from "../names.ts";
import type { DecisionClaims } from "../claims/decision.ts";
import type { PolicyClaim, RequestClaims } from "../claims/request.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { policyDigest } from "../digest.ts";
import { CountersignError } from "../error.ts";
import { checkGrant } from "../verify/grant.ts";
import { checkEligible, checkSeparation } from "../verify/eligibility.ts";
import { verifyJws, type Verified } from "../verify/signed.ts";
import type { DirectoryEntry } from "../verify/state.ts";
import { effectiveGrant, type EffectiveGrant } from "./effective.ts";
import { windowOf } from "./window.ts";

/** Why the gate stays shut; EP-QUORUM's names where it has one (protocol.md 3.10). */
export type GateFailure =
  | "bad_policy"
  | "bad_signature"
  | "key_inactive"
  | "action_mismatch"
  | "wrong_role"
  | "self_approval"
  | "bad_grant"
  | "duplicate_human"
  | "duplicate_key"
  | "under_threshold"
  | "out_of_order"
  | "broken_chain"
  | "outside_window"
  | "denied"
  | "revoked"
  | "no_common_grant";

export type GateResult =
  | {
      readonly ok: true;
      readonly grant: EffectiveGrant;
      /** Digests of the approvals it rests on, in recording order: `human_authorization_ref`. */
      readonly approvals: readonly string[];
      readonly approvers: readonly string[];
    }
  | { readonly ok: false; readonly code: "E_QRM_GATE"; readonly failure: GateFailure; readonly message: string };

export interface GateInput {
  readonly crypto: Crypto;
  /** The signed request as stored. */
  readonly request: string;
  /**
   * Every recorded decision of this revision in recording order: approvals, denials and revocations. Approvals that
   * lapsed may be left out: they are not counted either way.
   */
  readonly decisions: readonly string[];
  /** The gateway's own request keys by kid, retired ones included. */
  readonly gatewayKey: (kid: string) => VerifyKey | undefined;
  /**
   * The approver's key as the directory knows it now. For evidence, as it was: the entry whose credential is in the
   * bundle.
   */
  readonly directoryEntry: (kid: string) => DirectoryEntry | undefined;
}

class Shut extends Error {
  readonly failure: GateFailure;
  constructor(failure: GateFailure, options?: ErrorOptions) {
    super(failure, options);
    this.failure = failure;
  }
}

/**
 * V29: before a token is minted, everything again from the signed objects alone; incremental state is never trusted
 * (protocol.md 3.8, 3.10). Fails closed: whatever it does not understand shuts it.
 */
export function checkQuorum(input: GateInput): GateResult {
  try {
    return passGate(input);
  } catch (e) {
    if (!(e instanceof Shut)) throw e;
    return { ok: false, code: "E_QRM_GATE", failure: e.failure, message: e.message };
  }
}

/** Runs a step; a protocol error in it shuts the gate with `failure`. */
function step<T>(failure: GateFailure, run: () => T): T {
  try {
    return run();
  } catch (e) {
    if (e instanceof CountersignError) throw new Shut(failure, { cause: e });
    throw e;
  }
}

function need(condition: boolean, failure: GateFailure): void {
  if (!condition) throw new Shut(failure);
}

function passGate({ crypto, request, decisions, gatewayKey, directoryEntry }: GateInput): GateResult {
  const asked = step("bad_signature", () => verifyJws(crypto, "request", request, gatewayKey));
  checkPolicyForm(crypto, asked.claims.policy);
  const members = decisions.map((jws) => readMember(crypto, jws, asked, directoryEntry));
  need(!members.some((m) => m.signed.claims.decision === "deny"), "denied");
  const approvals = withinWindow(asked.claims.policy, members);
  const revoked = new Set(members.map((m) => m.signed.claims.revokes));
  need(!approvals.some((m) => revoked.has(m.signed.digest)), "revoked");
  for (const { entry, signed } of approvals) {
    need(entry.status === "active", "key_inactive");
    step("wrong_role", () => checkEligible(asked.claims, entry));
    step("self_approval", () => checkSeparation(asked.claims, entry.sub));
    step("bad_grant", () => checkGrant(signed.claims, asked.claims));
  }
  need(new Set(approvals.map((m) => m.entry.sub)).size === approvals.length, "duplicate_human");
  need(new Set(approvals.map((m) => m.entry.kid)).size === approvals.length, "duplicate_key");
  const given = members.filter((m) => m.signed.claims.decision === "approve").length;
  const { need: least } = asked.claims.policy.quorum;
  need(approvals.length >= least, given >= least ? "outside_window" : "under_threshold");
  checkOrder(
    asked.claims.policy,
    approvals.map((m) => m.signed),
  );
  const grant = step("bad_grant", () =>
    effectiveGrant(
      crypto,
      asked.claims,
      approvals.map((m) => m.signed.claims),
    ),
  );
  if (!grant) throw new Shut("no_common_grant");
  return {
    ok: true,
    grant,
    approvals: approvals.map((m) => m.signed.digest),
    approvers: approvals.map((m) => m.entry.sub),
  };
}

/** "Well-formed policy": what it says is what its digest says, and it asks for something a person can meet. */
function checkPolicyForm(crypto: Crypto, policy: PolicyClaim): void {
  need(step("bad_policy", () => policyDigest(crypto, policy)) === policy.dig, "bad_policy");
  need(policy.quorum.need >= 1 && ACR.some((known) => known === policy.acr), "bad_policy");
}

interface Member {
  readonly signed: Verified<"decision">;
  readonly entry: DirectoryEntry;
}

function readMember(
  crypto: Crypto,
  jws: string,
  asked: { readonly claims: RequestClaims; readonly digest: string },
  directoryEntry: GateInput["directoryEntry"],
): Member {
  let entry: DirectoryEntry | undefined;
  const signed = step("bad_signature", () =>
    verifyJws(crypto, "decision", jws, (kid) => {
      entry = directoryEntry(kid);
      return entry && crypto.importKey(entry.jwk);
    }),
  );
  const { claims } = signed;
  if (entry?.sub !== claims.sub || entry.device !== claims.iss) throw new Shut("bad_signature");
  need(sameAction(claims, asked), "action_mismatch");
  need(["approve", "deny", "revoke"].includes(claims.decision), "action_mismatch");
  return { signed, entry };
}

const sameAction = (
  claims: DecisionClaims,
  { claims: request, digest }: { readonly claims: RequestClaims; readonly digest: string },
): boolean =>
  claims.req_dig === digest &&
  claims.rid === request.rid &&
  claims.rev === request.rev &&
  claims.nonce === request.nonce &&
  claims.txn === request.txn &&
  claims.aud === request.iss &&
  claims.pol.dig === request.policy.dig;

/**
 * The approvals that lie within one window of the last: older ones have lapsed (protocol.md 3.22). A single approval has
 * no window.
 */
function withinWindow(policy: PolicyClaim, members: readonly Member[]): readonly Member[] {
  const approvals = members.filter((m) => m.signed.claims.decision === "approve");
  if (policy.quorum.need <= 1) return approvals;
  const newest = Math.max(...approvals.map((m) => m.signed.claims.iat));
  return approvals.filter((m) => newest - m.signed.claims.iat <= windowOf(policy));
}

function checkOrder(policy: PolicyClaim, approvals: readonly Verified<"decision">[]): void {
  if (policy.quorum.need <= 1 || policy.quorum.ordered !== true) return;
  approvals.forEach(({ claims }, place) => {
    const after = claims.after ?? [];
    need(after.length === place, "out_of_order");
    need(
      after.every((dig, i) => dig === approvals[i]?.digest),
      "broken_chain",
    );
  });
}
