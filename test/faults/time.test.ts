import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { afterEach, describe, expect, it, onTestFinished } from "vitest";

import { answer, run } from "../blackbox/command.ts";
import { payloadOf, type Members } from "../blackbox/signed.ts";
import { makeRunningClock } from "../chaos/running-clock.ts";
import { checkEverywhere, type Came } from "./everywhere.ts";
import { openSite, type Site, type SiteOptions } from "./site.ts";

/** Group C of the fault matrix (reliability.md 7): clocks that are wrong, and time that runs out. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const APPROVED = { decision: "approve", state: "completed" } as const;
const DENIED = { decision: "deny", state: "denied" } as const;

let site: Site;
afterEach(async () => await site.close());

const opened = async (options: SiteOptions = {}): Promise<Site> => (site = await openSite(options));
const offsetS = (): number | undefined => site.app.snapshot().gateways[0]?.clock_offset_s;
const decisionOf = (rid: string): Members => {
  const file = readFileSync(path.join(site.hospital.folder, `${rid}.json`), "utf8");
  return payloadOf((JSON.parse(file) as { decisions: string[] }).decisions[0]);
};

describe("the workstation's clock is wrong", () => {
  it.each([
    ["C1", 5 * MINUTE_MS],
    ["C1", -5 * MINUTE_MS],
    ["C2", DAY_MS],
    ["C2", -DAY_MS],
  ])(
    "%s by %i ms: it is measured, no approval is signed, a denial is, in the gateway's time, and expiry is by that too",
    async (_row, ms) => {
      const clock = makeRunningClock();
      await opened({ clock });
      const [first, second] = [await site.raise(), await site.raise()];
      for (const rid of [first, second]) await site.row(rid, "pending");
      clock.jump(ms);
      // Over a new connection, as after a night: the proof of who is there does not depend on this clock either.
      site.proxy.cut("rst");
      await expect.poll(offsetS).toBeCloseTo(-ms / 1000, -1);
      await site.live();
      expect(await site.approve(first)).toMatchObject({ ok: false, error: { code: "E_CLI_CLOCK" } });
      expect((await site.row(first, "pending")).exp).toBeGreaterThan(Date.now() / 1000 + 3600);
      expect(await site.deny(first)).toMatchObject({ ok: true });
      await site.row(first, "denied");

      clock.jump(-ms);
      await expect.poll(offsetS).toBeCloseTo(0, -1);
      await site.live();
      expect(await site.approve(second)).toMatchObject({ ok: true });
      await site.row(second, "executed");
      await checkEverywhere(
        site,
        new Map<string, Came>([
          [first, DENIED],
          [second, APPROVED],
        ]),
      );
      for (const rid of [first, second])
        expect(Math.abs(Number(decisionOf(rid)["iat"]) - Date.now() / 1000)).toBeLessThan(60);
    },
  );
});

describe("the gateway's clock is set to another time", () => {
  const CLOCK = path.join(import.meta.dirname, "clock-jump.mjs");

  it.each([
    ["ahead", 60 * MINUTE_MS],
    ["back", -60 * MINUTE_MS],
  ])(
    "C3 %s by %i ms: not ready and said so, what has expired stays so, and it goes on once the clock is right",
    async (_which, ms) => {
      const env = { NODE_OPTIONS: `--import=${CLOCK}`, COUNTERSIGN_TEST_JUMP_MS: String(ms) };
      await opened({ env });
      const setClock = () => process.kill(Number(site.serving.line["pid"]), "SIGUSR2");
      const ready = async () => {
        const response = await fetch(`${String(site.serving.line["url"])}/readyz`);
        return { status: response.status, ...((await response.json()) as object) };
      };
      const rid = await site.raise();
      await site.row(rid, "pending");
      expect(await ready()).toEqual({ status: 200, ok: true });

      setClock();
      await expect.poll(ready).toMatchObject({ status: 503, ok: false, code: "E_CLOCK" });
      // Its log comes through a pipe of its own, which may be slower than the answer.
      await expect.poll(() => site.serving.log()).toMatch(/"event":"clock\.jumped".*"off_ms":-?\d+/);
      // The workstation sees that two clocks disagree, and signs no approval.
      site.app.workstation.probe();
      await expect.poll(offsetS).toBeCloseTo(ms / 1000, -1);
      expect(await site.approve(rid)).toMatchObject({ ok: false });
      // By this clock everything could be old enough to be erased.
      const retained = await run(["gateway", "retention", "run"], site.hospital.env);
      expect([retained.status === 0, /E_[A-Z_]+/.exec(retained.err)?.[0]]).toEqual([false, "E_CLOCK"]);

      setClock();
      await expect.poll(ready).toEqual({ status: 200, ok: true });
      site.app.workstation.probe();
      await expect.poll(offsetS).toBeCloseTo(0, -1);
      const state = await site.hospital.state(rid);
      await checkEverywhere(site, new Map([[rid, { state }]]));
      // Back, its time is not over; ahead, it was, and an end is an end.
      expect(state).toBeOneOf(ms < 0 ? ["open"] : ["open", "expired"]);
    },
  );
});

describe("the gateway's clock was wrong before it began", () => {
  const CLOCK = path.join(import.meta.dirname, "clock-jump.mjs");
  const retention = (...args: readonly string[]) => ["gateway", "retention", ...args];
  const today = (): string => new Date().toISOString().slice(0, 10);

  it.each([
    ["ahead", 200 * DAY_MS, 200],
    ["behind", -40 * DAY_MS, 503],
  ])(
    "C3 %s by %i ms: nothing is erased by its age, it is said and nobody confirms it, and with the right time it goes on",
    async (state, ms, ready) => {
      await opened();
      const { env } = site.hospital;
      const rid = await site.raise();
      await site.row(rid, "pending");
      expect(await site.deny(rid)).toMatchObject({ ok: true });
      await site.row(rid, "denied");
      await site.serving.stop();
      await site.serveAgain({ NODE_OPTIONS: `--import=${CLOCK}`, COUNTERSIGN_TEST_BEGIN_MS: String(ms) });
      await expect.poll(() => site.serving.log()).toContain(`"event":"clock.doubted","standing":"${state}"`);
      expect((await fetch(`${String(site.serving.line["url"])}/readyz`)).status).toBe(ready);
      const refused = await run(retention("run"), env);
      expect([refused.status === 0, /E_[A-Z_]+/.exec(refused.err)?.[0]]).toEqual([false, "E_CLOCK"]);
      const unread = await run(retention("confirm-time", "--today", today()), env);
      expect([unread.status === 0, /E_[A-Z_]+/.exec(unread.err)?.[0]]).toEqual([false, "E_CLI_INPUT"]);
      expect(await answer(retention("status"), env)).toMatchObject({ time: { state } });

      await site.serving.stop();
      await site.serveAgain();
      expect(await answer(retention("status"), env)).toMatchObject({ time: { state: "believed" } });
      expect(await answer(retention("run"), env)).toMatchObject({ erased: 0 });
      await checkEverywhere(site, new Map([[rid, DENIED]]));
    },
  );
});

describe("time runs out while somebody decides", () => {
  const short = (ttl_s: number): SiteOptions => ({
    change(table) {
      for (const tier of Object.values(table.tiers)) Object.assign(tier, { ttl_s });
    },
  });

  it("C4 it cannot be approved or denied once its time is over", async () => {
    await opened(short(15));
    const rid = await site.raise();
    await site.row(rid, "pending", "expiring");
    await expect.poll(() => site.hospital.state(rid), { timeout: 90_000, interval: 1000 }).toBe("expired");
    await site.row(rid, "expired");
    expect(await site.approve(rid)).toMatchObject({ ok: false });
    expect(await site.deny(rid)).toMatchObject({ ok: false });
    await checkEverywhere(site, new Map([[rid, { state: "expired" }]]));
  });

  it("C4 signed in time and arrived too late: expired, by the gateway's time, and shown as that", async () => {
    await opened(short(15));
    const rid = await site.raise();
    const { exp } = await site.row(rid, "pending", "expiring");
    await expect.poll(() => Date.now() / 1000, { timeout: 90_000, interval: 100 }).toBeGreaterThan(exp - 3);
    site.proxy.weather({ latencyMs: 6_000 }, ["up"]);
    expect(await site.approve(rid)).toMatchObject({ ok: true });
    expect((await site.row(rid, "sending")).status.kind).toBe("sending");
    await site.row(rid, "expired");
    await checkEverywhere(site, new Map([[rid, { state: "expired" }]]));
  });
});

describe("the request changes while somebody decides", () => {
  it("C5 it was withdrawn, and nobody heard of it yet: rejected, nothing is executed, and shown as withdrawn", async () => {
    await opened();
    const rid = await site.raise();
    await site.row(rid, "pending");
    site.proxy.freeze(["down"]);
    await run(["gateway", "withdraw", rid], site.hospital.env);
    expect(await site.approve(rid)).toMatchObject({ ok: true });
    site.proxy.thaw();
    await site.row(rid, "withdrawn");
    await checkEverywhere(site, new Map([[rid, { state: "withdrawn" }]]));
  });

  it("C5 it became another revision, and nobody heard of it yet: what was signed over the old one is rejected, the new one can be decided", async () => {
    await opened();
    const rid = await site.raise();
    await site.row(rid, "pending");
    site.proxy.freeze(["down"]);
    const { socket } = await site.hospital.connect(site.witness);
    const extend = site.witness.statement("extend", { rid, rev: 1 }, { args: { seconds: 600 } });
    expect(await socket.ask("statement.submit", { jws: extend })).toMatchObject({ type: "statement.receipt" });
    expect(await site.approve(rid)).toMatchObject({ ok: true });
    site.proxy.thaw();
    await expect
      .poll(() => site.app.snapshot().rows.map(({ rev, status }) => [rev, status.kind]))
      .toEqual([[2, "pending"]]);
    expect(site.hospital.record.writes).toEqual([]);
    // What was half-open is live again only when something came back, and nothing is approved before.
    await site.live();
    expect(await site.approve(rid)).toMatchObject({ ok: true });
    await site.row(rid, "executed");
    await checkEverywhere(site, new Map([[rid, APPROVED]]));
  });
});

describe("C6 zones and summer time", () => {
  it("are nobody's business: workstation and gateway in zones a day apart agree on everything", async () => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "Pacific/Kiritimati";
    onTestFinished(() => {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    });
    await opened({ env: { TZ: "Pacific/Niue" } });
    expect(new Date("2026-01-01T00:00:00Z").getHours()).toBe(14);
    const rid = await site.raise();
    await site.row(rid, "pending");
    expect(offsetS()).toBeCloseTo(0, -1);
    expect(await site.approve(rid)).toMatchObject({ ok: true });
    await site.row(rid, "executed");
    await checkEverywhere(site, new Map([[rid, APPROVED]]));
    expect(localTimes()).toEqual([]);
  });
});

/** The one date of every entry of an archive: fields of a ZIP have no zone, and it is the same day in each. */
const CONSTANT: ReadonlySet<string> = new Set(["shared/export/evidence/zip.ts"]);

/** Where a time of this computer's own zone is read or made: nowhere, since only instants are compared. */
function localTimes(): string[] {
  const root = path.resolve(import.meta.dirname, "../..");
  const local = /\.(?:get|set)(?:Hours|Minutes|Date|Day|Month|FullYear)\(|getTimezoneOffset|new Date\(\d+, /;
  return ["shared", "electron", "gateway"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && local.test(readFileSync(path.join(root, folder, name), "utf8")))
      .map((name) => `${folder}/${name}`)
      .filter((name) => !CONSTANT.has(name)),
  );
}
