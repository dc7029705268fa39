import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { installedElectron } from "../../scripts/setup/electron-runtime.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";
import { startEnrollingApp, type EnrollingApp } from "./enrolling-app.ts";
import { SECRET_SERVICE, startSecretService, type SecretService } from "./secret-service.ts";

const PIN = "730415";
const programs = ["Xvfb", ...SECRET_SERVICE];
const canRun =
  process.platform === "linux" && installedElectron() !== undefined && programs.every((name) => hasProgram(name));

describe.runIf(canRun)("a signing key kept by the operating system", () => {
  let keyring: SecretService | undefined;
  let t: EnrollingApp;

  beforeAll(async () => {
    t = await startEnrollingApp(["--password-store=gnome-libsecret"]);
  }, 240_000);

  afterAll(async () => {
    await keyring?.stop();
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
    keyring = await startSecretService(t.env, t.folder);
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
