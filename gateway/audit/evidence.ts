import { readStored } from "#shared/protocol/verify/stored.ts";

import type { GatewayContext } from "../context.ts";
import { claimsOf } from "../requests/signed-request.ts";
import type { AnswerRow, EventRow, LeafRow, RequestRow } from "../store/rows.ts";

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
  /** `jdig` of each, in the same order. */
  readonly digests: { readonly decisions: readonly string[]; readonly sets: readonly string[] };
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
    digests: { decisions: answers.map((a) => a.dig), sets: sets.map((set) => set.dig) },
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
export function provenInOrder({ log, store }: Known, { row, digests }: Evidence): Proven | undefined {
  const newest = log.newest();
  if (!newest) return undefined;
  const signed = [row.dig, ...digests.decisions].map((obj) => store.leafOf(obj));
  const leaves = [...signed, ...outcomeOf(store, digests.sets)];
  const found = leaves.map((leaf) => log.prove(leaf, newest)).filter((proof) => proof !== undefined);
  if (found.length < leaves.length) return undefined;
  return { proofs: found.map((p) => p.proof), entries: found.map((p) => p.entry) };
}

/** Leaf of the SET that says how it ended, or last stood; none where none says so. */
function outcomeOf(store: Known["store"], sets: readonly string[]): LeafRow[] {
  for (const dig of sets.toReversed()) {
    const leaf = store.leafOf(dig, "outcome");
    if (leaf) return [leaf];
  }
  return [];
}

/** Proof and leaf of one object under the newest checkpoint; undefined while it is under none. */
export function proofOf({ log, store }: Known, obj: string): { proof: string; entry: string } | undefined {
  const newest = log.newest();
  return newest && log.prove(store.leafOf(obj), newest);
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
