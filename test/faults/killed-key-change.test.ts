import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey } from "#shared/crypto/sign.ts";
import { jdig } from "#shared/protocol/digest.ts";

import { added, AT } from "../gateway/store/contract-fixtures.ts";
import { makeRequest, signRequest } from "../shared/protocol/fixture/hospital.ts";
import { openKept, rekey, type Kept } from "./kept-store.ts";

/** A change of the store's key (docs/decisions/0015) that is killed leaves a store that opens, and the next one goes on. */

const crypto = makeNodeCrypto();
const logKey = generateKey("Ed25519");

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "countersign-key-change-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Patients with one and two requests, what is about nobody, and a log that is signed for. */
function fill(folder: string) {
  mkdirSync(folder);
  writeFileSync(path.join(folder, "log-key.jwk"), JSON.stringify(logKey));
  const { store, log } = openKept(folder, logKey);
  const texts = ["one", "one", "two", undefined, undefined].map((who, i) => {
    const { jws } = signRequest({ ...makeRequest(), iat: AT + i });
    const about = who === undefined ? {} : { patient: `Patient/${who}` };
    const request = added(store, { ...about, jws, iat: AT + i, dig: jdig(crypto, jws) });
    store.write((tx) => log.append(tx, { t: "request", obj: request.dig, rid: request.rid, rev: 1, kid: "k1" }));
    return [request.rid, jws] as const;
  });
  log.signNow();
  const size = store.logSize();
  store.close();
  return { texts, size, wrapped: wrappedIn(folder), key: readFileSync(path.join(folder, "store.key"), "utf8") };
}

function wrappedIn(folder: string): readonly Buffer[] {
  const db = new DatabaseSync(path.join(folder, "gateway.sqlite"));
  const rows = db.prepare("SELECT wrapped FROM patient_keys UNION SELECT wrapped FROM subject_keys").all();
  db.close();
  return rows.map(({ wrapped }) => Buffer.from(wrapped as Uint8Array));
}

/** Of the keys as they were wrapped before, how many stand in any file of the folder. */
function oldKeysIn(folder: string, { wrapped }: ReturnType<typeof fill>): number {
  const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(path.join(folder, name))));
  return wrapped.filter((key) => bytes.includes(key)).length;
}

function stateOf({ store }: Kept, folder: string, before: ReturnType<typeof fill>): string {
  for (const [rid, jws] of before.texts) expect(store.request(rid, 1)?.jws).toBe(jws);
  const leaves = store.leavesFrom(before.size, 100).map(({ type }) => type);
  const isNew = readFileSync(path.join(folder, "store.key"), "utf8") !== before.key;
  const change = store.keyChange() === undefined ? "no change" : "under way";
  return `${change}, ${isNew ? "new" : "old"} key, ${leaves.join(" ") || "no leaf"}`;
}
const BEFORE = "no change, old key, no leaf";
const UNDER_WAY = "under way, old key, no leaf";
const DONE = "no change, new key, config";

describe("a change of the store's key that is killed", () => {
  it.each(["before", "after"])(
    "%s each of its statements and steps with files: the store opens and reads, takes what is new, and again it ends in changed",
    (when) => {
      const origin = path.join(root, "origin");
      const before = fill(origin);
      expect(before.wrapped).toHaveLength(7);
      const seen = new Map<string, number>();
      const places = new Set<string>();
      for (let n = 1; ; n++) {
        const folder = path.join(root, String(n));
        cpSync(origin, folder, { recursive: true });
        const { signal, status, stdout, stderr } = spawnSync(
          process.execPath,
          [path.join(import.meta.dirname, "rekey.mjs"), folder, when, String(n)],
          { encoding: "utf8" },
        );
        const where = `${when} ${String(n)}, ${stdout.trim()}`;
        const kept = openKept(folder, logKey);
        const state = stateOf(kept, folder, before);
        expect(state, where).toBeOneOf([BEFORE, UNDER_WAY, DONE]);
        seen.set(state, (seen.get(state) ?? 0) + 1);
        places.add(stdout.trim().split(" ")[0] ?? "");
        const during = added(kept.store, { patient: "Patient/one", jws: "during" });
        kept.store.write((tx) =>
          kept.log.append(tx, { t: "request", obj: during.dig, rid: during.rid, rev: 1, kid: "k1" }),
        );
        expect(kept.store.request(during.rid, 1)?.jws).toBe("during");
        if (state !== DONE) expect(rekey(kept), where).toMatchObject({ done: true });
        expect(kept.store.request(during.rid, 1)?.jws).toBe("during");
        kept.store.close();
        expect(oldKeysIn(folder, before), where).toBe(0);
        expect(existsSync(path.join(folder, "store-next.key")), where).toBe(false);
        rmSync(path.join(folder, "store.key"));
        cpSync(path.join(origin, "store.key"), path.join(folder, "store.key"));
        expect(() => openKept(folder, logKey), where).toThrow(expect.objectContaining({ code: "E_STORE_KEY" }));
        rmSync(folder, { recursive: true });
        if (signal === "SIGKILL") continue;
        expect([status, stderr]).toEqual([0, expect.not.stringContaining("Error")]);
        const counts = [...seen].map(([s, k]) => `${String(k)} ${s}`).join(" | ");
        console.log(`killed ${when}: ${String(n - 1)} places; ${counts}`);
        expect(seen.get(BEFORE)).toBeGreaterThan(5);
        expect(seen.get(UNDER_WAY)).toBeGreaterThan(20);
        expect(seen.get(DONE)).toBeGreaterThan(3);
        for (const place of ["writeFileSync", "fsyncSync", "renameSync", "COMMIT", "PRAGMA"])
          expect(places).toContain(place);
        return;
      }
    },
    400_000,
  );
});
