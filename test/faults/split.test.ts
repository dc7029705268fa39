import { cpSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { afterEach, expect, it } from "vitest";

import { answer, run, serve } from "../blackbox/command.ts";
import { checkEverywhere } from "./everywhere.ts";
import { portOf } from "./enrol.ts";
import { openSite, type Site } from "./site.ts";

/** B10 of the fault matrix (reliability.md 7) on the SQLite node: two gateways that believe they are the same one. */

let site: Site;
afterEach(async () => await site.close());

const APPROVED = { decision: "approve", state: "completed" } as const;

it("B10 on one data folder: the second is refused, also while the first stands still, and takes over once it is dead", async () => {
  site = await openSite();
  const pid = Number(site.serving.line["pid"]);
  const rid = await site.raise();
  await site.row(rid, "pending");
  process.kill(pid, "SIGSTOP");
  // Nobody can tell a gateway that stands still from one that is gone: the lock can.
  await expect(serve(site.hospital.env)).rejects.toThrow(/E_STORE_LOCKED/);
  process.kill(pid, "SIGCONT");
  await site.live();
  process.kill(pid, "SIGSTOP");
  await site.kill();
  await site.serveAgain();
  await site.row(rid, "pending");
  await site.live();
  expect(await site.approve(rid)).toMatchObject({ ok: true });
  await site.row(rid, "executed");
  await checkEverywhere(site, new Map([[rid, APPROVED]]));
});

it("B10 on a copy of the data folder: the workstation that saw one history believes no other, keeps what shows it, and approves nothing more", async () => {
  site = await openSite();
  const { hospital } = site;
  await site.raise();
  await site.stop();
  const copy = path.join(hospital.folder, "copy");
  cpSync(path.join(hospital.folder, "gateway"), copy, { recursive: true });
  await site.serveAgain();
  await site.live();
  // Each goes on by itself: two logs of the same key, and the second becomes as long as the first with other entries.
  const [listed] = site.raised;
  const row = await site.row(listed!, "pending");
  expect(await site.deny(row.key.rid)).toMatchObject({ ok: true });
  await site.row(listed!, "denied");
  for (let i = 0; i < 2; i++) await site.raise();
  const clone = await serve({ ...hospital.env, COUNTERSIGN_DATA: copy });
  const env = { ...hospital.env, COUNTERSIGN_DATA: copy };
  try {
    for (let i = 0; i < 8; i++) await answer(["gateway", "raise", sampleOrder()], env);
    const waiting = site.raised.at(-1)!;
    await site.row(waiting, "pending");
    const home = site.proxy.target;
    site.proxy.to(portOf(String(clone.line["ws_url"])));
    site.proxy.cut("rst");
    await expect.poll(() => site.app.snapshot().gateways[0]?.log_alarm).toBe("E_LOG_FORK");
    expect(await site.approve(waiting)).toMatchObject({ ok: false });
    expect(site.hospital.record.writes).toEqual([]);
    // Two checkpoints that cannot both be true, under the gateway's own signature, for whoever investigates.
    const app = path.join(hospital.folder, "app");
    const alarms = (): string[] =>
      readdirSync(app, { recursive: true, encoding: "utf8" }).filter((name) =>
        path.basename(name).startsWith("log-alarm-"),
      );
    await expect.poll(alarms).toHaveLength(1);
    const alarm = JSON.parse(readFileSync(path.join(app, alarms()[0]!), "utf8")) as Record<string, string>;
    expect(alarm["code"]).toBe("E_LOG_FORK");
    expect([alarm["pinned"], alarm["seen"]]).toEqual([
      expect.stringContaining("\n\n"),
      expect.stringContaining("\n\n"),
    ]);
    // The alarm outlives the way home: a person has to look.
    site.proxy.to(home);
    site.proxy.cut("rst");
    await site.is(["offline", "connecting"]);
    await site.live();
    expect(await site.approve(waiting)).toMatchObject({ ok: false });
  } finally {
    await clone.stop();
  }
  await site.stop();
  expect((await run(["log", "verify"], hospital.env)).status).toBe(0);
});

const sampleOrder = (): string => path.resolve(import.meta.dirname, "../../docs/samples/order.json");
