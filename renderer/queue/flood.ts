import { isUrgent } from "./order.ts";
import { idOf } from "../state/app-view.ts";
import type { QueueRow } from "#shared/ipc/contract.ts";

const MANY = 20;
const WITHIN_S = 600;

/**
 * Agents that sent more than twenty requests within ten minutes (approval-experience.md S3, flood), by the id of each
 * such request that is neither critical nor urgent: those are never put behind anything. Their rows are drawn as one group, so that an agent in a loop does not bury the others.
 */
export function floods(rows: readonly QueueRow[]): ReadonlyMap<string, string> {
  const flooding = new Map<string, string>();
  for (const [agent, sent] of Map.groupBy(rows, (row) => `${row.key.iss} ${row.agent_name}`)) {
    const sorted = sent.toSorted((a, b) => a.received_at - b.received_at);
    for (const [at, row] of sorted.entries()) {
      const last = sorted[at + MANY];
      if (last === undefined || last.received_at - row.received_at > WITHIN_S) continue;
      for (const one of sorted.slice(at, at + MANY + 1))
        if (one.tier < 3 && !isUrgent(one)) flooding.set(idOf(one.key), agent);
    }
  }
  return flooding;
}
