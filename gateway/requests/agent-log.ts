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

interface IdentityEvent {
  readonly agent: string;
  readonly reasons: readonly string[];
}

/** True the first time of each name within an hour. */
function hourly(clock: Pick<Clock, "nowMs">): (...name: readonly string[]) => boolean {
  const saidMs = new Map<string, number>();
  return (...parts) => {
    const name = JSON.stringify(parts);
    const nowMs = clock.nowMs();
    if (nowMs - (saidMs.get(name) ?? -Infinity) < AGAIN_MS) return false;
    if (saidMs.size >= MOST) saidMs.clear();
    saidMs.set(name, nowMs);
    return true;
  };
}

/**
 * Whoever runs the gateway is told that requests no longer reach people, once an hour for each agent and budget: an agent
 * that asks on and on does not fill the log. How often it happens is counted in the metrics.
 */
export function logBudgets(events: Pick<EventEmitter, "on">, clock: Pick<Clock, "nowMs">, logger: Logger): void {
  const isDue = hourly(clock);
  events.on("over-budget", ({ agent, budget, code }: OverBudgetEvent) => {
    if (isDue(agent, budget)) logger.warn("agent.over-budget", { agent, budget, code });
  });
}

/** The same for an identity that is used for more than one agent, or by a changed one: ids and codes. */
export function logIdentities(events: Pick<EventEmitter, "on">, clock: Pick<Clock, "nowMs">, logger: Logger): void {
  const isDue = hourly(clock);
  events.on("agent-identity", ({ agent, reasons }: IdentityEvent) => {
    if (isDue(agent, ...reasons)) logger.warn("agent.identity", { agent, reasons: reasons.join(" ") });
  });
}
