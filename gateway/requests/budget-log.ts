import type { EventEmitter } from "node:events";

import type { Clock } from "../ports.ts";
import type { Logger } from "../transport/logger.ts";

const AGAIN_MS = 3600_000;
const MOST = 10_000;

interface OverBudgetEvent {
  readonly agent: string;
  readonly budget: string;
  readonly code: string;
}

/**
 * Whoever runs the gateway is told that requests no longer reach people, once an hour for each agent and budget: an agent
 * that asks on and on does not fill the log. How often it happens is counted in the metrics.
 */
export function logBudgets(events: Pick<EventEmitter, "on">, clock: Pick<Clock, "nowMs">, logger: Logger): void {
  const saidMs = new Map<string, number>();
  events.on("over-budget", ({ agent, budget, code }: OverBudgetEvent) => {
    const name = JSON.stringify([agent, budget]);
    const nowMs = clock.nowMs();
    if (nowMs - (saidMs.get(name) ?? -Infinity) < AGAIN_MS) return;
    if (saidMs.size >= MOST) saidMs.clear();
    saidMs.set(name, nowMs);
    logger.warn("agent.over-budget", { agent, budget, code });
  });
}
