import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

import { verifyCheckpoint } from "#shared/ledger/note.ts";
import { verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
import { appendLeaf, memoryNodes, treeRoot } from "#shared/ledger/tree.ts";
import { verifyConsistency } from "#shared/ledger/verify.ts";
import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { checkpointFile } from "../../../gateway/audit/checkpoint-file.ts";
import { openLog, type AuditLog, type AuditLogOptions } from "../../../gateway/audit/log.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { makeManualClock } from "../manual-clock.ts";

const crypto = makeNodeCrypto();
const signer = makeSigner(generateKey("Ed25519"));
const root = mkdtempSync(join(tmpdir(), "cs-log-"));
const stores: Store[] = [];
let n = 0;
const folderOf = (): string => join(root, String(n++));
const digest = (i: number): string => `sha-256:${Buffer.alloc(32, i + 1).toString("base64url")}`;

function open(
  folder: string,
  onAuditing: AuditLogOptions["onAuditing"] = () => undefined,
): { store: Store; log: AuditLog; clock: ReturnType<typeof makeManualClock> } {
  const store = openSqliteStore(join(folder, "gateway.sqlite"));
  stores.push(store);
  const clock = makeManualClock();
  const file = checkpointFile(join(folder, "checkpoint"));
  try {
    return { store, clock, log: openLog({ crypto, store, signer, origin: "gw.example/log", clock, file, onAuditing }) };
  } catch (error) {
    store.close();
    throw error;
  }
}

function append(store: Store, log: AuditLog, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) {
    store.write((tx) => log.append(tx, { t: "config", obj: digest(i), kid: signer.kid }));
  }
}

/** The root of these leaf hashes, computed without a store. */
function memoryTree(hashes: readonly Uint8Array<ArrayBuffer>[]): Uint8Array {
  const nodes = memoryNodes();
  for (const [i, hash] of hashes.entries()) appendLeaf(crypto, nodes, i, hash);
  return treeRoot(crypto, nodes, hashes.length);
}

const refusal = (act: () => unknown): { code: unknown; message: string } => {
  try {
    act();
  } catch (error) {
    if (error instanceof Error && "code" in error) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: "no error", message: "" };
};

afterAll(() => {
  for (const store of stores) store.close();
  rmSync(root, { recursive: true, force: true });
});

it("tells how far the audit of a start is, part by part", () => {
  const folder = folderOf();
  const first = open(folder);
  first.store.write((tx) => {
    for (let i = 0; i < 1001; i++) first.log.append(tx, { t: "config", obj: digest(0), kid: signer.kid });
  });
  first.store.close();
  const told: unknown[] = [];
  open(folder, (part, done) => told.push([part, done]));
  expect(told).toEqual([
    ...[
      ["entry", 1000],
      ["entry", 1001],
    ],
    ...[
      ["request", 0],
      ["decision", 0],
      ["statement", 0],
    ],
  ]);
});

describe("appending", () => {
  it("gives consecutive indices and keeps no leaf of a transaction that is rolled back", () => {
    const { store, log } = open(folderOf());
    append(store, log, 2);
    expect(() =>
      store.write((tx) => {
        log.append(tx, { t: "config", obj: digest(9), kid: signer.kid });
        throw new Error("stop");
      }),
    ).toThrow("stop");
    const appended = store.write((tx) => log.append(tx, { t: "config", obj: digest(2), kid: signer.kid }));
    expect(appended.index).toBe(2);
    expect(store.logSize()).toBe(3);
    expect(store.leafOf(digest(9))).toBeUndefined();
  });

  it("gives the tree of what was committed, whatever groups and savepoints of it were rolled back", () => {
    // Each transaction is a list of savepoints; a number is how many leaves one adds, and whether it then fails.
    const savepoint = fc.record({ leaves: fc.nat(3), fails: fc.boolean() });
    const transaction = fc.record({ savepoints: fc.array(savepoint, { maxLength: 4 }), fails: fc.boolean() });
    fc.assert(
      fc.property(fc.array(transaction, { minLength: 1, maxLength: 12 }), (transactions) => {
        const { store, log } = open(folderOf());
        const kept: string[] = [];
        let serial = 0;
        for (const { savepoints, fails } of transactions) {
          const added: string[] = [];
          const attempt = (act: () => void): boolean => refusal(act).code === "no error";
          const stands = attempt(() => {
            store.write(() => {
              for (const one of savepoints) {
                const mine = Array.from({ length: one.leaves }, () => digest(serial++ % 250) + String(serial));
                const stood = attempt(() => {
                  store.write((tx) => {
                    for (const obj of mine) log.append(tx, { t: "config", obj, kid: signer.kid });
                    if (one.fails) throw new CountersignError("E_STORE_FULL");
                  });
                });
                if (stood) added.push(...mine);
              }
              if (fails) throw new CountersignError("E_STORE_FULL");
            });
          });
          if (stands) kept.push(...added);
        }
        const leaves = store.leavesFrom(0, 1_000);
        expect(leaves.map(({ obj }) => obj)).toEqual(kept);
        expect(store.logSize()).toBe(kept.length);
        const root = memoryTree(leaves.map(({ hash }) => new Uint8Array(hash)));
        log.signNow();
        expect(store.newestCheckpoint()?.root ?? crypto.sha256()).toEqual(root);
        store.close();
      }),
      { numRuns: 40 },
    );
  });

  it("signs one checkpoint for a burst of entries, within half a second", () => {
    const { store, log, clock } = open(folderOf());
    append(store, log, 5);
    expect(log.newest()).toBeUndefined();
    clock.advance(500);
    const note = log.newest()?.note ?? "";
    expect(verifyCheckpoint(crypto, note, log.vkey)).toMatchObject({ origin: "gw.example/log", size: 5 });
    expect(store.checkpoint(3)).toBeUndefined();
    clock.advance(60_000);
    expect(log.newest()?.size).toBe(5);
  });
});

