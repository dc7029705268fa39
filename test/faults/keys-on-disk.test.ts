import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { osKeyStore, type OsSecrets } from "../../electron/keys/key-store.ts";
import { approval } from "../electron/approval.ts";
import { arrangeAtGateway } from "../electron/arrange-workstation.ts";
import { admit, enrolWith, PIN } from "../electron/enrol-with.ts";
import { makeHeadless, type Headless, type HeadlessOptions } from "../electron/headless-workstation.ts";
import { DIRECTORY_ISS, GATEWAY_ISS, makeRequestClaims, signRequest } from "../electron/hospital.ts";
import { makeManualClock } from "../electron/manual-clock.ts";
import type { ScriptedGateway } from "../electron/scripted-gateway.ts";
import { outOfReach } from "../electron/unreadable-file.ts";

/**
 * Rows D6, D7 and D10 of the fault matrix (reliability.md 7): the real key files in a profile folder and the real code of a
 * workstation, at a gateway that speaks the protocol and keeps every message it was sent (I4, I6: nothing is signed on
 * doubt).
 */

const CHEAP = { n: 2, r: 8, p: 1 };
const LEE = {
  sub: `${DIRECTORY_ISS}/approvers/lee`,
  name: "LEE, Min (Dr)",
  device: `${DIRECTORY_ISS}/devices/wow-17-lee`,
};

/** The desktop's secret store; what it is and whether it still knows its key is for a test to change. */
function makeSecrets() {
  const state = { backend: "gnome_libsecret", isAvailable: true, mask: 0x5a };
  const masked = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes, (byte) => byte ^ state.mask);
  const mark = "secret:";
  const secrets: OsSecrets = {
    backend: () => state.backend,
    isAvailable: async () => state.isAvailable,
    encrypt: async (text) => masked(Buffer.from(mark + text)),
    async decrypt(bytes) {
      const text = Buffer.from(masked(bytes)).toString();
      if (!text.startsWith(mark)) throw new Error("another key");
      return text.slice(mark.length);
    },
  };
  return { state, stores: [osKeyStore(secrets, randomBytes, CHEAP)] };
}

