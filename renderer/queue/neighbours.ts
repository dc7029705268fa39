import type { QueueRow, RequestKey } from "#shared/ipc/contract.ts";

import { sameKey } from "../state/app-view.ts";
import { words } from "../words/en-gb.ts";
import { hasEnded, sortRows } from "./order.ts";

/** Which of those that wait this one is, in words. */
export function positionOf(all: readonly QueueRow[], key: RequestKey): string | undefined {
  const rows = sortRows(all, "due").filter((row) => !hasEnded(row));
  const at = rows.findIndex((row) => sameKey(row.key, key));
  return at === -1 ? undefined : words.review.position(at + 1, rows.length);
}

/** The next request by due time that is not this one: the one after it, else the first. */
export function nextOf(all: readonly QueueRow[], key: RequestKey): RequestKey | undefined {
  const rows = sortRows(all, "due");
  const at = rows.findIndex((row) => sameKey(row.key, key));
  const others = [...rows.slice(at + 1), ...rows.slice(0, Math.max(at, 0))];
  return others.find((row) => !hasEnded(row) && row.status.kind !== "held" && row.status.kind !== "sending")?.key;
}