describe("proofs", () => {
  it("proves any entry to whoever holds the log's key, at any signed size", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), (bursts) => {
        const { store, log } = open(folderOf());
        const sizes: number[] = [];
        for (const burst of bursts) {
          append(store, log, burst, store.logSize());
          log.signNow();
          sizes.push(store.logSize());
        }
        for (const size of sizes) {
          for (let index = 0; index < size; index++) {
            const { proof, entry } = log.proof({ index, size });
            expect(verifyTlogProof(crypto, { proof, entry, vkey: log.vkey })).toMatchObject({ index });
          }
          for (const earlier of sizes.filter((s) => s <= size)) {
            const [one, two] = [store.checkpoint(earlier), store.checkpoint(size)];
            const proof = log.consistency(earlier, size).map(decodeBase64url);
            expect(
              one &&
                two &&
                verifyConsistency(crypto, { size1: earlier, size2: size, root1: one.root, root2: two.root, proof }),
            ).toBe(true);
          }
        }
        store.close();
      }),
      { numRuns: 12 },
    );
  });

  it("finds an entry by its leaf hash and by the digest it speaks of", () => {
    const { store, log } = open(folderOf());
    const { leaf } = store.write((tx) => log.append(tx, { t: "config", obj: digest(1), kid: signer.kid }));
    log.signNow();
    expect(log.proof({ leaf })).toEqual(log.proof({ leaf: digest(1) }));
  });

  it("says pending before the checkpoint, and range for a size nobody signed", () => {
    const { store, log } = open(folderOf());
    append(store, log, 3);
    expect(refusal(() => log.proof({ index: 0 })).code).toBe("E_LOG_PENDING");
    log.signNow();
    expect(refusal(() => log.proof({ index: 3 })).code).toBe("E_LOG_PENDING");
    expect(refusal(() => log.proof({ index: 0, size: 2 })).code).toBe("E_LOG_RANGE");
    for (const [from, to] of [
      [0, 3],
      [3, 2],
      [1, 3],
    ] as const) {
      expect(refusal(() => log.consistency(from, to)).code).toBe("E_LOG_RANGE");
    }
    expect(log.consistency(3, 3)).toEqual([]);
  });
});

describe("self-audit at start", () => {
  /** A folder with six entries under two checkpoints, closed. */
  function filled(): string {
    const folder = folderOf();
    const { store, log } = open(folder);
    append(store, log, 4);
    log.signNow();
    append(store, log, 2, 4);
    log.signNow();
    store.close();
    return folder;
  }
  const change = (folder: string, sql: string): void => {
    const db = new DatabaseSync(join(folder, "gateway.sqlite"));
    db.exec(sql);
    db.close();
  };

  it("continues an unchanged log", () => {
    const { store, log } = open(filled());
    append(store, log, 1, 6);
    expect(verifyCheckpoint(crypto, log.signNow() ?? "", log.vkey).size).toBe(7);
  });

  it("signs what was committed and not yet under a checkpoint when the process died", () => {
    const folder = folderOf();
    const first = open(folder);
    append(first.store, first.log, 3);
    first.store.close();
    expect(open(folder).log.newest()?.size).toBe(3);
  });

  it("refuses a store that is shorter than what was signed, even when its own checkpoints agree", () => {
    const folder = filled();
    change(folder, "DELETE FROM leaves WHERE idx >= 4; DELETE FROM checkpoints WHERE size > 4");
    const said = refusal(() => open(folder));
    expect(said.code).toBe("E_STORE_CORRUPT");
    expect(said.message).toContain("ROLLBACK DETECTED");
    expect(said.message).toContain("4 entries, but 6");
  });

  it.each([
    ["a changed leaf text", "UPDATE leaves SET entry = replace(entry, 'config', 'access') WHERE idx = 1"],
    ["a leaf that is missing", "DELETE FROM leaves WHERE idx = 1"],
    ["a changed tree node", "UPDATE leaves SET closed = zeroblob(64) WHERE idx = 3"],
    [
      "an object without its leaf",
      "INSERT INTO statements (dig, kid, sub, kind, jws, at) VALUES ('sha-256:x', 'k', 's', 'forward', 'a.b.c', 1)",
    ],
  ])("refuses %s", (_, sql) => {
    const folder = filled();
    change(folder, sql);
    expect(refusal(() => open(folder)).code).toBe("E_STORE_CORRUPT");
  });

  it("refuses a history that was rewritten with consistent hashes", () => {
    const [folder, other] = [filled(), folderOf()];
    const { store, log } = open(other);
    append(store, log, 6, 50);
    store.close();
    // The other database, whole and consistent, beside this folder's checkpoint.
    for (const name of ["gateway.sqlite", "store.key"]) copyFileSync(join(other, name), join(folder, name));
    expect(refusal(() => open(folder)).message).toContain("ROLLBACK DETECTED");
  });

  it("refuses a checkpoint that cannot be read or that another key signed", () => {
    const folder = filled();
    writeFileSync(join(folder, "checkpoint"), "nonsense");
    expect(refusal(() => open(folder)).code).toBe("E_STORE_CORRUPT");
  });
});
