import { fork } from "node:child_process";

import { onTestFinished } from "vitest";

import { takeMeasures } from "../../../electron/insights/measures.ts";
import type { CheckReply } from "../../../electron/records/messages.ts";
import { makeVerifier } from "../../../electron/records/verifier.ts";
import { makeManualClock } from "../manual-clock.ts";

const FROM = 1_790_000_000;
const TO = FROM + 28 * 86_400;
export const WANTED = { from: FROM, to: TO };
export const PAGE = 400;

export const fact = (i: number) => ({
  ...{ rev: 1, agent: `urn:agent:${String(i % 5)}`, agent_name: `Agent ${String(i % 5)}`, model: "vendor/x@1" },
  ...{ type: "urn:countersign:action:order.create", risk: "high", units: ["ward-4b"] },
  received_at: FROM + ((i * 7919) % (TO - FROM)),
  due_at: FROM + ((i * 7919) % (TO - FROM)) + 900,
  ended_at: FROM + ((i * 7919) % (TO - FROM)) + 300,
  outcome: i % 9 === 0 ? "denied" : "completed",
  decisions: [{ kind: i % 9 === 0 ? "deny" : "approve", at: FROM + ((i * 7919) % (TO - FROM)) + 300, overrides: [] }],
  ...{ words: 30, changed_fields: 0, conflicts: 0, changed: false, denied_before: 0, claim_chars: 200, flagged: false },
});

/** A gateway with so many requests in the period, and the process that the app starts, as a child of Node. */
export function arrange(count: number, change: (items: object[], page: number) => object[] = (items) => items) {
  const child = fork(new URL("../../../electron/records/verify-process.ts", import.meta.url), { stdio: "ignore" });
  onTestFinished(() => void child.kill());
  const verifier = makeVerifier(
    () => ({
      post: (request) => void child.send(request),
      onReply: (listener) => void child.on("message", (reply: CheckReply) => listener(reply)),
      onExit: (listener) => void child.once("exit", listener),
      kill: () => void child.kill(),
    }),
    makeManualClock(),
  );
  let asked = 0;
  const view = { scope: "units", units: ["ward-4b"], clinical: true, attention: false };
  const link = {
    call: async (_: string, body: { filter: { from: number }; page?: string }) => {
      asked++;
      await new Promise((resolve) => setImmediate(resolve));
      const at = Number(body.page ?? 0);
      const isNow = body.filter.from === FROM;
      const size = isNow ? Math.min(PAGE, count - at) : 0;
      const items = change(
        Array.from({ length: size }, (__, i) => fact(at + i)),
        at / PAGE,
      );
      const next = isNow && at + PAGE < count ? { next: String(at + PAGE) } : {};
      return { body: { name: "insights", items, view, ...next } };
    },
  };
  const parts = { link: link as never, verifier, sub: "urn:me", zone: () => "Europe/London" };
  const stop = new AbortController();
  const read: number[] = [];
  let onRead: (requests: number) => void = () => undefined;
  const watching = {
    job: 1,
    signal: stop.signal,
    onRead(requests: number) {
      read.push(requests);
      onRead(requests);
    },
  };
  return {
    take: () => takeMeasures(parts, WANTED, watching),
    stop,
    read,
    asked: () => asked,
    at: (when: (requests: number) => void) => (onRead = when),
  };
}

/** CPU time of this thread from page to page, so that waiting for a core that others use is not counted; milliseconds. */
export async function longestTurn(count: number) {
  const t = arrange(count);
  let worst = 0;
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let last = cpuMs();
  const turn = (): void => {
    const now = cpuMs();
    worst = Math.max(worst, now - last);
    last = now;
  };
  t.at(turn);
  const view = await t.take();
  turn();
  return { worst, view };
}
