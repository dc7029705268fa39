import { cpSync, existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { answer, run } from "./command.ts";
import { open } from "./hospital.ts";

/** `gateway rotate --store-key` by command, on a gateway that serves (docs/operations.md, "The store's key"). */

it("is changed while the gateway serves, and a backup made since is not restored with the key of before", async () => {
  const hospital = await open();
  onTestFinished(async () => await hospital.close());
  const at = (name: string): string => path.join(hospital.folder, name);
  const rid = await hospital.raise("order");
  const old = readFileSync(at("gateway/store.key"), "utf8");

  const changed = await run(["gateway", "rotate", "--store-key", "--old-key-to", at("old.key")], hospital.env);
  expect(changed.status, changed.err).toBe(0);
  const { store_key, was, wrapped } = JSON.parse(changed.out) as Record<string, unknown>;
  expect([Number(wrapped) > 0, store_key === was]).toEqual([true, false]);
  expect(changed.err).toContain(String(was));
  expect(readFileSync(at("old.key"), "utf8")).toBe(old);
  expect(statSync(at("old.key")).mode & 0o777).toBe(0o600);
  expect(readFileSync(at("gateway/store.key"), "utf8")).not.toBe(old);
  expect(await hospital.state(rid)).toBe("open");

  expect(await answer(["gateway", "backup", "--to", at("copy")], hospital.env)).toMatchObject({ store_key });
  await hospital.serving.stop();
  cpSync(at("gateway"), at("keys"), { recursive: true });
  const env = { ...hospital.env, COUNTERSIGN_DATA: at("restored") };
  const newest = ["--newest-checkpoint", at("gateway/checkpoint")];
  const restore = ["gateway", "restore", "--from", at("copy"), "--keys", at("keys"), ...newest];
  cpSync(at("old.key"), at("keys/store.key"));
  const refused = await run(restore, env);
  expect([refused.status, refused.out, existsSync(at("restored"))]).toEqual([1, "", false]);
  expect(refused.err).toMatch(/^E_STORE_KEY: /);
  expect(refused.err).toContain(`needs the store's key, ${String(store_key)},`);
  expect(refused.err).toContain(`is ${String(was)}, another one`);
  cpSync(at("gateway/store.key"), at("keys/store.key"));
  expect(await answer(restore, env)).toMatchObject({ ok: true });
});
