import { chromium } from "@playwright/test";
import { extractFile, listPackage } from "@electron/asar";
import { FuseState, getCurrentFuseWire } from "@electron/fuses";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { APP_SCHEME } from "#shared/ipc/channels.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FUSES } from "../../scripts/after-pack.mjs";
import { hasDisplay } from "../../scripts/display.mjs";
import { packApp } from "../../scripts/package.mjs";
import { installedElectron } from "../../scripts/setup/electron-runtime.mjs";
import { shownPage } from "../e2e/support/shown-page.ts";

const LAUNCH_MS = 90_000;
const folder = mkdtempSync(path.join(tmpdir(), "countersign-package-"));
let unpacked: string;
let archive: string;

beforeAll(async () => {
  unpacked = await packApp({ output: folder, targets: ["dir"] });
  archive = path.join(unpacked, "resources/app.asar");
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Resolves with the address of the debugging port once the app says it, and rejects when the app ends first. */
function debuggingAddress(app: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    app.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    app.once("exit", (status) => reject(new Error(`the app ended with status ${String(status)}: ${said}`)));
  });
}

describe.runIf(process.platform === "linux")("the packaged app", () => {
  test("has every fuse set as scripts/after-pack.mjs names it", async () => {
    const { version: _version, ...wire } = await getCurrentFuseWire(path.join(unpacked, "countersign"));
    const actual = Object.entries(wire).map(([fuse, state]) => [fuse, state === FuseState.ENABLE]);
    const wanted = Object.entries(FUSES).filter(([fuse]) => fuse in wire);
    expect(wanted.length).toBeGreaterThanOrEqual(8);
    expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(wanted));
  });

  test("ships no default app and no application code beside its archive", () => {
    expect(readdirSync(path.join(unpacked, "resources")).filter((name) => name.includes("app"))).toEqual(["app.asar"]);
  });

  test("holds the build and nothing else: no packages, sources, maps, gallery or setup scripts", () => {
    const files = listPackage(archive, { isPack: false }).map((name) => name.replaceAll(path.sep, "/"));
    expect(files.filter((name) => !/^\/(?:package\.json$|out(?:\/|$))/.test(name))).toEqual([]);
    expect(files.filter((name) => /node_modules|gallery|\.map$|\.tsx?$/.test(name))).toEqual([]);
    expect(files).toContain("/out/main/main.js");
    expect(files).toContain("/out/main/verify-process.js");
    expect(files).toContain("/out/preload/preload.cjs");
    expect(files).toContain("/out/renderer/index.html");
  });

  test("starts the process for cards without the native part, so that a package without it says what is missing", () => {
    const entry = extractFile(archive, "out/main/token-process.js").toString("utf8");
    expect(entry).not.toMatch(/import [^;]*"koffi"/);
    const parts = listPackage(archive, { isPack: false }).filter((name) => /out\/main\/cryptoki-[^/]*\.js$/.test(name));
    expect(parts.map((name) => extractFile(archive, name.slice(1)).toString("utf8"))).toEqual([
      expect.stringMatching(/import [^;]*"koffi"/),
    ]);
  });

  test("carries -dev in its version exactly when it runs on the assembled Electron", () => {
    const manifest = JSON.parse(extractFile(archive, "package.json").toString("utf8")) as { version: string };
    expect(manifest.version.endsWith("-dev")).toBe(installedElectron()?.kind === "assembled");
  });

  test.skipIf(!hasDisplay(process.env))(
    "opens its window, whatever ELECTRON_RUN_AS_NODE and NODE_OPTIONS say",
    async () => {
      const profile = path.join(folder, "profile");
      const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
      const app = spawn(
        path.join(unpacked, "countersign"),
        [...sandbox, "--disable-gpu", "--remote-debugging-port=0", `--user-data-dir=${profile}`],
        {
          env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", NODE_OPTIONS: "--require=/nowhere/at-all.js" },
          stdio: ["ignore", "ignore", "pipe"],
          timeout: LAUNCH_MS,
          killSignal: "SIGKILL",
        },
      );
      try {
        const address = await debuggingAddress(app);
        await shownPage(address, `${APP_SCHEME}:`);
        const browser = await chromium.connectOverCDP(address, { timeout: LAUNCH_MS });
        const context = browser.contexts()[0]!;
        const page = context.pages()[0] ?? (await context.waitForEvent("page", { timeout: LAUNCH_MS }));
        await page.locator("#root > *").first().waitFor({ state: "attached", timeout: LAUNCH_MS });
        expect(await page.title()).toContain("Countersign");
        expect(new URL(page.url()).protocol).toBe(`${APP_SCHEME}:`);
        expect(existsSync(profile)).toBe(true);
        await browser.close();
      } finally {
        app.kill("SIGKILL");
      }
    },
    2 * LAUNCH_MS,
  );
});
