import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { installedElectron } from "../../scripts/setup/electron-runtime.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";
import { startEnrollingApp, type EnrollingApp } from "./enrolling-app.ts";

const PIN = "730415";
const programs = ["Xvfb", "gnome-keyring-daemon", "dbus-daemon", "dbus-send"];
const canRun =
  process.platform === "linux" && installedElectron() !== undefined && programs.every((name) => hasProgram(name));

/** Whether somebody on this session bus answers for secrets. */
const answers = (env: NodeJS.ProcessEnv): boolean =>
  spawnSync("dbus-send", [...TO_BUS, "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"], {
    env,
    encoding: "utf8",
  }).stdout.includes("boolean true");
const TO_BUS = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"];

/** The desktop's secret store, unlocked, on this session bus; resolves when it answers there. */
async function startKeyring(env: NodeJS.ProcessEnv, home: string): Promise<ChildProcess> {
  const keyring = spawn("gnome-keyring-daemon", ["--foreground", "--unlock", "--components=secrets"], {
    env: { ...env, HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home },
    stdio: ["pipe", "ignore", "ignore"],
  });
  keyring.stdin.end("password of the keyring");
  // The daemon says nothing in the foreground: its name on the bus is the only sign.
  await expect.poll(() => answers(env), { timeout: 20_000 }).toBe(true);
  return keyring;
}

describe.runIf(canRun)("a signing key kept by the operating system", () => {
  let keyring: ChildProcess | undefined;
  let t: EnrollingApp;

  beforeAll(async () => {
    t = await startEnrollingApp(["--password-store=gnome-libsecret"]);
  }, 240_000);

  afterAll(async () => {
    keyring?.kill();
    await t.close();
  });

  it("is refused where the desktop names a store that is not there", async () => {
    const { app, page } = await t.launch({ DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/at/all" });
    try {
      expect(await t.ask(page, "os", PIN)).toMatchObject({ ok: false, error: { code: "E_CLI_KEYSTORE" } });
      expect((await t.phase(page))?.kind).toBe("setup");
    } finally {
      await app.close();
    }
  }, 120_000);

  it("is wrapped by the store and the PIN, survives a restart, and opens with the PIN only", async () => {
    keyring = await startKeyring(t.env, t.folder);
    const first = await t.launch();
    let kid: string;
    try {
      expect(await t.ask(first.page, "os", PIN)).toEqual({ ok: true, value: null });
      const person = await t.confirm(first.page);
      expect(person.key_storage).toBe("os");
      kid = person.kid;
    } finally {
      await first.app.close();
    }
    const file = readFileSync(path.join(t.profile, "people", `${kid}.json`), "utf8");
    expect(JSON.parse(file)).toMatchObject({ key: { backend: "gnome_libsecret" } });
    const kept = [`${kid}.json`, `${kid}.practised`, `${kid}.vault`];
    expect(readdirSync(path.join(t.profile, "people")).sort()).toEqual(kept);

    const second = await t.launch();
    try {
      expect(await t.unlock(second.page, kid, "000001")).toMatchObject({ ok: false, error: { code: "E_CLI_PIN" } });
      expect(await t.unlock(second.page, kid, PIN)).toEqual({ ok: true, value: null });
      expect((await t.phase(second.page))?.kind).toBe("unlocked");
      await second.page.getByRole("heading", { name: "My requests" }).waitFor();
    } finally {
      await second.app.close();
    }
  }, 180_000);
});

it.runIf(!canRun)("skipped: the app, Xvfb, dbus or gnome-keyring is not installed", () => undefined);
