import { isUrgent } from "./order.ts";
import { idOf } from "../state/app-view.ts";
import type { QueueRow } from "#shared/ipc/contract.ts";

const MANY = 20;
const WITHIN_S = 600;

/**
 * Agents that sent more than twenty requests within ten minutes (approval-experience.md S3, flood), by the id of each
 * such request that is neither critical nor urgent: those are never put behind anything. Their rows are drawn as one group,
 * so that an agent in a loop does not bury the others.
 */
export function floods(rows: readonly QueueRow[]): ReadonlyMap<string, string> {
  const flooding = new Map<string, string>();
  for (const [agent, sent] of Map.groupBy(rows, (row) => `${row.key.iss} ${row.agent_name}`)) {
    if (sent.length <= MANY) continue;
    const sorted = sent.toSorted((a, b) => a.received_at - b.received_at);
    // Those up to `counted` have been put down already: one that belongs to several floods is looked at once.
    let counted = 0;
    for (const [at, row] of sorted.entries()) {
      const last = sorted[at + MANY];
      if (last === undefined) break;
      if (last.received_at - row.received_at > WITHIN_S) continue;
      for (const one of sorted.slice(Math.max(at, counted), at + MANY + 1))
        if (one.tier < 3 && !isUrgent(one)) flooding.set(idOf(one.key), agent);
      counted = at + MANY + 1;
    }
  }
  return flooding;
}
