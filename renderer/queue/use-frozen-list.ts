import { useEffect, useMemo, useState } from "react";

import type { QueueRow } from "#shared/ipc/contract.ts";

import { useAnnounce } from "../ui/live-regions.tsx";
import { words } from "../words/en-gb.ts";
import { arrange, isUrgent, matches, matching, sortRows } from "./order.ts";
import type { Arrangement, Filter, Sort } from "./order.ts";

export interface FrozenList extends Arrangement {
  /** Urgent requests that the filter hides. */
  readonly hiddenUrgent: number;
  /** Puts what waits into the list, in order. */
  readonly show: () => void;
}

interface Frozen {
  readonly filter: Filter;
  readonly sort: Sort;
  readonly rows: readonly QueueRow[];
}

/**
 * The list as it stood when it was last shown (P9). It is put in order anew only by the person: on arrival at the screen,
 * by another filter or order, by "Show"; and while it is empty, when nothing can move.
 */
export function useFrozenList(rows: readonly QueueRow[], filter: Filter, sort: Sort): FrozenList {
  const found = useMemo(() => matching(rows, filter), [rows, filter]);
  const [frozen, setFrozen] = useState<Frozen>(() => ({ filter, sort, rows: sortRows(found, sort) }));
  const isOutdated = frozen.filter !== filter || frozen.sort !== sort || (frozen.rows.length === 0 && found.length > 0);
  const current = isOutdated ? { filter, sort, rows: sortRows(found, sort) } : frozen;
  if (isOutdated) setFrozen(current);

  const arrangement = useMemo(() => arrange(current.rows, found), [current.rows, found]);
  useArrivals(arrangement.waiting);
  return {
    ...arrangement,
    hiddenUrgent: found === rows ? 0 : rows.filter((row) => isUrgent(row) && !matches(row, filter)).length,
    show: () => setFrozen({ filter, sort, rows: sortRows(found, sort) }),
  };
}

/** "2 new requests. 1 urgent.": politely, in batches (approval-experience.md 10.7). */
function useArrivals(waiting: readonly QueueRow[]): void {
  const announce = useAnnounce();
  const sentence =
    waiting.length === 0 ? undefined : words.queue.newRequests(waiting.length, waiting.filter(isUrgent).length);
  useEffect(() => {
    if (sentence !== undefined) announce.batch(sentence);
  }, [announce, sentence]);
}
