import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { makeRekeying } from "../../../gateway/store/rekey.ts";
import { importKey, openBytes } from "../../../gateway/store/seal/cipher.ts";
import { keyName, readStoreKey } from "../../../gateway/store/seal/key-file.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { crypto } from "../device.ts";
import { added, AT, code, digest } from "./contract-fixtures.ts";

/** The store's key is changed while the store is at work (docs/decisions/0015). */

let root: string;
let folder: string;
let store: Store;
let leaves: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cs-key-change-"));
  folder = join(root, "store");
  leaves = [];
  open();
});
afterEach(() => {
  store.close();
  rmSync(root, { recursive: true });
});

const file = (): string => join(folder, "gateway.sqlite");
const keyFile = (): string => join(folder, "store.key");
const nextFile = (): string => join(folder, "store-next.key");
const open = (): void => void (store = openSqliteStore(file(), { onFault: () => undefined }));
function reopen(): void {
  store.close();
  open();
}
const rekeying = (most = 2) =>
  makeRekeying({
    ...{ folder, store, crypto, kid: "k", now: () => AT, most, randomText: () => String(leaves.length) },
    records: { leaf: (_tx, { t }) => leaves.push(t) },
  });
const step = () => rekeying().step("engineer");
function change() {
  for (let i = 0; i < 100; i++) {
    const one = step();
    if (one.done) return one;
  }
  throw new Error("it does not end");
}

/** Patients with several revisions, what is about nobody, and an erased one; what reads all of it. */
const placed = <K extends object>(key: K) => ({ ...key, place: { salt: "", index: 0, path: [] } });

function fill() {
  const requests = ["one", "one", "two", "three", undefined, undefined].map((who, i) =>
    added(store, { ...(who === undefined ? {} : { patient: `Patient/${who}` }), jws: `text ${String(i)}` }),
  );
  const answer = (jti: string): void => {
    store.write((tx) => {
      const at = { kid: "k1", jti, dig: digest(), kind: "statement", result: "recorded", at: AT } as const;
      tx.addAnswer({ ...at, jws: `answer ${jti}`, receipt: "h.p.s" });
    });
  };
  answer("j1");
  const erased = added(store, { patient: "Patient/gone" });
  store.write((tx) => tx.eraseKeys(tx.subjectKeys({ rid: erased.rid }).map(placed), AT, "r"));
  return {
    requests,
    answer,
    read: () => [
      ...requests.map(({ rid }) => store.request(rid, 1)?.jws),
      store.answer("k1", "j1")?.jws,
      code(() => store.request(erased.rid, 1)?.jws),
      Buffer.from(store.reportKey()).toString("hex"),
      store.patientKey("Patient/one") !== undefined,
    ],
  };
}

interface Wrapped {
  readonly name: string;
  readonly wrapped: Uint8Array;
}
function wrappedIn(path: string): readonly Wrapped[] {
  const db = new DatabaseSync(path);
  const rows = db
    .prepare(
      `SELECT 'patient ' || name AS name, wrapped FROM patient_keys WHERE wrapped IS NOT NULL
       UNION ALL SELECT 'subject ' || name, wrapped FROM subject_keys WHERE wrapped IS NOT NULL`,
    )
    .all();
  db.close();
  return rows.map(({ name, wrapped }) => ({ name: String(name), wrapped: wrapped as Uint8Array }));
}
const keyOf = (path: string): Uint8Array => readStoreKey(path) ?? new Uint8Array(32);
const opens = (key: Uint8Array, { name, wrapped }: Wrapped): boolean =>
  code(() => openBytes(importKey(key), name, wrapped)) === "no error";

