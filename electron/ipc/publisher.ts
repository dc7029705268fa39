import type { AppEvent, AppSnapshot, QueueRow, RequestKey } from "#shared/ipc/contract.ts";

import type { Clock } from "../clock.ts";

export type Change = AppEvent extends infer E ? (E extends { readonly seq: number } ? Omit<E, "seq"> : never) : never;

/** Sends changes to the page in order, and rows in small groups. */
export interface Publisher {
  /** The number of the last event: a snapshot made now carries it. */
  readonly seq: number;
  publish(change: Change): void;
  row(row: QueueRow): void;
  rowGone(key: RequestKey): void;
  /** Forgets rows that wait: the app is locked, or a whole snapshot is about to be sent. */
  drop(): void;
}

/**
 * Rows go out so long after those before them at the earliest, so that a flood is a few events and not thousands
 * (reliability.md R17); a row that comes alone waits for nobody (R9).
 */
const GATHER_MS = 30;
/** Longer where many are listed: the page looks at all of them for each event. Ten thousand: a quarter of a second. */
const LISTED_PER_MS = 40;
/** Beyond this many changed rows, and most of the list, one whole snapshot is cheaper. */
const MANY = 200;

/** @param listed how many rows the page has */
export function makePublisher(
  clock: Clock,
  send: (event: AppEvent) => void,
  snapshot: () => AppSnapshot,
  listed: () => number,
): Publisher {
  let seq = 0;
  let waiting = new Map<string, QueueRow>();
  let cancel: (() => void) | undefined;
  let nextMs = 0;

  function publish(change: Change): void {
    seq++;

    send({ ...change, seq });
  }

  function flush(): void {
    cancel = undefined;
    const rows = [...waiting.values()];
    waiting = new Map();
    nextMs = clock.elapsedMs() + Math.max(GATHER_MS, listed() / LISTED_PER_MS);
    if (rows.length > Math.max(MANY, listed() / 2)) {
      // The snapshot is made after its number is taken, so that it covers everything before it.
      publish({ kind: "snapshot", snapshot: { ...snapshot(), seq: seq + 1 } });
      return;
    }
    if (rows.length > 0) publish({ kind: "rows", rows });
  }

  return {
    get seq() {
      return seq;
    },
    publish,
    row(row) {
      waiting.set(`${row.key.iss}\n${row.key.rid}`, row);
      cancel ??= clock.after(Math.max(0, nextMs - clock.elapsedMs()), flush);
    },
    rowGone(key) {
      waiting.delete(`${key.iss}\n${key.rid}`);
      publish({ kind: "row_gone", key });
    },
    drop() {
      waiting.clear();
      cancel?.();
      cancel = undefined;
    },
  };
}
