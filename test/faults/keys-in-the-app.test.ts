import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { installedElectron } from "../../scripts/setup/electron-runtime.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";
import { approval, PIN } from "../electron/approval.ts";
import { SECRET_SERVICE, startSecretService, type SecretService } from "../integration/secret-service.ts";
import { ISS } from "../blackbox/hospital.ts";
import { openAppSite, type AppSite } from "./app-site.ts";
import { until } from "./app-window.ts";
import { checkEverywhere } from "./everywhere.ts";
import type { ReviewData } from "#shared/ipc/contract.ts";

/**
 * Rows D6 and D7 of the fault matrix (reliability.md 7): the real app, the desktop's real store for secrets, at a real
 * gateway process where something waits for the person who cannot sign in.
 */

const programs = ["Xvfb", ...SECRET_SERVICE];
const canRun =
  process.platform === "linux" && installedElectron() !== undefined && programs.every((name) => hasProgram(name));
const STORE = "--password-store=gnome-libsecret";
/** A session bus at which nobody answers. */
const NOBODY = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/at/all" };

describe.runIf(canRun)("keys that the app cannot open", () => {
  let site: AppSite;
  let store: SecretService | undefined;
  let kid: string;
  let rid: string;
  let whole: string;

  const people = (): string => path.join(site.profile, "people");
  const file = (): string => path.join(people(), `${kid}.json`);
  const keys = (): string[] => readdirSync(people()).filter((name) => name.endsWith(".json"));
  const aside = (): string[] => readdirSync(path.join(people(), "quarantine"));
  const home = (name: string): string => {
    const folder = path.join(site.desktop, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const openStore = async (name = "secrets"): Promise<void> => {
    await store?.stop();
    store = await startSecretService(site.env, home(name));
  };
  const closeStore = async (): Promise<void> => {
    await store?.stop();
    store = undefined;
  };

  beforeAll(async () => {
    site = await openAppSite([STORE]);
    await openStore();
    await site.start();
    kid = await site.enrol("okafor", "os", PIN);
    whole = readFileSync(file(), "utf8");
    await site.signIn(kid, PIN);
    rid = await site.raise();
  }, 240_000);
  afterAll(async () => {
    await site.close();
    await closeStore();
  });

  /** As the person meets it: at the locked screen, with the right PIN. */
  async function signInByHand(reads: RegExp): Promise<void> {
    const { page } = site.app;
    await page.getByLabel("PIN", { exact: true }).fill(PIN);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText(reads).waitFor();
  }

  describe("D6 the store for secrets", () => {
    it.each([
      ["is gone", () => Promise.resolve(), NOBODY, STORE, /store for secrets is closed or not there/],
      ["was reset", () => openStore("reset"), {}, STORE, /its store for secrets was reset\. Enrol again/],
      ["keeps nothing safe any more", () => Promise.resolve(), {}, "--password-store=basic", /is closed or not there/],
    ] as const)(
      "D6 %s: the person reads that and what to do, at each attempt; the key stays as it is, and works when the store is back",
      async (_what, change, env, arg, words) => {
        await site.app.close();
        await change();
        await site.start({ args: [arg], env });
        await site.app.page.getByText("What is waiting is shown once you have signed in.").waitFor();
        await signInByHand(words);
        // Nobody has looked at the PIN, so it is never said to be wrong too often.
        for (let n = 0; n < 4; n++) {
          const reply = await site.app.ask("unlock", { kid, pin: PIN });
          expect(reply).toMatchObject({ ok: false, error: { code: "E_CLI_KEYSTORE" } });
        }
        expect((await site.app.snapshot()).phase.kind).toBe("locked");
        expect([readFileSync(file(), "utf8"), keys()]).toEqual([whole, [`${kid}.json`]]);
        expect(await site.hospital.state(rid)).toBe("open");

        await site.app.close();
        await openStore();
        await site.start();
        await site.signIn(kid, PIN);
      },
    );
  });

  const DAMAGE: Readonly<Record<string, (text: string) => string>> = {
    "cut off": (text) => text.slice(0, text.length / 2),
    empty: () => "",
    "one character changed": (text) => text.replace(/"data":"(.)/, (_all, c) => `"data":"${c === "A" ? "B" : "A"}`),
    "another directory in it": (text) => text.replaceAll("directory", "dlrectory"),
    "no JSON": (text) => text.replaceAll('"', "'"),
  };

  it.each(Object.entries(DAMAGE))(
    "D6 a key file %s: the person is told so where they would have signed in; nothing is signed, the file is kept aside, and none takes its place",
    async (_what, damage) => {
      await site.app.close();
      const damaged = damage(whole);
      writeFileSync(file(), damaged);
      const { page } = await site.start();
      await page.getByText(/A signing key on this computer is damaged\. It was set aside/).waitFor();
      expect(await site.app.phase("setup")).toMatchObject({ damaged_keys: 1 });
      expect(await site.app.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: false });
      expect([keys(), aside()]).toEqual([[], [`${kid}.json`]]);
      expect(readFileSync(path.join(people(), "quarantine", `${kid}.json`), "utf8")).toBe(damaged);
      expect(site.app.damaged).toEqual([`countersign: set aside ${kid}.json`]);
      expect(await site.hospital.state(rid)).toBe("open");
    },
  );

  it("D6 afterwards the person enrols again with another key, and what waited is decided with that one", async () => {
    const next = await site.enrol("okafor", "os", PIN);
    expect(next).not.toBe(kid);
    await site.signIn(next, PIN);
    await until(async () => (await site.app.snapshot()).rows.map(({ key }) => key.rid), [rid]);
    const opened = await site.app.ask("open_review", { key: { iss: ISS, rid } });
    if (!opened.ok) throw new Error(opened.error.code);
    expect(await site.app.ask("decide", approval(opened.value as ReviewData))).toMatchObject({ ok: true });
    await until(() => site.hospital.state(rid), "completed");
    // Said at the start of this app, and counted.
    expect(site.app.damaged).toHaveLength(1);
    await site.start();
    await site.signIn(next, PIN);
    await checkEverywhere(site, new Map([[rid, { decision: "approve", state: "completed" }]]));
  });

  it("D7 a desktop that keeps nothing safe gets no key: the enrolment is refused with the reason, and the gateway does not hear of it", async () => {
    const other = await openAppSite(["--password-store=basic"]);
    try {
      const { page } = await other.start();
      const { ticket, code } = await other.hospital.ticket("lee", ["--pools", "clinicians"]);
      await page.getByLabel("Enrolment ticket").fill(JSON.stringify(ticket));
      await page.getByLabel("Enrolment code").fill(code);
      await page.getByLabel("New PIN", { exact: true }).fill(PIN);
      await page.getByLabel("New PIN, again").fill(PIN);
      await page.getByRole("button", { name: "Continue" }).click();
      const said = page.getByText("This computer has no safe place for your signing key");
      await said.waitFor();
      // It stands at the other end of a long form: it is where the focus is, so that it is on the screen.
      const isSeen = await said.evaluate((node) => {
        const { top, bottom } = node.getBoundingClientRect();
        return top >= 0 && bottom <= window.innerHeight && document.activeElement?.contains(node) === true;
      });
      expect(isSeen).toBe(true);
      expect(await other.app.phase("setup")).toMatchObject({ enrolment: { kind: "ticket" } });
      expect(readdirSync(path.join(other.profile, "people"))).toEqual([]);
      expect(other.serving.log()).not.toMatch(/enrol/);
    } finally {
      await other.close();
    }
  });
});

it.runIf(!canRun)("D6 D7 skipped: the app, Xvfb, dbus or gnome-keyring is not installed", () => undefined);
