import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner } from "#shared/crypto/sign.ts";

import { checkpointFile } from "../../gateway/audit/checkpoint-file.ts";
import { openLog } from "../../gateway/audit/log.ts";
import { openDatabase } from "../../gateway/store/sqlite/database.ts";
import { MIGRATIONS } from "../../gateway/store/sqlite/schema.ts";
import { openSqliteStore } from "../../gateway/store/sqlite.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { makeDice } from "../fuzz/mutate.ts";

/** Rows A10, D4 and D11 of the fault matrix (reliability.md 7) at the store of a gateway: what power and disks do to files. */

const crypto = makeNodeCrypto();
const signer = makeSigner(generateKey("Ed25519"));
const COMMITS = 20;

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "countersign-store-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function openAt(folder: string) {
  const store = openSqliteStore(path.join(folder, "gateway.sqlite"));
  try {
    const file = checkpointFile(path.join(folder, "checkpoint"));
    const log = openLog({
      crypto,
      store,
      signer,
      origin: "gw.example/log",
      clock: systemClock,
      file,
      checkpointAfterMs: 1e9,
    });
    return { store, log };
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * A gateway's store that made its commits and was never closed.
 * @returns its files, and how long the write-ahead file was after each commit that was acknowledged
 */
function neverClosed(signsAtEnd: boolean) {
  const live = path.join(root, "live");
  const { store, log } = openAt(live);
  const wal = path.join(live, "gateway.sqlite-wal");
  const acknowledged: number[] = [];
  for (let i = 0; i < COMMITS; i++) {
    store.write((tx) => log.append(tx, { t: "config", obj: `sha-256:${String(i)}`, kid: signer.kid }));
    acknowledged.push(statSync(wal).size);
  }
  if (signsAtEnd) log.signNow();
  const files = ["gateway.sqlite", "gateway.sqlite-wal", "checkpoint", "store.key"].filter((name) =>
    statSync(path.join(live, name), { throwIfNoEntry: false }),
  );
  const kept = new Map(files.map((name) => [name, readFileSync(path.join(live, name))]));
  store.close();
  return { kept, acknowledged };
}

let copies = 0;
function put(kept: ReadonlyMap<string, Buffer>): string {
  const folder = path.join(root, String(copies++));
  mkdirSync(folder);
  for (const [name, bytes] of kept) writeFileSync(path.join(folder, name), bytes);
  return folder;
}

/** How many entries the log has that opens here, or the code with which it does not. */
function entriesAt(folder: string): number | string {
  try {
    const { store } = openAt(folder);
    const size = store.logSize();
    store.close();
    return size;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("A10 the power fails", () => {
  it("with the write-ahead file cut at any place: every commit that was acknowledged before it is there", () => {
    const { kept, acknowledged } = neverClosed(false);
    const size = kept.get("gateway.sqlite-wal")!.length;
    const lost: string[] = [];
    let cuts = 0;
    for (let cut = 0; cut <= size; cut += 241) {
      const folder = put(kept);
      truncateSync(path.join(folder, "gateway.sqlite-wal"), cut);
      const least = acknowledged.filter((end) => end <= cut).length;
      const found = entriesAt(folder);
      cuts++;
      if (typeof found !== "number" || found < least)
        lost.push(`cut at ${String(cut)}: ${String(found)} of ${String(least)}`);
    }
    console.log(`A10: ${String(cuts)} cuts of ${String(size)} bytes, ${String(lost.length)} lost`);
    expect(lost).toEqual([]);
  });
});

describe("D4 bits turn over", () => {
  it.each(["gateway.sqlite-wal", "gateway.sqlite"])(
    "in %s: what was signed for is whole, or nothing is served",
    (name) => {
      const { kept } = neverClosed(true);
      // All of it in the one file, as after a checkpoint of SQLite's own.
      if (name === "gateway.sqlite") {
        const folder = put(kept);
        openAt(folder).store.close();
        for (const one of [...kept.keys()]) {
          if (one === "gateway.sqlite-wal") kept.delete(one);
          else kept.set(one, readFileSync(path.join(folder, one)));
        }
      }
      const dice = makeDice(1);
      const found = new Map<number | string, number>();
      for (let i = 0; i < 300; i++) {
        const bytes = Buffer.from(kept.get(name)!);
        bytes[dice.pick(bytes.length)]! ^= 1 << dice.pick(8);
        const what = entriesAt(put(new Map([...kept, [name, bytes]])));
        found.set(what, (found.get(what) ?? 0) + 1);
      }
      console.log(
        `D4: 300 bits of ${name}: ${[...found].map(([what, n]) => `${String(n)} ${String(what)}`).join(", ")}`,
      );
      // The log's own bytes are a small part of the main file, and nearly all of the write-ahead file.
      for (const what of found.keys())
        expect(what).toBeOneOf([COMMITS, "E_STORE_CORRUPT", "E_STORE_NEWER", "E_STORE_READONLY"]);
      expect(found.get("E_STORE_CORRUPT")).toBeGreaterThan(0);
    },
  );
});

describe("D11 the process is killed while the schema is brought up to date", () => {
  it.each(["before", "after"])(
    "%s each of its statements: the next start goes on, and keeps everything",
    { timeout: 400_000 },
    (when) => {
      const old = path.join(root, "old.sqlite");
      const first = openDatabase(old, { access: "alone", migrations: MIGRATIONS.slice(0, 1) });
      first.exec("INSERT INTO paused (kind, id, at) VALUES ('agent', 'urn:agent', 1)");
      first.exec(`INSERT INTO requests (rid, rev, dig, jws, iat, exp, submit_by, grant_exp, nonce, agent, task_id, task_idx,
      op_dig, action, aud, need, risk, state, changed_at)
      VALUES ('r', 1, 'd', 'the request', 1, 9, 0, 0, 'n', 'urn:a', 't', 1, 'o', 'a', '[]', 1, 'high', 'failed', 7)`);
      first.exec(`INSERT INTO decisions (dig, rid, rev, kid, sub, decision, jws, iat, at, live)
      VALUES ('dd', 'r', 1, 'k', 'urn:p', 'approve', 'the decision', 5, 6, 1)`);
      first.close();
      for (let n = 1; ; n++) {
        const file = path.join(root, `${when}-${String(n)}`, "gateway.sqlite");
        mkdirSync(path.dirname(file));
        copyFileSync(old, file);
        const { signal, status, stderr } = spawnSync(
          process.execPath,
          [path.join(import.meta.dirname, "migrate.mjs"), file, when, String(n)],
          { encoding: "utf8" },
        );
        const store = openSqliteStore(file);
        expect(store.paused("agent")).toEqual(["urn:agent"]);
        expect([store.request("r", 1)?.jws, store.decisionByDigest("dd")?.jws]).toEqual([
          "the request",
          "the decision",
        ]);
        store.close();
        const bytes = readFileSync(file);
        expect([bytes.includes("the request"), bytes.includes("the decision")]).toEqual([false, false]);
        if (signal === "SIGKILL") continue;
        expect([status, stderr]).toEqual([0, expect.not.stringContaining("Error")]);
        expect(n).toBeGreaterThan(MIGRATIONS.length + 4);
        return;
      }
    },
  );
});
