import { leafText } from "#shared/ledger/leaf.ts";

import type { Bundle } from "../bundle.ts";
import type { ReceiptClaims, RequestState } from "../claims/receipt.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { checkCredential } from "../verify/author.ts";
import { gateSigned } from "../verify/signed.ts";
import { checkErasure, type Erasure } from "./erasure.ts";
import { applyEvents, readEvents, type BundleEvent } from "./events.ts";
import type { EvidenceItem } from "./item.ts";
import { checkOutcomeEntry, checkPairs, checkPlace, leafMembers } from "./logged.ts";
import { checkAnswer, judgeAuthor, readReceipt, verificationState, type ReplayInput } from "./replay.ts";
import { need, type StepLog } from "./steps.ts";
import { readVouched, type DecodeStatusList, type Vouched } from "./vouched.ts";

/**
 * Verifies an item whose request, and the decisions with words of their signers, were kept back: receipts, the decisions
 * that are there, events, credentials and the log, all by the digest of the request that they name (README decision 12).
 * What only the request itself could show is told as skipped; what was erased has to be proven to be.
 * @returns what it came to, `unknown` where it could not be read, and the erasure where that holds
 */
export function verifyWithheld(
  log: StepLog,
  crypto: Crypto,
  item: EvidenceItem,
  bundle: Bundle,
  directory: VerifyKey,
  { decode, provesFrom }: { readonly decode: DecodeStatusList | undefined; readonly provesFrom: number | undefined },
): { readonly outcome: RequestState | "unknown"; readonly erasure?: Erasure } {
  const vouched = readVouched(log, crypto, bundle, directory, decode);
  if (!vouched) return { outcome: "unknown" };
  log.skip("request", "withheld");
  const { rid, rev } = item;
  const about: About = { rid, rev, digest: item.withheld?.request ?? "" };
  const input = { crypto, vouched, template: undefined };
  const receipts = item.receipts.map((jws, i) => log.run(`receipts/${i}`, () => receiptAbout(input, jws, about)));
  const answered = receipts.every((receipt) => receipt !== undefined) ? receipts : undefined;
  answered?.forEach((receipt, i) => {
    judge(log, input, { item, place: i, receipt, about });
  });
  const events = readEvents(log, crypto, item.sets, vouched, { claims: about, digest: about.digest });
  if (!answered || !events) return { outcome: "unknown" };
  const decided = answered.filter(({ result }) => result === "recorded").at(-1)?.outcome ?? "open";
  const outcome = applyEvents(log, decided === "unknown" ? "open" : decided, events);
  checkLog(log, crypto, { item, bundle, vouched, about, answered, events });
  if (item.withheld?.reason !== "erased") return { outcome };
  const { at, erasure: shown } = item.withheld;
  const erasure = checkErasure(log, crypto, { about, at, erasure: shown, provesFrom, log: bundle.log }, vouched);
  // The SET that names what was made is erased with the rest; that it is in the log says how it ended.
  const isEnd = outcome === "executing" && item.entries.some((entry) => isErasedEnd(entry, about, item, events));
  return { outcome: isEnd ? "completed" : outcome, ...(erasure === undefined ? {} : { erasure }) };
}

/** The request as everything else names it. */
interface About {
  readonly rid: string;
  readonly rev: number;
  readonly digest: string;
}

type Input = Omit<ReplayInput, "request" | "decisions" | "receipts">;

function receiptAbout(input: Input, jws: string, { rid, rev }: About): ReceiptClaims {
  const receipt = readReceipt(input, jws);
  need(receipt.rid === rid && receipt.rev === rev, "E_RCT_MISMATCH", "The receipt is about another request.");
  need((receipt.result === "rejected") === (receipt.code !== undefined), "E_RCT_MISMATCH", "Result and code disagree.");
  return receipt;
}

function judge(
  log: StepLog,
  input: Input,
  at: {
    readonly item: EvidenceItem;
    readonly place: number;
    readonly receipt: ReceiptClaims;
    readonly about: About;
  },
): void {
  const { item, place, receipt, about } = at;
  const name = `decisions/${place}`;
  const jws = item.decisions[place];
  if (jws === null || jws === undefined) {
    log.skip(name, "withheld");
    return;
  }
  const state = verificationState(input, receipt.iat);
  const judged = log.run(`${name} V1-V8`, () => judgeAuthor(jws, state));
  if (!judged) return;
  const { claims, entry } = judged;
  log.run(`receipts/${place} answers`, () => {
    checkAnswer(judged, receipt, { claims: about });
  });
  if (receipt.result === "rejected") return;
  log.run(`${name} V10`, () => {
    checkCredential(claims, entry, state);
    const stopped = (input.vouched.statusesAt(judged.kid, state.now) ?? []).some((status) => status !== 0);
    need(!stopped, "E_KEY_REVOKED", "The key was stopped before the decision.");
  });
  log.run(`${name} V11`, () => need(claims.req_dig === about.digest, "E_REQ_DIGEST", "It decides another request."));
  log.skip(`${name} V12-V26`, "withheld");
}

function checkLog(
  log: StepLog,
  crypto: Crypto,
  at: {
    readonly item: EvidenceItem;
    readonly bundle: Bundle;
    readonly vouched: Vouched;
    readonly about: About;
    readonly answered: readonly ReceiptClaims[];
    readonly events: readonly BundleEvent[];
  },
): void {
  const { item, bundle, vouched, about, answered, events } = at;
  log.run("log", () => {
    checkPairs(bundle.log, vouched, 1 + answered.length);
  });
  item.entries.forEach((entry, i) => {
    log.run(`log/${i}`, () => {
      const receipt = answered[i - 1];
      if (i === 0) checkRequestEntry(entry, about);
      else if (receipt) checkDecisionEntry(entry, receipt, item.decisions[i - 1] ?? undefined);
      else if (!isErasedEnd(entry, about, item, events))
        checkOutcomeEntry(entry, { request: { claims: about }, events });
      checkPlace(crypto, bundle.log, vouched, { place: i, receipt });
    });
  });
}

/** Exactly the entry of the one SET that is erased, `task-completed`; its object is nowhere else. */
function isErasedEnd(
  entry: string,
  { rid, rev }: About,
  { withheld }: EvidenceItem,
  events: readonly BundleEvent[],
): boolean {
  if (withheld?.reason !== "erased") return false;
  const { ts, obj, kid } = leafMembers(entry);
  if (typeof obj !== "string" || events.some(({ digest }) => digest === obj)) return false;
  return entry === leafText({ t: "outcome", ts: Number(ts), rid, rev, obj, kid: String(kid), out: "completed" });
}

/** When it was issued and by which key only the request itself and this entry say. */
function checkRequestEntry(entry: string, { rid, rev, digest: obj }: About): void {
  const { ts, kid } = leafMembers(entry);
  const isExact = entry === leafText({ t: "request", ts: Number(ts), rid, rev, obj, kid: String(kid) });
  need(isExact, "E_LOG_PROOF", "The entry speaks of another request than the one that was withheld.");
}

/** Of a decision that was withheld only this entry names the key. */
function checkDecisionEntry(entry: string, receipt: ReceiptClaims, jws: string | undefined): void {
  const { rid, rev, iat: ts, dec_dig: obj = "", outcome: out } = receipt;
  const t = receipt.result === "recorded" ? "decision" : "rejection";
  const kid = jws === undefined ? String(leafMembers(entry)["kid"]) : gateSigned("decision", jws).header.kid;
  need(
    entry === leafText({ t, ts, rid, rev, obj, kid, out }),
    "E_LOG_PROOF",
    "The entry does not speak of the object.",
  );
}