/** The app is started again on the same profile. */
async function restart(folder: string, options: HeadlessOptions): Promise<Headless> {
  const app = makeHeadless(folder, options);
  onTestFinished(() => app.workstation.stop());
  await app.workstation.start();
  return app;
}
const peopleOf = (folder: string): string => path.join(folder, "people");
const filesOf = (folder: string): string[] =>
  readdirSync(peopleOf(folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .sort();
const submitted = (gateway: ScriptedGateway): number =>
  gateway.received.all.filter(({ type }) => type.endsWith(".submit")).length;

describe("D6 a key file that is damaged, or that the operating system cannot open any more", () => {
  const DAMAGE: Readonly<Record<string, (text: string) => string>> = {
    "cut off": (text) => text.slice(0, text.length / 2),
    empty: () => "",
    "one character changed": (text) => text.replace(/"data":"(.)/, (_all, c) => `"data":"${c === "A" ? "B" : "A"}`),
    "another directory in it": (text) => text.replaceAll("directory", "dlrectory"),
    "no JSON": (text) => text.replaceAll('"', "'"),
  };

  it.each(Object.entries(DAMAGE))(
    "D6 %s: it is set aside whole, nothing is signed and nothing is made in its place; the person enrols again",
    async (_what, damage) => {
      const { folder, gateway, app } = await arrangeAtGateway();
      const kid = await enrolWith(app, gateway);
      await app.workstation.stop();
      const profile = path.join(folder, "app");
      const file = path.join(peopleOf(profile), `${kid}.json`);
      const damaged = damage(readFileSync(file, "utf8"));
      writeFileSync(file, damaged);

      const again = await restart(profile, {});
      expect(again.snapshot().phase).toMatchObject({ kind: "setup" });
      expect(filesOf(profile)).toEqual([path.join("quarantine", `${kid}.json`)]);
      expect(readFileSync(path.join(peopleOf(profile), "quarantine", `${kid}.json`), "utf8")).toBe(damaged);
      expect(await again.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: false });
      const sent = gateway.received.all.length;
      expect(submitted(gateway)).toBe(0);
      // Another key, by the whole ceremony; the old one is the directory's to revoke: who cannot read it cannot say so.
      const next = await enrolWith(again, gateway);
      expect(next).not.toBe(kid);
      expect(gateway.received.all.length).toBeGreaterThan(sent);
      expect(await again.ask("unlock", { kid: next, pin: PIN })).toEqual({ ok: true, value: null });
    },
  );

  it("D6 out of reach, by a permission or the disk: it stays as it is and is said, and the person signs in again once it is mended", async () => {
    const { folder, gateway, app } = await arrangeAtGateway();
    const kid = await enrolWith(app, gateway);
    await app.workstation.stop();
    const profile = path.join(folder, "app");
    const mend = await outOfReach(path.join(peopleOf(profile), `${kid}.json`));
    const without = await restart(profile, {});
    expect(without.snapshot().phase).toMatchObject({ kind: "setup", unreadable_keys: 1 });
    expect(filesOf(profile)).toEqual([`${kid}.json`]);
    await without.workstation.stop();

    await mend();
    const again = await restart(profile, {});
    expect(again.snapshot().phase).not.toHaveProperty("unreadable_keys");
    expect(await again.ask("unlock", { kid, pin: PIN })).toEqual({ ok: true, value: null });
  });

  it.each([
    ["was reset", { mask: 0x33 }],
    ["is another one", { backend: "kwallet6" }],
    ["is gone", { isAvailable: false }],
    ["keeps nothing safe any more", { backend: "basic_text" }],
  ] as const)(
    "D6 the secret store %s: the person is told to enrol again, and the file stays as it is",
    async (_what, change) => {
      const { state, stores } = makeSecrets();
      const { folder, gateway } = await arrangeAtGateway();
      const profile = path.join(folder, "os");
      mkdirSync(profile);
      const app = await restart(profile, { stores });
      const { ticket, code, kid } = admit(gateway, { key_storage: "os" });
      expect(await app.ask("enrol_begin", { ticket, code, pin: PIN, key_store: "os" })).toMatchObject({ ok: true });
      await app.enrolment("done");
      await app.ask("enrol_cancel", undefined);
      expect(await app.ask("unlock", { kid: kid(), pin: PIN })).toEqual({ ok: true, value: null });
      await app.workstation.stop();
      const file = path.join(peopleOf(profile), `${kid()}.json`);
      const before = readFileSync(file, "utf8");

      Object.assign(state, change);
      const again = await restart(profile, { stores });
      const reply = await again.ask("unlock", { kid: kid(), pin: PIN });
      expect(reply).toMatchObject({ ok: false, error: { code: "E_CLI_KEYSTORE" } });
      expect(again.snapshot().phase.kind).not.toBe("unlocked");
      expect([readFileSync(file, "utf8"), filesOf(profile)]).toEqual([before, [`${kid()}.json`]]);
      expect(submitted(gateway)).toBe(0);
    },
  );
});

it.each([
  ["basic_text", true],
  ["unknown", true],
  ["", true],
  ["gnome_libsecret", false],
])(
  "D7 a desktop whose secret store is %j (available: %s) gets no key: the enrolment ends before the gateway hears of it",
  async (backend, isAvailable) => {
    const { state, stores } = makeSecrets();
    Object.assign(state, { backend, isAvailable });
    const { folder, gateway } = await arrangeAtGateway();
    const profile = path.join(folder, "os");
    const app = await restart(profile, { stores });
    const { ticket, code } = admit(gateway, { key_storage: "os" });
    const reply = await app.ask("enrol_begin", { ticket, code, pin: PIN, key_store: "os" });
    expect(reply).toMatchObject({ ok: false, error: { code: "E_CLI_KEYSTORE" } });
    expect(app.snapshot().phase.kind).toBe("setup");
    expect([gateway.peers, filesOf(profile)]).toEqual([[], []]);
  },
);

describe("D10 the workstation is left while somebody signs", () => {
  async function signing() {
    const clock = makeManualClock();
    const { gateway, app } = await arrangeAtGateway(clock);
    const kid = await enrolWith(app, gateway);
    const lee = await enrolWith(app, gateway, LEE);
    await app.ask("unlock", { kid, pin: PIN });
    await expect.poll(() => app.snapshot().gateways[0]?.connection.kind).toBe("live");
    const request = signRequest(gateway.hospital, makeRequestClaims());
    gateway.push("action.pending", { jws: request.jws });
    const listed = () => [app.snapshot().rows.length, app.snapshot().gateways[0]?.refused];
    await expect.poll(listed, { timeout: 5_000 }).toEqual([1, {}]);
    const opened = await app.ask("open_review", { key: { iss: GATEWAY_ISS, rid: request.claims.rid } });
    if (!opened.ok) throw new Error("not opened");
    return { app, gateway, kid, lee, input: approval(opened.value) };
  }

  it.each(["locks", "is locked and another person signs in"] as const)(
    "D10 it %s: the decision is given up, nothing was sent, and the page has nothing of the request any more",
    async (how) => {
      const { app, gateway, kid, lee, input } = await signing();
      const deciding = app.ask("decide", input);
      await app.ask("lock", undefined);
      expect(await deciding).toMatchObject({
        ok: false,
        error: { code: expect.stringMatching(/^E_CLI_(CANCELLED|LOCKED)$/) as string },
      });
      expect(app.snapshot().phase.kind).toBe("locked");
      expect([app.snapshot().rows, submitted(gateway)]).toEqual([[], 0]);
      const who = how === "locks" ? kid : lee;
      expect(await app.ask("unlock", { kid: who, pin: PIN })).toEqual({ ok: true, value: null });
      await expect.poll(() => app.snapshot().gateways[0]?.connection.kind).toBe("live");
      // Nothing waited for whoever comes: a decision is made by who sees the request, or not at all.
      expect(await app.ask("decide", input)).toMatchObject({ ok: false });
      expect(submitted(gateway)).toBe(0);
      expect([app.faults, app.damaged]).toEqual([[], []]);
    },
  );
});
