import { connections } from "./wire/connections.ts";
import { decisionsPerSecond, flushes } from "./wire/decisions.ts";

/**
 * `npm run bench -- wire`: R2 to R6 and R11 of the reliability bar, the gateway beside raw `ws` and raw `crypto` in one
 * run. R9 is of the screen and is measured with it.
 */
export default async function wire(): Promise<unknown> {
  const decisions = await decisionsPerSecond();
  return { decisions, flushes: flushes(), connections: process.platform === "linux" ? await connections() : [] };
}
