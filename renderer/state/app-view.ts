import type { AppEvent, AppSnapshot, QueueRow, ReadingShort, RequestKey, ReviewData } from "#shared/ipc/contract.ts";

/** What the renderer holds of main's truth: one snapshot, and the review that is open. Nothing else is kept. */
export interface AppView {
  readonly snapshot: AppSnapshot;
  /** Only while a review or receipt is open and the app is unlocked. */
  readonly review?: ReviewData;
}

export type Applied =
  | { readonly kind: "applied"; readonly view: AppView }
  /** Older than what is held: nothing to do. */
  | { readonly kind: "stale" }
  /** An event is missing: ask for a new snapshot. */
  | { readonly kind: "gap" };

const ids = new WeakMap<RequestKey, string>();

/** `iss rid`: one text per request, for keys of React and of maps. Made once for each row, however often maps ask. */
export function idOf(key: RequestKey): string {
  const known = ids.get(key);
  if (known !== undefined) return known;
  const id = `${key.iss} ${key.rid}`;
  ids.set(key, id);
  return id;
}

export const sameKey = (a: RequestKey, b: RequestKey): boolean => a.iss === b.iss && a.rid === b.rid;

/**
 * The request that a link means, which names no gateway: the one that was asked for, or the one of that name that another
 * gateway lists.
 */
export function listedKey(rows: readonly QueueRow[], wanted: RequestKey): RequestKey | undefined {
  const named = rows.filter((row) => row.key.rid === wanted.rid);
  return (named.find((row) => sameKey(row.key, wanted)) ?? named[0])?.key;
}

/** Applies one event to the view. Pure; an event applies to the snapshot with `seq` one lower (shared/ipc/contract.ts). */
export function applyEvent(view: AppView, event: AppEvent): Applied {
  if (event.kind === "snapshot") {
    return event.seq < view.snapshot.seq
      ? { kind: "stale" }
      : { kind: "applied", view: withSnapshot(view, event.snapshot) };
  }
  if (event.seq <= view.snapshot.seq) return { kind: "stale" };
  if (event.seq > view.snapshot.seq + 1) return { kind: "gap" };
  return { kind: "applied", view: changed({ ...view, snapshot: { ...view.snapshot, seq: event.seq } }, event) };
}

/** The view under a new snapshot. A lock takes the open review with it. */
export function withSnapshot(view: AppView | undefined, snapshot: AppSnapshot): AppView {
  const review = view?.review;
  if (snapshot.phase.kind !== "unlocked" || review === undefined) return { snapshot };
  return { snapshot, review: asItStands(review, snapshot) };
}

/** How a request stands is told by its row alone, whichever of row and review came first. */
function asItStands(review: ReviewData, { rows }: AppSnapshot): ReviewData {
  const row = rows.find((one) => sameRow(one, review.row));
  if (row === undefined || row === review.row || row.digest !== review.row.digest) return review;
  return { ...review, row };
}

/** Has a snapshot brought another version of the request on the screen, whose content was told while nobody listened? */
export function isReviewBehind({ snapshot, review }: AppView): boolean {
  if (review === undefined) return false;
  return snapshot.rows.some((row) => sameRow(row, review.row) && row.rev > review.row.rev);
}

/** Puts the answer of `open_review` beside the snapshot, unless an event already brought a newer revision. */
export function withReview(view: AppView, review: ReviewData): AppView {
  const held = view.review;
  const isNewer = held !== undefined && sameKey(held.row.key, review.row.key) && held.row.rev > review.row.rev;
  return isNewer ? view : { ...view, review: asItStands(review, view.snapshot) };
}

export function withoutReview(view: AppView): AppView {
  return { snapshot: view.snapshot };
}

type Change = Exclude<AppEvent, { readonly kind: "snapshot" }>;

function changed(view: AppView, event: Change): AppView {
  const { snapshot } = view;
  switch (event.kind) {
    case "phase":
      // SECURITY: when the phase is not unlocked nothing clinical stays in this process's memory (approval-experience.md 6).
      return event.phase.kind === "unlocked"
        ? { ...view, snapshot: { ...snapshot, phase: event.phase } }
        : { snapshot: { ...snapshot, phase: event.phase, rows: [] } };
    case "gateway":
      return { ...view, snapshot: { ...snapshot, gateways: upsert(snapshot.gateways, event.gateway, sameGateway) } };
    case "rows":
      return rowsChanged(view, event.rows);
    case "row_gone":
      return { ...view, snapshot: { ...snapshot, rows: snapshot.rows.filter((row) => !sameKey(row.key, event.key)) } };
    case "review":
      return view.review !== undefined && sameKey(view.review.row.key, event.review.row.key)
        ? { ...view, review: event.review }
        : view;
    case "reading":
      return view.review !== undefined && sameKey(view.review.row.key, event.key)
        ? { ...view, review: withReading(view.review, event.short) }
        : view;
    case "settings":
      return { ...view, snapshot: { ...snapshot, settings: event.settings } };
    // Progress of an export belongs to the dialog that is open, and of figures to the screen that waits for them.
    case "export":
    case "insights":
    case "notice":
    case "open":
      return view;
    default:
      return event satisfies never;
  }
}

function withReading({ short: _, ...review }: ReviewData, short: ReadingShort | undefined): ReviewData {
  return short === undefined ? review : { ...review, short };
}

/** The status on an open review follows its row; new content comes as a `review` event of its own. */
function rowsChanged(view: AppView, changes: readonly QueueRow[]): AppView {
  const snapshot = { ...view.snapshot, rows: withChanges(view.snapshot.rows, changes) };
  return { ...view, snapshot, ...(view.review === undefined ? {} : { review: asItStands(view.review, snapshot) }) };
}

/** Each row in its present state and its old place; new ones come last. In one pass: the list may hold ten thousand. */
function withChanges(rows: readonly QueueRow[], changes: readonly QueueRow[]): readonly QueueRow[] {
  const changed = new Map(changes.map((row) => [idOf(row.key), row]));
  const kept = rows.map((row) => {
    const id = idOf(row.key);
    const now = changed.get(id);
    changed.delete(id);
    return now ?? row;
  });
  return [...kept, ...changed.values()];
}

const sameRow = (a: QueueRow, b: QueueRow): boolean => sameKey(a.key, b.key);
const sameGateway = (a: { readonly iss: string }, b: { readonly iss: string }): boolean => a.iss === b.iss;

function upsert<T>(list: readonly T[], item: T, same: (a: T, b: T) => boolean): readonly T[] {
  const at = list.findIndex((held) => same(held, item));
  return at === -1 ? [...list, item] : list.with(at, item);
}
