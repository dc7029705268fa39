import type { OpenedRequest } from "../accept/open.ts";
import type { RequestState, ReceiptClaims } from "../claims/receipt.ts";
import type { Crypto } from "../crypto-port.ts";
import { lapsedApprovals } from "../quorum/window.ts";
import type { Template } from "../template.ts";
import { checkCredential, verifyAuthor } from "../verify/author.ts";
import type { Judged } from "../verify/decision.ts";
import { effectOf, type Effect } from "../verify/effect.ts";
import { checkRequest } from "../verify/request-binding.ts";
import { verifyJws } from "../verify/signed.ts";
import { stepsFor } from "../verify/steps.ts";
import type { RecordedDecision, StoredRequest, VerificationState } from "../verify/state.ts";
import { need, type StepLog } from "./steps.ts";
import type { Vouched } from "./vouched.ts";

/** One decision with its answer, both verified. */
export interface Answered {
  readonly judged: Judged;
  readonly receipt: ReceiptClaims;
  readonly recorded: boolean;
}

export interface Replay {
  readonly answered: readonly Answered[];
  readonly recorded: readonly RecordedDecision[];
  readonly state: RequestState;
}

export interface ReplayInput {
  readonly crypto: Crypto;
  readonly vouched: Vouched;
  readonly request: OpenedRequest;
  readonly template: Template | undefined;
  readonly decisions: readonly string[];
  readonly receipts: readonly string[];
  /** Other people's approvals are not here: what counts them is not judged, and the receipt's word for the state is taken. */
  readonly areOthersAway?: boolean;
}

/**
 * Replays the decisions in their order through V1–V28, each at the time of its receipt, and holds every receipt against
 * what the replay says (protocol.md 3.12). `undefined` when a decision or receipt could not be read.
 */
export function replayDecisions(log: StepLog, input: ReplayInput): Replay | undefined {
  let state: RequestState = "open";
  let recorded: readonly RecordedDecision[] = [];
  const answered: Answered[] = [];
  for (const [i, jws] of input.decisions.entries()) {
    const receipt = log.run(`receipts/${i}`, () => readReceipt(input, input.receipts[i] ?? ""));
    if (!receipt) return undefined;
    const live = verificationState(input, receipt.iat);
    const judged = log.run(`decisions/${i} V1-V8`, () => judgeAuthor(jws, live));
    if (!judged) return undefined;
    log.skip(`decisions/${i} V9`, "state");
    log.run(`receipts/${i} answers`, () => checkAnswer(judged, receipt, input.request));
    if (receipt.result === "rejected") {
      log.skip(`decisions/${i} V10-V27`, "rejected");
      answered.push({ judged, receipt, recorded: false });
      continue;
    }
    ({ state, recorded } = withoutLapsed(input.request, { state, recorded }, receipt.iat));
    const current: StoredRequest = { dig: input.request.digest, state, claims: input.request.claims };
    const { vouched, areOthersAway = false } = input;
    judgeOffline(log, `decisions/${i}`, { judged, request: current, recorded, live, vouched, areOthersAway });
    if (areOthersAway) {
      log.skip(`receipts/${i} outcome`, "others");
      recorded = [...recorded, rowOf(judged, jws)];
      if (receipt.outcome !== undefined && receipt.outcome !== "unknown") state = receipt.outcome;
      answered.push({ judged, receipt, recorded: true });
      continue;
    }
    const effect = log.run(`receipts/${i} outcome`, () => {
      const after = effectOf(judged, current, recorded, input.crypto);
      checkOutcome(receipt, after, state);
      return after;
    });
    if (!effect) return undefined;
    recorded = [...recorded.map((d) => (effect.ends.includes(d.dig) ? { ...d, live: false } : d)), rowOf(judged, jws)];
    state = effect.state;
    answered.push({ judged, receipt, recorded: true });
  }
  return { answered, recorded, state };
}

/** V1–V8. @throws CountersignError as `verifyAuthor` */
export function judgeAuthor(jws: string, live: VerificationState): Judged {
  const { signed, entry } = verifyAuthor("decision", jws, live);
  return { kid: signed.header.kid, claims: signed.claims, digest: signed.digest, entry };
}

const rowOf = ({ kid, claims: { sub, decision, iat }, digest: dig }: Judged, jws: string): RecordedDecision => ({
  dig,
  kid,
  sub,
  decision,
  iat,
  live: true,
  jws,
});

