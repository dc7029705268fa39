import { randomBytes } from "node:crypto";
import path from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { softwareKeyStore, type KeyStore } from "../../../electron/keys/key-store.ts";
import { keyOf } from "../../../electron/keys/wrapped-key.ts";
import { arrangeAtGateway } from "../arrange-workstation.ts";
import { enrolWith, PIN } from "../enrol-with.ts";
import { makeHeadless } from "../headless-workstation.ts";
import { Judge } from "../judge.ts";

/** Keys that are used as those on a card are, and a card that a test takes out. */
function makeCard() {
  const inner = softwareKeyStore(randomBytes, { n: 2, r: 8, p: 1 });
  const gone: (() => void)[] = [];
  const store: KeyStore = {
    ...inner,
    async open(stored, pin, context) {
      const material = await inner.open(stored, pin, context);
      const key = keyOf(material, "software");
      const token = { ...key, onGone: (listener: () => void) => void gone.push(listener) };
      const place = { serial: "1", label: "card", id: "1" };
      return { token, secret: material.secret, place, forget: () => Promise.resolve() };
    },
  };
  return { store, takeOut: () => gone.at(-1)?.(), opened: () => gone.length };
}

it("a card that is taken out locks the app and takes what is on the screen with it; who signs in again goes on", async () => {
  const { folder, gateway } = await arrangeAtGateway();
  const card = makeCard();
  const app = makeHeadless(path.join(folder, "card"), { stores: [card.store] });
  onTestFinished(() => app.workstation.stop());
  await app.workstation.start();
  const kid = await enrolWith(app, gateway);
  expect(await app.ask("unlock", { kid, pin: PIN })).toEqual({ ok: true, value: null });
  await expect.poll(() => app.snapshot().gateways[0]?.connection.kind).toBe("live");
  new Judge(gateway).issue();
  await expect.poll(() => app.snapshot().rows.length).toBe(1);

  card.takeOut();
  const locked = app.snapshot();
  expect(locked.phase).toMatchObject({ kind: "locked", card_out: locked.now });
  expect(locked.rows).toEqual([]);
  // A second word of the same card locks nobody out who has signed in since.
  expect(await app.ask("unlock", { kid, pin: PIN })).toEqual({ ok: true, value: null });
  expect(app.snapshot().phase).not.toHaveProperty("card_out");
  await app.ask("lock", undefined);
  expect(app.snapshot().phase).not.toHaveProperty("card_out");
});
