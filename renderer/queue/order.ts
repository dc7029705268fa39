import type { QueueRow, RequestStatus } from "#shared/ipc/contract.ts";

import { idOf } from "../state/app-view.ts";

export type Sort = "due" | "tier" | "received";

export interface Filter {
  readonly text: string;
  /** An action type, or empty for all. */
  readonly actionType: string;
}

export const NO_FILTER: Filter = { text: "", actionType: "" };

const ENDED: ReadonlySet<RequestStatus["kind"]> = new Set([
  "expired",
  "withdrawn",
  "decided_elsewhere",
  "lapsed",
  "denied",
  "revoked",
  "executed",
  "failed",
  "rejected",
]);

/** Nothing more can be decided here: drawn grey, below the others. */
export const hasEnded = (row: QueueRow): boolean => ENDED.has(row.status.kind);
export const isUrgent = (row: QueueRow): boolean => row.status.kind === "expiring";

/** By due time, then tier (approval-experience.md S3); what has ended comes last. Deterministic for equal rows. */
export function sortRows(rows: readonly QueueRow[], sort: Sort): readonly QueueRow[] {
  return rows.toSorted(
    (a, b) =>
      Number(hasEnded(a)) - Number(hasEnded(b)) ||
      BY[sort](a, b) ||
      a.exp - b.exp ||
      b.tier - a.tier ||
      (idOf(a.key) < idOf(b.key) ? -1 : 1),
  );
}

const BY: Readonly<Record<Sort, (a: QueueRow, b: QueueRow) => number>> = {
  due: (a, b) => a.exp - b.exp,
  tier: (a, b) => b.tier - a.tier,
  received: (a, b) => b.received_at - a.received_at,
};

/** The rows a filter lets through; all of them, the same list, where it is empty. */
export function matching(rows: readonly QueueRow[], filter: Filter): readonly QueueRow[] {
  const wanted = fold(filter.text);
  return wanted === "" && filter.actionType === "" ? rows : rows.filter((row) => fits(row, filter.actionType, wanted));
}

export const matches = (row: QueueRow, filter: Filter): boolean => fits(row, filter.actionType, fold(filter.text));

function fits(row: QueueRow, actionType: string, wanted: string): boolean {
  if (actionType !== "" && row.action_type !== actionType) return false;
  if (wanted === "") return true;
  const { patient } = row;
  const numbers = (patient?.identifiers ?? []).map((identifier) => identifier.value.replaceAll(" ", ""));
  const texts = [patient?.name, patient?.family, patient?.mrn, row.item, row.agent_name, ...numbers];
  return texts.some((text) => text !== undefined && fold(text).includes(wanted));
}

/** Case, accents and the spaces inside numbers do not count in a search. */
function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/(?<=\d) (?=\d)/g, "")
    .trim();
}

/** One line of the list. `gone` keeps its place until the list is shown anew, so that nothing moves under the hand (P9). */
export interface Line {
  readonly row: QueueRow;
  readonly isGone: boolean;
}

export interface Arrangement {
  readonly lines: readonly Line[];
  /** Arrived since the list was shown, behind the "n new" bar. */
  readonly waiting: readonly QueueRow[];
}

/**
 * The list as it stands: the order of when it was shown (`frozen`), each row in its present state; newer ones wait.
 * `rows` are those that match the filter.
 */
export function arrange(frozen: readonly QueueRow[], rows: readonly QueueRow[]): Arrangement {
  const current = new Map(rows.map((row) => [idOf(row.key), row]));
  const shown = new Set(frozen.map((row) => idOf(row.key)));
  return {
    lines: frozen.map((row) => {
      const now = current.get(idOf(row.key));
      return now === undefined ? { row, isGone: true } : { row: now, isGone: false };
    }),
    waiting: rows.filter((row) => !shown.has(idOf(row.key))),
  };
}