function withoutLapsed(
  { claims }: OpenedRequest,
  at: { readonly state: RequestState; readonly recorded: readonly RecordedDecision[] },
  now: number,
): { state: RequestState; recorded: readonly RecordedDecision[] } {
  if (at.state !== "partial") return { ...at };
  const lapsed = lapsedApprovals(at.recorded, claims.policy, now);
  const recorded = at.recorded.map((d) => (lapsed.includes(d) ? { ...d, live: false } : d));
  return { recorded, state: recorded.some((d) => d.live) ? "partial" : "open" };
}

export function verificationState(
  { crypto, vouched, template }: Pick<ReplayInput, "crypto" | "vouched" | "template">,
  now: number,
): VerificationState & { readonly now: number } {
  const { gateway, approvers } = vouched;
  return {
    crypto,
    iss: gateway.sub,
    now,
    webauthn: gateway.rp_id === undefined ? undefined : { rpId: gateway.rp_id, origins: gateway.origins ?? [] },
    directoryEntry: (kid) => approvers.get(kid),
    template: () => template,
    // Live state, which an offline verifier has not; the steps that ask for it are skipped.
    answer: () => undefined,
    currentRequest: () => undefined,
    decisions: () => [],
    chainHead: () => undefined,
    nonceConsumed: () => false,
  };
}

export function readReceipt({ crypto, vouched }: Pick<ReplayInput, "crypto" | "vouched">, jws: string): ReceiptClaims {
  const { keys, gateway } = vouched;
  const { claims, header } = verifyJws(crypto, "receipt", jws, (kid) => keys.keyFor("request", kid, 0), {
    unknownKey: "E_GW_KEY",
  });
  need(keys.keyFor("request", header.kid, claims.iat) !== undefined, "E_GW_KEY", "The key was retired.");
  need(claims.iss === gateway.sub, "E_RCT_MISMATCH", "Another gateway's receipt.");
  return claims;
}

/** The receipt answers this decision of this approver on this request (protocol.md 3.12). */
export function checkAnswer(
  { claims, digest, entry }: Judged,
  receipt: ReceiptClaims,
  request: { readonly claims: { readonly rid: string } },
): void {
  const same =
    receipt.dec_dig === digest &&
    receipt.dec_jti === claims.jti &&
    receipt.aud === entry.device &&
    receipt.sub === entry.sub &&
    receipt.rid === claims.rid &&
    receipt.rev === claims.rev &&
    claims.rid === request.claims.rid;
  need(same, "E_RCT_MISMATCH", "The receipt answers another decision.");
  need((receipt.result === "rejected") === (receipt.code !== undefined), "E_RCT_MISMATCH", "Result and code disagree.");
}

function checkOutcome(receipt: ReceiptClaims, effect: Effect, before: RequestState): void {
  need(effect.from.includes(before), "E_RCT_MISMATCH", `A request that is ${before} was decided again.`);
  need(receipt.outcome === effect.state, "E_RCT_MISMATCH", "The receipt tells another outcome.");
  const { quorum, effective } = receipt;
  const counted = !quorum || (quorum.have === effect.quorum.have && quorum.need === effect.quorum.need);
  need(counted, "E_RCT_MISMATCH", "The receipt counts other approvals.");
  const granted = effective === undefined || effective === effect.grant?.digest;
  need(granted, "E_RCT_MISMATCH", "The receipt tells another grant.");
}

/** The place in the quorum. */
const COUNTS_OTHERS = "V25";

/** V10–V26 with what the bundle holds. */
function judgeOffline(
  log: StepLog,
  name: string,
  at: {
    readonly judged: Judged;
    readonly request: StoredRequest;
    readonly recorded: readonly RecordedDecision[];
    readonly live: VerificationState;
    readonly vouched: Vouched;
    readonly areOthersAway: boolean;
  },
): void {
  const { judged, request, recorded, live, vouched } = at;
  const { claims, entry, kid } = judged;
  log.run(`${name} V10`, () => {
    checkCredential(claims, entry, live);
    const statuses = vouched.statusesAt(kid, live.now) ?? [];
    need(!statuses.includes(1), "E_KEY_REVOKED", "The key was revoked before the decision.");
    need(
      statuses.every((s) => s === 0),
      "E_KEY_SUSPENDED",
      "The key was suspended before the decision.",
    );
  });
  log.skip(`${name} V10 status`, "state");
  log.run(`${name} V11`, () => void checkRequest(claims, request));
  for (const step of stepsFor(claims)) {
    if (step.live) log.skip(`${name} ${step.id}`, "state");
    else if (step.id === COUNTS_OTHERS && at.areOthersAway) log.skip(`${name} ${step.id}`, "others");
    else log.run(`${name} ${step.id}`, () => step.run({ ...judged, request, recorded, state: live }));
  }
}
