import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { keyName, makeNextKey } from "../../gateway/store/seal/key-file.ts";
import { openSqliteStore } from "../../gateway/store/sqlite.ts";
import { answer, run, serve } from "../blackbox/command.ts";
import { open } from "../blackbox/hospital.ts";

/** Backups across changes of the key of the store (docs/operations.md, "The store's key"), on real processes. */

it("is changed while the gateway serves, and each backup is restored with the key of its time and no other", async () => {
  const hospital = await open();
  onTestFinished(async () => await hospital.close());
  const at = (name: string): string => path.join(hospital.folder, name);
  const rid = await hospital.raise("order");
  const backUp = async (to: string, ...more: string[]) =>
    await answer<{ store_key: string }>(["gateway", "backup", "--to", at(to), ...more], hospital.env);
  /** A copy of the private keys, as it is kept apart. */
  const keepKeys = (to: string): void => {
    mkdirSync(at(to));
    for (const name of ["request-key.jwk", "token-key.jwk", "log-key.jwk", "agents-door.key", "store.key"])
      cpSync(at(`gateway/${name}`), path.join(at(to), name));
  };
  keepKeys("keys-before");
  const { store_key: before } = await backUp("copy-before");

  const rotate = ["gateway", "rotate", "--store-key", "--old-key-to", at("old.key")];
  const changed = await run(rotate, hospital.env);
  expect(changed.status, changed.err).toBe(0);
  const { store_key: after, was, wrapped } = JSON.parse(changed.out) as Record<string, unknown>;
  expect([was, Number(wrapped) > 0, after === was]).toEqual([before, true, false]);
  expect(changed.err).toContain(String(was));
  expect(readFileSync(at("old.key"), "utf8")).toBe(readFileSync(at("keys-before/store.key"), "utf8"));
  expect(statSync(at("old.key")).mode & 0o777).toBe(0o600);
  // A copy that is there is never written over.
  expect(await run(rotate, hospital.env)).toMatchObject({ status: 2, out: "" });

  // It goes on serving what was there and what is new.
  expect(await hospital.state(rid)).toBe("open");
  const later = await hospital.raise("referral");
  keepKeys("keys-after");
  expect((await backUp("copy-after")).store_key).toBe(after);
  await backUp("copy-whole", "--with-keys");
  await hospital.serving.stop();
  expect(await answer(["log", "verify"], hospital.env)).toMatchObject({ ok: true });

  const elsewhere = (to: string) => ({ ...hospital.env, COUNTERSIGN_DATA: at(to) });
  const restore = async (from: string, to: string, keys?: string, newest = "gateway/checkpoint") => {
    const more = keys === undefined ? [] : ["--keys", at(keys)];
    const args = ["gateway", "restore", "--from", at(from), "--newest-checkpoint", at(newest), ...more];
    return await run(args, elsewhere(to));
  };
  for (const [from, keys, wanted, given] of [
    ["copy-after", "keys-before", after, before],
    ["copy-before", "keys-after", before, after],
  ] as const) {
    const refused = await restore(from, "refused", keys);
    expect([refused.status, refused.out, existsSync(at("refused"))]).toEqual([1, "", false]);
    expect(refused.err).toMatch(/^E_STORE_KEY: /);
    expect(refused.err).toContain(`needs the store's key, ${String(wanted)},`);
    expect(refused.err).toContain(`is ${String(given)}, another one`);
    expect(refused.err).toContain("Nothing was put in place");
  }
  const copied = await restore("copy-before", "old", "keys-before", "copy-before/checkpoint");
  expect(copied.status, copied.err).toBe(0);
  const whole = await restore("copy-whole", "restored");
  expect(whole.status, whole.err).toBe(0);
  const restored = await serve(elsewhere("restored"));
  for (const one of [rid, later])
    expect((await answer(["gateway", "state", one], elsewhere("restored")))["state"]).toBe("withdrawn");
  await restored.stop();

  // A change that was begun and not ended: no backup needs two keys.
  const store = openSqliteStore(path.join(at("restored"), "gateway.sqlite"));
  const next = makeNextKey(at("restored"));
  store.write((tx) => tx.beginKeyChange(next));
  store.close();
  const early = await run(["gateway", "backup", "--to", at("early"), "--with-keys"], elsewhere("restored"));
  expect([early.status, early.err]).toEqual([1, expect.stringMatching(/^E_STORE_KEY: The store's key was changed/)]);
  expect(readdirSync(hospital.folder).filter((name) => name.startsWith("early"))).toEqual([]);
  // Stopped, by the same words; the copy of the old key is there from the first try.
  cpSync(at("restored/store.key"), at("again.key"));
  const words = ["gateway", "rotate", "--store-key", "--old-key-to", at("again.key")];
  const again = await answer(words, elsewhere("restored"));
  expect(again).toMatchObject({ was: after, store_key: keyName(next) });
  expect(await answer(["gateway", "backup", "--to", at("early")], elsewhere("restored"))).toMatchObject({ ok: true });
  expect(await answer(["log", "verify"], elsewhere("restored"))).toMatchObject({ ok: true });
});
