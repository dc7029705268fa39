import { afterEach, beforeEach, expect, it } from "vitest";

import { checkEverywhere, type Came } from "./everywhere.ts";
import { openSite, type Site } from "./site.ts";

/** B2 of the fault matrix (reliability.md 7), in real time: nothing tells either side that the other is gone. */

const HEARTBEATS_MS = 45_000;
/** Of a machine that does much else. */
const SLACK_MS = 2_000;

let site: Site;

beforeEach(async () => {
  site = await openSite({ config: { metrics: { port: 0 } } });
});
afterEach(async () => await site.close());

/** As the gateway counts them. */
async function sockets(): Promise<number> {
  const text = await (await fetch(String(site.serving.line["metrics_url"]))).text();
  return Number(/^countersign_sockets (\d+)$/m.exec(text)?.[1]);
}

it("B2 half-open: not live on the screen and given up by the gateway within two heartbeats; a denial waits and arrives once", async () => {
  const [first, second] = [await site.raise(), await site.raise()];
  for (const rid of [first, second]) await site.row(rid, "pending");
  await expect.poll(sockets).toBe(1);

  const began = performance.now();
  site.proxy.freeze();
  const took = { screen: 0, gateway: 0 };
  const both = { timeout: HEARTBEATS_MS + SLACK_MS, interval: 100 };
  await Promise.all([
    site.is(["stale"], both.timeout).then(() => (took.screen = performance.now() - began)),
    expect
      .poll(sockets, both)
      .toBe(0)
      .then(() => (took.gateway = performance.now() - began)),
  ]);
  console.log(
    `B2: not live on the screen after ${seconds(took.screen)}, given up by the gateway after ${seconds(took.gateway)}`,
  );

  expect(await site.approve(first)).toMatchObject({ ok: false, error: { code: "E_CLI_OFFLINE" } });
  expect(await site.deny(first)).toMatchObject({ ok: true });
  expect((await site.row(first, "sending")).status).toMatchObject({ kind: "sending" });
  expect(await site.hospital.state(first)).toBe("open");
  // The workstation gives the connection up too, and its new ones go nowhere either.
  await site.is(["offline", "connecting"]);

  site.proxy.thaw();
  site.app.workstation.probe();
  await site.live();
  await site.row(first, "denied");
  expect(await site.approve(second)).toMatchObject({ ok: true });
  await site.row(second, "executed");
  await checkEverywhere(
    site,
    new Map<string, Came>([
      [first, { decision: "deny", state: "denied" }],
      [second, { decision: "approve", state: "completed" }],
    ]),
  );
});

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
