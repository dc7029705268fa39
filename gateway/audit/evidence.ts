import { jdig } from "#shared/protocol/digest.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { GatewayContext } from "../context.ts";
import { claimsOf } from "../requests/signed-request.ts";
import type { AnswerRow, EventRow, RequestRow } from "../store/rows.ts";

/** Exact proof and leaf of what is under a checkpoint already; nothing for what is not. */
export interface Proven {
  readonly proofs: readonly string[];
  readonly entries: readonly string[];
}

/** Everything that was signed about one revision of a request. */
export interface Evidence {
  readonly row: RequestRow;
  /** Answered decisions of this revision in recording order; `receipts[i]` answers `decisions[i]`. */
  readonly decisions: readonly string[];
  readonly receipts: readonly string[];
  readonly sets: readonly string[];
  readonly credentials: readonly string[];
}

type Known = Pick<GatewayContext, "store" | "crypto" | "log" | "people">;

/**
 * `recorded`: only decisions that count as evidence of the outcome; `all`: rejected ones as well. `only`: of these keys.
 */
export function evidenceOf(
  context: Known,
  row: RequestRow,
  which: "recorded" | "all",
  only: (kid: string) => boolean = () => true,
): Evidence {
  const answers = answersOf(context, row).filter((a) => (which === "all" || a.result === "recorded") && only(a.kid));
  const sets = setsOf(context, row);
  return {
    row,
    decisions: answers.map((a) => a.jws),
    receipts: answers.map((a) => a.receipt),
    sets: sets.map((set) => set.jws),
    credentials: credentialsOf(context, answers),
  };
}

function answersOf({ store }: Known, { rid, rev }: RequestRow): AnswerRow[] {
  const answers = store.answersFor(rid).filter((a) => a.kind === "decision" && a.rev === rev);
  const place = new Map(store.decisions(rid, rev).map((d, i) => [d.dig, i]));
  return answers.sort((a, b) => (place.get(a.dig) ?? answers.length) - (place.get(b.dig) ?? answers.length));
}

const setsOf = ({ store }: Known, { rid, rev }: RequestRow): EventRow[] =>
  store.events(rid).filter((event) => event.rev === rev);

/** The credential each signer had; one each. */
function credentialsOf({ people }: Known, answers: readonly AnswerRow[]): string[] {
  const kids = [...new Set(answers.map((a) => a.kid))];
  return kids.flatMap((kid) => people.key(kid)?.jws ?? []);
}

/** Proofs in the order request, decisions, outcome (protocol.md 3.12). Undefined while any of them is not proven. */
export function provenInOrder(context: Known, row: RequestRow, decisions: readonly string[]): Proven | undefined {
  const objects = [row.dig, ...decisions.map((jws) => jdig(context.crypto, jws))];
  const outcome = outcomeOf(context, row);
  if (outcome !== undefined) objects.push(outcome);
  const found = objects.map((obj) => proofOf(context, obj));
  if (found.some((proof) => proof === undefined)) return undefined;
  const proven = found.filter((proof) => proof !== undefined);
  return { proofs: proven.map((p) => p.proof), entries: proven.map((p) => p.entry) };
}

/** Digest of the SET that says how it ended, or last stood. */
function outcomeOf(context: Known, row: RequestRow): string | undefined {
  return setsOf(context, row)
    .filter((set) => context.store.leafOf(set.dig, "outcome") !== undefined)
    .at(-1)?.dig;
}

/** Proof and leaf of one object under the newest checkpoint; undefined while it is under none. */
export function proofOf({ log, store }: Known, obj: string): { proof: string; entry: string } | undefined {
  const leaf = store.leafOf(obj);
  const newest = log.newest();
  if (!leaf || !newest || leaf.index >= newest.size) return undefined;
  return log.proof({ index: leaf.index, size: newest.size });
}

/** An open blind quorum shows nobody anything (protocol.md 3.20). */
export function isHidden(row: RequestRow): boolean {
  if (row.state !== "open" && row.state !== "partial") return false;
  return claimsOf(row).policy.quorum.blind === true;
}

/** The reason's code of the decision that ended a request, and never its words (protocol.md 3.15). */
export function reasonCodeOf({ store }: Pick<Known, "store">, row: RequestRow): string | undefined {
  const last = store.decisions(row.rid, row.rev).at(-1);
  if (last === undefined) return undefined;
  const { decision, reason } = readStored("decision", last.jws);
  if (row.state === "denied" && decision === "approve") return "no-common-grant";
  return (row.state === "denied" && decision === "deny") || (row.state === "revoked" && decision === "revoke")
    ? reason?.code
    : undefined;
}
