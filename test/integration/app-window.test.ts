import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { _electron, type ElectronApplication, type Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { commands } from "#shared/ipc/contract.ts";

import { buildApp, buildEnvironment } from "../../scripts/build.mjs";
import { hasDisplay, startVirtualDisplay } from "../../scripts/display.mjs";
import { installedElectron } from "../../scripts/setup/electron-runtime.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";

import { appArguments, electronBinary, watchedArguments } from "../../demo/tour/app.ts";

const canShow = installedElectron() !== undefined && (hasDisplay(process.env) || hasProgram("Xvfb"));

interface Violation {
  readonly directive: string;
  readonly blocked: string;
}
declare global {
  interface Window {
    violations: Violation[];
  }
}

describe.runIf(canShow)("the app's window", () => {
  const profile = mkdtempSync(path.join(tmpdir(), "countersign-window-"));
  const complaints: string[] = [];
  let display: Awaited<ReturnType<typeof startVirtualDisplay>> | undefined;
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    await buildApp("production");
    if (!hasDisplay(process.env)) display = await startVirtualDisplay();
    app = await _electron.launch({
      executablePath: electronBinary(),
      args: watchedArguments({ profile, args: [] }),
      env: { ...buildEnvironment(), ...display?.env, ELECTRON_ENABLE_SECURITY_WARNINGS: "true" },
      timeout: 60_000,
    });
    app.context().on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page = await app.firstWindow({ timeout: 60_000 });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push({ directive: event.effectiveDirective, blocked: event.blockedURI });
      });
    });
    await page.reload();
    await page.getByRole("heading", { level: 1 }).first().waitFor();
  }, 240_000);

  afterAll(async () => {
    await app.close();
    display?.stop();
    rmSync(profile, { recursive: true, force: true });
  });

  it("opens on set-up with nothing to complain about: no console error or warning, no policy violation", async () => {
    expect(await page.getByRole("heading", { name: "Set up this workstation" }).isVisible()).toBe(true);
    expect(complaints.filter((line) => !/^(log|info|debug):/.test(line))).toEqual([]);
    expect(await page.evaluate(() => window.violations)).toEqual([]);
  });

  it("has every page preference at its safe value, read back from Electron", async () => {
    const read = await app.evaluate(({ webContents }) =>
      webContents.getAllWebContents().map((contents) => {
        const { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag } = (
          contents as unknown as { getLastWebPreferences(): Record<string, unknown> }
        ).getLastWebPreferences();
        return {
          sandbox,
          contextIsolation,
          nodeIntegration,
          webSecurity,
          webviewTag,
          url: contents.getURL(),
        };
      }),
    );
    expect(read).toEqual([
      {
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        url: "countersign-app://app/index.html",
      },
    ]);
    expect(await app.evaluate(({ session }) => session.defaultSession.isSpellCheckerEnabled())).toBe(false);
  });

  it("gives the page named commands and nothing else", async () => {
    const seen = await page.evaluate(() => ({
      given: Object.keys(window.countersign ?? {}).sort(),
      // What a page with Node or Electron would have.
      leaked: ["require", "process", "Buffer", "module", "electron", "ipcRenderer", "global"].filter(
        (name) => name in window,
      ),
    }));
    expect(seen).toEqual({ given: [...Object.keys(commands), "onEvent"].sort(), leaked: [] });
  });

  it("answers a malformed command with a refusal", async () => {
    const reply = await page.evaluate(() => window.countersign?.unlock({ kid: "short", pin: 1 } as never));
    expect(reply).toMatchObject({ ok: false, error: { code: "E_CLI_INPUT" } });
  });

  it("stays where it is: no navigation, no new window, no frame, no connection, no markup, no code from text", async () => {
    const tried = await page.evaluate(async () => {
      const opened = window.open("https://example.org/");
      location.href = "https://example.org/";
      const link = document.createElement("a");
      link.href = "file:///etc/passwd";
      link.click();
      const failed = async (run: () => unknown): Promise<boolean> => {
        try {
          await run();
          return false;
        } catch {
          return true;
        }
      };
      const frame = document.createElement("iframe");
      frame.src = "https://example.org/";
      document.body.append(frame);
      const result = {
        opened: opened === null,
        fetch: await failed(() => fetch("https://example.org/")),
        own: await failed(() => fetch("countersign-app://app/index.html")),
        socket: await failed(
          () =>
            new Promise((_resolve, reject) => {
              new WebSocket("wss://example.org/").onerror = reject;
            }),
        ),
        markup: await failed(() => {
          // eslint-disable-next-line no-restricted-syntax -- that it is refused is what is tested
          document.createElement("div").innerHTML = "<b>text</b>";
        }),
        // eslint-disable-next-line no-eval -- that it is refused is what is tested
        code: await failed(() => (0, eval)("1")),
      };
      frame.remove();
      return result;
    });
    expect(tried).toEqual({ opened: true, fetch: true, own: true, socket: true, markup: true, code: true });
    expect(page.url()).toBe("countersign-app://app/index.html");
    expect(app.windows().length).toBe(1);
  });

  it("grants nothing that a page could ask for", async () => {
    const states = await page.evaluate(async () => {
      const names = ["camera", "microphone", "geolocation", "notifications", "clipboard-read", "midi"];
      const all = await Promise.all(
        names.map((name) =>
          navigator.permissions.query({ name: name as PermissionName }).then(
            (s) => s.state,
            () => "denied",
          ),
        ),
      );
      return [...all, await Notification.requestPermission()];
    });
    expect(new Set(states)).toEqual(new Set(["denied"]));
  });

  it("serves only files that were built, each load of the page with a nonce of its own", async () => {
    const nonceOf = () => page.evaluate(() => (window as unknown as { __nonce__: string }).__nonce__);
    const first = await nonceOf();
    await page.reload();
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    const second = await nonceOf();
    expect(first).toMatch(/^[\w-]{24}$/);
    expect(second).not.toBe(first);
    const statuses = await app.evaluate(async ({ net }) => {
      const status = async (url: string) => (await net.fetch(url)).status;
      return Promise.all(
        ["index.html", "../package.json", "..%2f..%2fpackage.json", "%00", "no-such-file.js"].map((name) =>
          status(`countersign-app://app/${name}`),
        ),
      );
    });
    expect(statuses).toEqual([200, 404, 404, 404, 404]);
  });

  it("keeps its title and its smallest size", async () => {
    await page.evaluate(() => {
      document.title = "WATERS, Shauna";
    });
    const read = await app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      return { title: window?.getTitle(), least: window?.getMinimumSize() };
    });
    expect(read).toEqual({ title: "Countersign", least: [1024, 700] });
  });

  it("lets no second copy work on the same profile", async () => {
    const second = spawn(electronBinary(), appArguments({ profile, args: [] }), {
      env: { ...process.env, ...display?.env },
      stdio: "ignore",
      timeout: 30_000,
      killSignal: "SIGKILL",
    });
    const status = await new Promise((resolve) => second.once("exit", (code) => resolve(code)));
    expect(status).toBe(0);
    expect(app.windows().length).toBe(1);
  });
});
