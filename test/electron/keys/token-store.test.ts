import { randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { verifyJws } from "#shared/protocol/verify/signed.ts";

import { systemClock } from "../../../electron/clock.ts";
import { tokenFault } from "../../../electron/keys/pkcs11/token-fault.ts";
import { tokenKeyStore } from "../../../electron/keys/pkcs11/token-store.ts";
import type { TokenMaterial } from "../../../electron/keys/wrapped-key.ts";
import { crypto, makeHospital } from "../hospital.ts";
import { makeManualClock } from "../manual-clock.ts";
import { CARD_PIN, makeSoftToken, NO_SOFT_TOKEN, SOFT_TOKEN_MODULE } from "./soft-token.ts";

const clock = systemClock();
const CONTEXT = "what the key is for and whom it trusts";

async function arrange() {
  const card = await makeSoftToken();
  const store = tokenKeyStore(card.start, SOFT_TOKEN_MODULE, randomBytes, clock);
  const made = (await store.make(CARD_PIN)) as TokenMaterial;
  const stored = await store.protect(made, CARD_PIN, CONTEXT);
  return { card, store, made, stored };
}
const open = async ({ store, stored }: Awaited<ReturnType<typeof arrange>>, pin = CARD_PIN) =>
  (await store.open(stored, pin, CONTEXT)) as TokenMaterial;

describe.skipIf(SOFT_TOKEN_MODULE === undefined)(
  `a key on a smart card${SOFT_TOKEN_MODULE === undefined ? ` (${NO_SOFT_TOKEN})` : ""}`,
  () => {
    it("signs on the card what every verifier of the protocol accepts, also after a restart", async () => {
      const t = await arrange();
      expect(t.made.token.storage).toBe("hardware");
      t.made.token.lock();
      const opened = await open(t);
      expect(opened.token.kid).toBe(t.made.token.kid);
      expect(Buffer.from(opened.secret).equals(Buffer.from(t.made.secret))).toBe(true);
      const credential = makeHospital().approverCredential(opened.token.jwk, { key_storage: "hardware" });
      const { cnf, ...claims } = JSON.parse(Buffer.from(credential.split(".")[1]!, "base64url").toString()) as {
        cnf: unknown;
      };
      const jws = await opened.token.sign("countersign-approver+jwt", { ...claims, cnf });
      const key = crypto.importKey(opened.token.jwk);
      expect(verifyJws(crypto, "approver", jws, (kid) => (kid === key.kid ? key : undefined)).header.alg).toBe("ES256");
    });

    it("keeps neither PIN nor key nor secret in what is stored", async () => {
      const { stored, made } = await arrange();
      const text = JSON.stringify(stored);
      expect(text).not.toContain(CARD_PIN);
      expect(text).not.toContain(Buffer.from(made.secret).toString("base64").slice(0, 20));
      expect(Object.keys(stored)).toEqual(["backend", "token"]);
    });

    it("does not open with a wrong PIN, and does with the right one after it", async () => {
      const t = await arrange();
      await expect(open(t, "000001")).rejects.toMatchObject({ code: "E_CLI_PIN" });
      await expect(open(t, "")).rejects.toMatchObject({ code: "E_CLI_PIN" });
      expect((await open(t)).token.kid).toBe(t.made.token.kid);
    });

    it("does not open when what the key trusts was changed", async () => {
      const { store, stored } = await arrange();
      await expect(store.open(stored, CARD_PIN, "another directory")).rejects.toMatchObject({ code: "E_CLI_KEYSTORE" });
    });

    it("says that the card is not in, and opens when it is back", async () => {
      const t = await arrange();
      t.card.remove();
      await expect(open(t)).rejects.toMatchObject({ code: "E_CLI_TOKEN_REMOVED" });
      await expect(t.store.check()).rejects.toMatchObject({ code: "E_CLI_TOKEN_REMOVED" });
      t.card.insert();
      expect((await open(t)).token.kid).toBe(t.made.token.kid);
    });

    it("signs nothing after lock, nor when the card's process is gone", async () => {
      const t = await arrange();
      const first = await open(t);
      first.token.lock();
      await expect(first.token.sign("countersign-decision+jwt", {})).rejects.toMatchObject({ code: "E_CLI_LOCKED" });
      const second = await open(t);
      const child = t.card.children.at(-1)!;
      child.kill("SIGSTOP");
      const signing = second.token.sign("countersign-decision+jwt", {});
      child.kill("SIGKILL");
      await expect(signing).rejects.toMatchObject({ code: "E_CLI_TOKEN" });
      await expect(second.token.sign("countersign-decision+jwt", {})).rejects.toMatchObject({ code: "E_CLI_TOKEN" });
    });

    it("drops a signature that comes after the lock", async () => {
      const t = await arrange();
      const { token } = await open(t);
      t.card.children.at(-1)!.kill("SIGSTOP");
      const signing = token.sign("countersign-decision+jwt", {});
      token.lock();
      await expect(signing).rejects.toMatchObject({ code: "E_CLI_TOKEN" });
    });

    it("tells that the card was taken out, within a second or so, and that its process is gone", async () => {
      const t = await arrange();
      const { token } = await open(t);
      const isGone = new Promise<void>((resolve) => token.onGone?.(resolve));
      t.card.remove();
      await isGone;
      await expect(token.sign("countersign-decision+jwt", {})).rejects.toMatchObject({ code: "E_CLI_TOKEN_REMOVED" });
      t.card.insert();
      const again = (await open(t)).token;
      const isOver = new Promise<void>((resolve) => again.onGone?.(resolve));
      t.card.children.at(-1)!.kill("SIGKILL");
      await isOver;
    });

    it("looks for the card as long as the key is open and no longer", async () => {
      const t = await arrange();
      const manual = makeManualClock();
      const store = tokenKeyStore(t.card.start, SOFT_TOKEN_MODULE, randomBytes, manual);
      const { token } = (await store.open(t.stored, CARD_PIN, CONTEXT)) as TokenMaterial;
      let gone = 0;
      token.onGone?.(() => gone++);
      const looked = () => t.card.posted.filter((call) => call === "present").length;
      for (let n = 1; n <= 3; n++) {
        manual.advance(1_000);
        expect(looked()).toBe(n);
        // Answered in its turn.
        await token.sign("countersign-decision+jwt", {});
      }
      token.lock();
      manual.advance(10_000);
      expect([looked(), gone]).toEqual([3, 0]);
    });

    it("is taken off the card again when nothing was enrolled with it", async () => {
      const t = await arrange();
      await t.made.forget();
      await expect(open(t)).rejects.toMatchObject({ code: "E_CLI_KEYSTORE" });
    });

    it("opens the same files when it replaces another on the card, and each goes from the card by itself", async () => {
      const t = await arrange();
      const next = (await t.store.make(CARD_PIN, t.made.secret)) as TokenMaterial;
      expect(next.token.kid).not.toBe(t.made.token.kid);
      const stored = await t.store.protect(next, CARD_PIN, CONTEXT);
      await t.made.forget();
      await expect(open(t)).rejects.toMatchObject({ code: "E_CLI_KEYSTORE" });
      const opened = await open({ ...t, stored });
      expect(opened.token.kid).toBe(next.token.kid);
      expect(Buffer.from(opened.secret).equals(Buffer.from(t.made.secret))).toBe(true);
    });

    it("is made only where exactly one card is in", async () => {
      const two = await makeSoftToken(["OKAFOR", "LEE"]);
      const store = tokenKeyStore(two.start, SOFT_TOKEN_MODULE, randomBytes, clock);
      await expect(store.make(CARD_PIN)).rejects.toMatchObject({ code: "E_CLI_TOKEN", message: /More than one/ });
    });

    it("says that there is no module where none is installed, or it is none", async () => {
      const card = await makeSoftToken();
      for (const file of [undefined, "/nowhere/module.so", "/usr/bin/env"]) {
        const store = tokenKeyStore(card.start, file, randomBytes, clock);
        await expect(store.check()).rejects.toMatchObject({ code: "E_CLI_TOKEN_MODULE" });
      }
    });
  },
);

describe("what a card refuses", () => {
  it.each([
    [0xa0, "E_CLI_PIN"],
    [0xa4, "E_CLI_TOKEN_LOCKED"],
    [0x32, "E_CLI_TOKEN_REMOVED"],
    [0xb3, "E_CLI_TOKEN_REMOVED"],
    [0x101, "E_CLI_LOCKED"],
    [0x30, "E_CLI_TOKEN"],
    [0x80000001, "E_CLI_TOKEN"],
  ])("0x%s is said as %s", (rv, code) => {
    expect(tokenFault(rv, "C_Sign")).toMatchObject({ code });
  });
});