describe("a change of the store's key", () => {
  it("leaves everything readable, nothing that the old key opens, in no file, and an entry in the log", () => {
    const filled = fill();
    const before = filled.read();
    reopen();
    cpSync(folder, join(root, "old"), { recursive: true });
    const old = wrappedIn(join(root, "old", "gateway.sqlite"));
    const done = change();
    expect(filled.read()).toEqual(before);
    expect(done).toEqual({
      ...{ done: true, wrapped: 10, store_key: keyName(keyOf(folder)), was: keyName(keyOf(join(root, "old"))) },
    });
    expect(readdirSync(folder).filter((name) => name.includes("key"))).toEqual(["store.key"]);
    expect(leaves).toEqual(["config"]);
    const record = store.lastPublished("store-key") ?? "";
    expect(JSON.parse(record)).toMatchObject({
      ...{ format: "countersign-store-key/1", by: "engineer", at: AT, wrapped: 10, was: done.was },
    });

    const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
    expect(old).toHaveLength(10);
    expect(old.filter(({ wrapped }) => bytes.includes(Buffer.from(wrapped)))).toEqual([]);
    reopen();
    expect(filled.read()).toEqual(before);
    store.close();
    // SECURITY: neither with the old key, nor with a patient's key that the old one opens in an old copy.
    const oldKey = keyOf(join(root, "old"));
    const below = old
      .filter((one) => opens(oldKey, one))
      .map(({ name, wrapped }) => openBytes(importKey(oldKey), name, wrapped));
    expect(below).toHaveLength(6);
    for (const one of wrappedIn(file())) {
      for (const key of [oldKey, ...below]) expect(opens(key, one)).toBe(false);
    }
    copyFileSync(join(root, "old", "store.key"), keyFile());
    expect(code(open)).toBe("E_STORE_KEY");
    writeFileSync(
      keyFile(),
      `${Buffer.from(keyOf(join(root, "old")).map((byte) => byte ^ 1)).toString("base64url")}\n`,
    );
    expect(code(open)).toBe("E_STORE_KEY");
    rmSync(folder, { recursive: true });
    open();
  });

  it("goes on while everything is read, stored and erased, and over every stop between", () => {
    const filled = fill();
    const before = filled.read();
    const more: { rid: string; jws: string }[] = [];
    let isDone = false;
    for (let i = 0; !isDone; i++) {
      expect(i).toBeLessThan(100);
      isDone = step().done;
      expect(filled.read()).toEqual(before);
      // A patient of before, and one of whom nothing was there.
      for (const who of ["one", `new-${String(i)}`])
        more.push(added(store, { patient: `Patient/${who}`, jws: `new ${String(i)}` }));
      filled.answer(`during ${String(i)}`);
      const gone = added(store, { patient: "Patient/two" });
      store.write((tx) => tx.eraseKeys(tx.subjectKeys({ rid: gone.rid }).map(placed), AT, "r"));
      if (i % 2 === 1) reopen();
      for (const { rid, jws } of more) expect(store.request(rid, 1)?.jws).toBe(jws);
      expect(code(() => store.request(gone.rid, 1)?.jws)).toBe("E_STORE_ERASED");
      expect(store.answer("k1", `during ${String(i)}`)?.jws).toBe(`answer during ${String(i)}`);
    }
    expect(more.length).toBeGreaterThan(6);
    reopen();
    for (const { rid, jws } of more) expect(store.request(rid, 1)?.jws).toBe(jws);
    expect(filled.read()).toEqual(before);
    expect(leaves).toEqual(["config"]);
  });

  it("needs both keys until it is done, and neither opens the store alone", () => {
    const filled = fill();
    const before = filled.read();
    for (let i = 0; i < 3; i++) expect(step().done).toBe(false);
    store.close();
    cpSync(nextFile(), join(root, "kept"));
    for (const spoil of [() => rmSync(nextFile()), () => writeFileSync(nextFile(), "short\n")]) {
      spoil();
      expect(code(open)).toBe("E_STORE_KEY");
    }
    copyFileSync(join(root, "kept"), nextFile());
    cpSync(keyFile(), join(root, "old"));
    rmSync(keyFile());
    expect(code(open)).toBe("E_STORE_KEY");
    copyFileSync(join(root, "old"), keyFile());
    open();
    expect(filled.read()).toEqual(before);
    expect(change().done).toBe(true);
    expect(filled.read()).toEqual(before);
  });

  it("is rolled back with what it was part of, at each of its steps", () => {
    const filled = fill();
    const before = filled.read();
    const lost = (work: Parameters<typeof store.write>[0]): void => {
      const failing = (): unknown =>
        store.write((tx) => {
          work(tx);
          // With whatever key it is now.
          tx.keepPatientKey("Patient/lost", AT);
          throw new Error("rolled back");
        });
      expect(code(failing)).toBe("Error: rolled back");
      expect(filled.read()).toEqual(before);
      const { rid } = added(store, { patient: "Patient/after", jws: "after" });
      reopen();
      expect(store.request(rid, 1)?.jws).toBe("after");
    };
    lost((tx) => tx.beginKeyChange(new Uint8Array(32).fill(7)));
    step();
    lost((tx) => tx.wrapAnew(1000));
    while (store.write((tx) => tx.wrapAnew(2)));
    lost((tx) => tx.endKeyChange());
    reopen();
    expect(filled.read()).toEqual(before);
    expect(change().done).toBe(true);
    reopen();
    expect(filled.read()).toEqual(before);
  });

  it("takes its last step with the next opening, or before another change, where it was cut short there", () => {
    const filled = fill();
    const before = filled.read();
    cpSync(keyFile(), join(root, "old"));
    change();
    for (const isOpenedAgain of [true, false]) {
      // As it is after the last commit: the new key is the next one still.
      cpSync(keyFile(), nextFile());
      copyFileSync(join(root, "old"), keyFile());
      if (isOpenedAgain) {
        reopen();
        expect(existsSync(nextFile())).toBe(false);
      } else {
        expect(step().done).toBe(false);
        reopen();
        expect(filled.read()).toEqual(before);
        expect(change().done).toBe(true);
        reopen();
      }
      expect(filled.read()).toEqual(before);
    }
  });

  it("begins with a key of its own where one was made and never used", () => {
    writeFileSync(nextFile(), `${Buffer.alloc(32, 1).toString("base64url")}\n`);
    const filled = fill();
    const before = filled.read();
    reopen();
    change();
    reopen();
    expect(filled.read()).toEqual(before);
    expect(Buffer.from(keyOf(folder)).equals(Buffer.alloc(32, 1))).toBe(false);
  });

  it("is stopped by a wrapped key that was changed, and the store opens as before", () => {
    const filled = fill();
    store.close();
    const db = new DatabaseSync(file());
    db.exec("UPDATE patient_keys SET wrapped = zeroblob(60) WHERE id = 3");
    db.close();
    open();
    expect(code(change)).toBe("E_STORE_CORRUPT");
    reopen();
    const [{ rid } = { rid: "" }] = filled.requests;
    expect(store.request(rid, 1)?.jws).toBe("text 0");
    expect(code(change)).toBe("E_STORE_CORRUPT");
  });
});
