import type { CheckpointRow, LeafRow } from "../rows.ts";
import type { LogReads, LogWrites } from "../store.ts";
import { withText } from "../erased.ts";
import { PLACE } from "./decisions.ts";
import type { Keyring } from "./keyring.ts";
import { requestPlace } from "./requests.ts";
import type { Row, Sql } from "./sql.ts";

const HASH_BYTES = 32;

function hashesIn(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, i) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}

const leafOf = (row: Row): LeafRow => ({
  index: row.int("idx"),
  entry: row.text("entry"),
  hash: row.bytes("hash"),
  obj: row.text("obj"),
  type: row.text("type"),
  closed: hashesIn(row.bytes("closed")),
});

/** Leaves below this are in leaf_names; those after it are few, and looked through. */
const NAMED = "(SELECT COALESCE(MAX(size), 0) FROM checkpoints)";

const checkpointOf = (row: Row): CheckpointRow => ({
  size: row.int("size"),
  root: row.bytes("root"),
  note: row.text("note"),
  at: row.int("at"),
});

/** What the start-up audit walks through, in storing order, and where its texts belong. */
const SIGNED = {
  request: [
    "SELECT r.rowid AS n, r.dig, COALESCE(t.sealed, r.sealed) AS sealed FROM requests r LEFT JOIN request_texts t ON t.n = r.text WHERE r.rowid > ? ORDER BY r.rowid LIMIT ?",
    requestPlace,
  ],
  decision: ["SELECT n, dig, sealed FROM decisions WHERE n > ? ORDER BY n LIMIT ?", PLACE.decision],
  statement: ["SELECT rowid AS n, dig, sealed FROM statements WHERE rowid > ? ORDER BY rowid LIMIT ?", PLACE.statement],
} as const;

/** Below every 64-bit rowid: SQLite gives none below 1, but whoever edits the file can. */
const BEFORE_ALL = -1e19;

/** The newest complete subtree of one level, its place in that level. */
interface Newest {
  readonly index: number;
  readonly hash: Uint8Array;
}

export interface SqliteLog {
  readonly methods: LogReads & LogWrites;
  /** Has to be told of every rollback, of a savepoint too: what was added since may be gone. */
  forget(): void;
}

/**
 * The log's tables. Size and newest subtrees, all that the next leaf is hashed with, and the newest checkpoint, which whoever
 * connects is given, are kept in memory: this process is the only writer (`locking_mode = EXCLUSIVE`).
 */
export function logOf(sql: Sql, ring: Pick<Keyring, "open">): SqliteLog {
  let size: number | undefined;
  let newest: Newest[] = [];
  let signed: { readonly row: CheckpointRow | undefined } | undefined;
  const logSize = (): number => (size ??= sql.one("SELECT COALESCE(MAX(idx) + 1, 0) AS size FROM leaves").int("size"));

  const methods: LogReads & LogWrites = {
    logSize,
    leaf(index) {
      const row = sql.get("SELECT * FROM leaves WHERE idx = ?", index);
      return row && leafOf(row);
    },
    leafOf(obj, type) {
      const row = sql.get(
        `SELECT l.* FROM leaf_names JOIN leaves l USING (idx) WHERE name = substr(?1, -8) AND obj = ?1 AND (?2 IS NULL OR type = ?2)
         UNION ALL SELECT * FROM leaves WHERE idx >= ${NAMED} AND obj = ?1 AND (?2 IS NULL OR type = ?2)
         ORDER BY idx LIMIT 1`,
        ...[obj, type ?? null],
      );
      return row && leafOf(row);
    },
    leavesFrom: (index, limit) =>
      sql.all("SELECT * FROM leaves WHERE idx >= ? ORDER BY idx LIMIT ?", index, limit).map(leafOf),
    leafByHash(hash) {
      const row = sql.get(
        `SELECT l.* FROM leaf_names JOIN leaves l USING (idx) WHERE name = substr(hex(?1), 1, 12) AND hash = ?1
         UNION ALL SELECT * FROM leaves WHERE idx >= ${NAMED} AND hash = ?1
         ORDER BY idx LIMIT 1`,
        hash,
      );
      return row && leafOf(row);
    },
    treeNode(level, index) {
      const held = newest[level];
      if (held?.index === index) return held.hash;
      if (level === 0) return sql.get("SELECT hash FROM leaves WHERE idx = ?", index)?.bytes("hash");
      // The last of its leaves completed it.
      const closed = sql.get("SELECT closed FROM leaves WHERE idx = ?", (index + 1) * 2 ** level - 1)?.bytes("closed");
      const at = (level - 1) * HASH_BYTES;
      return closed && closed.length >= at + HASH_BYTES ? closed.slice(at, at + HASH_BYTES) : undefined;
    },
    checkpoint(size) {
      const row = sql.get("SELECT * FROM checkpoints WHERE size = ?", size);
      return row && checkpointOf(row);
    },
    newestCheckpoint() {
      if (signed === undefined) {
        const row = sql.get("SELECT * FROM checkpoints ORDER BY size DESC LIMIT 1");
        signed = { row: row && checkpointOf(row) };
      }
      return signed.row;
    },
    signedObjects(kind, after, limit) {
      const [select, placeOf] = SIGNED[kind];
      return sql.all(select, after === 0 ? BEFORE_ALL : after, limit).map((row) => {
        const [n, dig] = [row.int("n"), row.text("dig")];
        return withText({ n, dig }, "jws", ring.open(row.bytes("sealed"), placeOf(dig)));
      });
    },
    lastSigned: (kind) => sql.one(`SELECT COALESCE(MAX(rowid), 0) AS n FROM ${kind}s`).int("n"),

    addLeaf(leaf) {
      sql.run(
        "INSERT INTO leaves (idx, entry, hash, obj, type, closed) VALUES (?,?,?,?,?,?)",
        ...[leaf.index, leaf.entry, leaf.hash, leaf.obj, leaf.type, Buffer.concat(leaf.closed)],
      );
      size = leaf.index + 1;
      for (const [level, hash] of [leaf.hash, ...leaf.closed].entries()) {
        newest[level] = { index: size / 2 ** level - 1, hash };
      }
    },
    addCheckpoint(c) {
      const under = `FROM leaves WHERE idx >= ${NAMED} AND idx < ?`;
      sql.run(`INSERT INTO leaf_names (name, idx) SELECT substr(obj, -8), idx ${under}`, c.size);
      sql.run(`INSERT INTO leaf_names (name, idx) SELECT substr(hex(hash), 1, 12), idx ${under}`, c.size);
      sql.run("INSERT INTO checkpoints (size, root, note, at) VALUES (?,?,?,?)", c.size, c.root, c.note, c.at);
      signed = undefined;
    },
  };
  return {
    methods,
    forget() {
      size = undefined;
      newest = [];
      signed = undefined;
    },
  };
}
