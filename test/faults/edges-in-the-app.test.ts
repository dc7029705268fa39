import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { COMMAND_CHANNEL } from "#shared/ipc/channels.ts";

import { appArguments, electronBinary } from "../../demo/tour/app.ts";
import { installedElectron } from "../../scripts/setup/electron-runtime.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";
import { PIN } from "../electron/approval.ts";
import { openAppSite, type AppSite } from "./app-site.ts";
import { until } from "./app-window.ts";
import { checkEverywhere } from "./everywhere.ts";

/**
 * Rows F20 and F21 of the fault matrix (reliability.md 7) at the real app, with somebody at work at a real gateway: whatever
 * else may send to main, and whatever other programs may start the app with.
 */

const canRun = process.platform === "linux" && installedElectron() !== undefined && hasProgram("Xvfb");
const DEMO = "--countersign-demo=on";
const OWN_PAGE = "countersign-app://app/index.html";

describe.runIf(canRun)("the edges of the app", () => {
  let site: AppSite;
  let kid: string;
  let rid: string;

  beforeAll(async () => {
    site = await openAppSite([DEMO]);
    await site.start();
    kid = await site.enrol("okafor", "software", PIN);
    await site.signIn(kid, PIN);
    rid = await site.raise();
  }, 240_000);
  afterAll(async () => {
    await site.close();
  });

  /** Nothing was decided, nothing was sent, and the app goes on. */
  async function expectUntouched(): Promise<void> {
    const now = await site.app.snapshot();
    expect([now.phase.kind, now.rows.map(({ key, status }) => [key.rid, status.kind])]).toEqual([
      "unlocked",
      [[rid, "pending"]],
    ]);
    expect(await site.hospital.state(rid)).toBe("open");
  }

  const refusals = (): number => site.app.log().split("refused a message from a stranger").length - 1;

  /**
   * Sends from a page with all of `ipcRenderer`, which no page of the app has: what a hole in Electron or in the page would
   * give an attacker. The page is what `url` names, or one that has taken the app's own address.
   * @param where `frame`: from a frame in it, of the same address
   */
  async function sendFrom(url: string, where: "page" | "frame", channel: string, call: unknown): Promise<unknown> {
    const preload = path.join(site.desktop, "all-of-ipc.cjs");
    writeFileSync(
      preload,
      `const { contextBridge, ipcRenderer } = require("electron");
       contextBridge.exposeInMainWorld("attack", (channel, call) => ipcRenderer.invoke(channel, call).catch((e) => String(e)));`,
    );
    return site.app.electron.evaluate(
      async ({ BrowserWindow, session }, given) => {
        const attackers = session.fromPartition("attackers");
        if (!attackers.protocol.isProtocolHandled("countersign-app")) {
          attackers.protocol.handle("countersign-app", () => {
            const body = `<iframe src="countersign-app://app/inside.html"></iframe>`;
            return new Response(body, { headers: { "content-type": "text/html" } });
          });
        }
        const rights = { nodeIntegrationInSubFrames: true, sandbox: true, contextIsolation: true };
        const window = new BrowserWindow({
          show: false,
          webPreferences: { preload: given.preload, session: attackers, ...rights },
        });
        try {
          await window.loadURL(given.url);
          const { mainFrame } = window.webContents;
          const frame = given.where === "frame" ? mainFrame.frames[0] : mainFrame;
          return await frame!.executeJavaScript(`attack(${JSON.stringify(given.channel)}, ${given.call})`);
        } finally {
          window.destroy();
        }
      },
      { preload, url, where, channel, call: JSON.stringify(call) },
    );
  }

  const LOCK = { command: "lock" };
  const FORBIDDEN = { ok: false, error: { code: "E_FORBIDDEN" } };
  const INPUT = { ok: false, error: { code: "E_CLI_INPUT" } };

  describe("F20 what reaches main from a page", () => {
    it.each([
      ["another page", "data:text/html,<p>", "page"],
      ["a page of nothing", "about:blank", "page"],
      ["a frame in a page with the app's own address", OWN_PAGE, "frame"],
    ] as const)("F20 from %s: refused before it is read, and written down; nothing runs", async (_what, url, where) => {
      const before = refusals();
      expect(await sendFrom(url, where, COMMAND_CHANNEL, LOCK)).toMatchObject(FORBIDDEN);
      await until(refusals, before + 1);
      await expectUntouched();
    });

    it("F20 on a channel that is none: nobody answers there, whoever asks", async () => {
      for (const channel of ["countersign:secret", "ELECTRON_BROWSER_REQUIRE", "", "__proto__"]) {
        expect(await sendFrom(OWN_PAGE, "page", channel, LOCK)).toMatch(/No handler registered/);
      }
      await expectUntouched();
    });

    it("F20 from a page with the app's own address, commands that are none, or tricks of the prototype: refused by their form", async () => {
      const hostile = [
        ...["sign", "", "__proto__", "constructor", "toString"].map((command) => ({ command })),
        ...[null, 7, "lock", [], { command: ["lock"] }, { ...LOCK, input: {} }, { ...LOCK, more: 1 }],
        JSON.parse('{"command":"unlock","input":{"__proto__":{"kid":"a","pin":"b"}}}') as unknown,
      ];
      for (const call of hostile) {
        expect([call, await sendFrom(OWN_PAGE, "page", COMMAND_CHANNEL, call)]).toMatchObject([call, INPUT]);
      }
      await expectUntouched();
    });

    it("F20 by the real bridge with tens of megabytes, and with what cannot be sent: refused, and the window answers on", async () => {
      const { page } = site.app;
      const replies = await page.evaluate(async (iss) => {
        const bridge = window.countersign as unknown as Record<string, (input: unknown) => Promise<unknown>>;
        const tried: readonly (readonly [string, unknown])[] = [
          ["unlock", { kid: "K".repeat(43), pin: "1".repeat(50_000_000) }],
          ["open_review", { key: { iss, rid: new Array(1_000_000).fill("x") } }],
          ["decide", { key: { iss, rid: "../../etc" }, rev: Infinity, digest: {}, choice: null }],
          ["lock", () => 1],
          ["lock", new Proxy({}, {})],
        ];
        const replies: unknown[] = [];
        for (const [command, input] of tried) {
          try {
            replies.push(await bridge[command]!(input));
          } catch (error) {
            replies.push(String(error));
          }
        }
        return replies;
      }, "https://x.example");
      expect(replies.slice(0, 3)).toMatchObject([INPUT, INPUT, INPUT]);
      expect(replies.slice(3)).toEqual([
        expect.stringMatching(/could not be cloned/),
        expect.stringMatching(/could not be cloned/),
      ]);
      await expectUntouched();
    });
  });

  /** Another program starts the app once more, with these arguments; resolves with how that second process ended. */
  async function startAgain(args: readonly string[]): Promise<unknown> {
    const second = spawn(electronBinary(), appArguments({ profile: site.profile, args }), {
      env: { ...process.env, ...site.env },
      stdio: "ignore",
      timeout: 30_000,
      killSignal: "SIGKILL",
    });
    const [status] = (await once(second, "exit")) as [unknown];
    return status;
  }
  describe("F21 what other programs hand over", () => {
    it("F21 junk in links and switches of a second start: that one ends, and nothing of it reaches the one at work", async () => {
      const other = "019f0000-0000-7000-8000-000000000001";
      const junk = [
        ...["countersign://", "countersign://r", `countersign://r/${rid}/approve`, `countersign://approve/${rid}`],
        ...[`countersign://R/../${rid}`, `countersign://r/${rid.toUpperCase()}`, `countersign://r/${rid}%00`],
        ...[
          `https://r/${rid}`,
          `file:///r/${rid}`,
          `javascript:${rid}`,
          `countersign:r/${rid}`,
          "countersign://r/__proto__",
        ],
        ...[`countersign://r/${rid}' OR 1=1`, `countersign://r/${"9".repeat(5_000)}`, "/etc/passwd"],
        ...[
          "--inspect=0.0.0.0:9229",
          "--load-extension=/x",
          "--countersign-pkcs11=/tmp/evil.so",
          "--countersign-managed=/tmp/evil.json",
        ],
      ];
      expect(await startAgain(junk)).toBe(0);
      // Links are handed over in order: what came before has been looked at when this one is shown.
      expect(await startAgain([`countersign://r/${other}`])).toBe(0);
      await site.app.page.getByRole("heading", { name: "Not in your queue" }).waitFor();
      const opened = site.app.events.all.flatMap((event) => (event.kind === "open" ? [event.key.rid] : []));
      expect(opened).toEqual([other]);
      expect(site.app.electron.windows()).toHaveLength(1);
      await expectUntouched();
    });

    it("F21 a link that is too long to be handed over ends the start that brings it, and not the app at work", async () => {
      expect(await startAgain([`countersign://r/${"9".repeat(50_000)}`])).toBe(1);
      await expectUntouched();
    });

    it("F21 a link to a request opens it to be read, and whatever else stands in it decides nothing", async () => {
      const { page } = site.app;
      expect(await startAgain([`countersign://r/${rid}?choice=approve&pin=${PIN}#sign`])).toBe(0);
      await page.getByRole("heading", { name: /^Review:/ }).waitFor();
      expect(await page.getByRole("dialog").count()).toBe(0);
      await expectUntouched();
    });

    it("F21 while the app is locked a link shows nothing, and opens the request once its person has signed in", async () => {
      const { page } = site.app;
      await page.evaluate(() => window.countersign?.close_review(undefined));
      await site.app.ask("lock", undefined);
      await site.app.phase("locked");
      expect(await startAgain([`countersign://r/${rid}`])).toBe(0);
      expect(await page.content()).not.toContain("EVANS");
      expect((await site.app.snapshot()).phase.kind).toBe("locked");
      await site.signIn(kid, PIN);
      await page.getByRole("heading", { name: /^Review:/ }).waitFor();
      await expectUntouched();
    });
  });

  it("F20 F21 afterwards everything is as it was, at the app, the gateway and the hospital", async () => {
    expect(site.app.faults).toEqual([]);
    await checkEverywhere(site, new Map([[rid, { state: "open" }]]));
  });
});

it.runIf(!canRun)("F20 F21 skipped: the app or Xvfb is not installed", () => undefined);
