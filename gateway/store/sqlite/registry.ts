import type { PublishedKind, RegistryReads, RegistryWrites } from "../registry.ts";
import type { KeyReads, KeyWrites } from "../store.ts";
import { readable, withText } from "../erased.ts";
import type { Keyring } from "./keyring.ts";
import { patientDigest } from "./patient-digest.ts";
import { RESTORED } from "./restored.ts";
import { present, type Row, type Sql } from "./sql.ts";

const KINDS: readonly PublishedKind[] = [
  ...(["policy", "policy-set", "template", "approver", "gateway", "status", "restore", "agent", "access"] as const),
  ...(["hold", "erasure", "clock", "store-key"] as const),
];

type Standing = NonNullable<ReturnType<KeyReads["keyStanding"]>>;

export interface SqliteKeys {
  readonly methods: KeyReads & KeyWrites;
  /** Has to be told of every rollback, of a savepoint too. */
  forget(): void;
}

/** Stops are few and asked for at every decision and connection: they are kept in memory. This process is the only writer. */
export function keysOf(sql: Sql): SqliteKeys {
  let stopped: Map<string, Standing> | undefined;
  const standings = (): ReadonlyMap<string, Standing> =>
    (stopped ??= new Map(
      sql.all("SELECT kid, standing, reason, at FROM key_standing").map((row) => [
        row.text("kid"),
        {
          standing: row.oneOf("standing", ["suspended", "revoked"]),
          reason: row.text("reason"),
          at: row.int("at"),
        },
      ]),
    ));
  const forget = (): void => {
    stopped = undefined;
  };
  const methods: KeyReads & KeyWrites = {
    keyStanding: (kid) => standings().get(kid),
    webauthnCount: (kid) => sql.get("SELECT count FROM webauthn_counts WHERE kid = ?", kid)?.int("count") ?? 0,
    setWebauthnCount(kid, count) {
      sql.run(
        `INSERT INTO webauthn_counts (kid, count) VALUES (?,?)
           ON CONFLICT (kid) DO UPDATE SET count = MAX(count, excluded.count)`,
        ...[kid, count],
      );
    },
    liftKey(kid) {
      forget();
      sql.run("DELETE FROM key_standing WHERE kid = ? AND standing = 'suspended'", kid);
    },
    stopKey(kid, standing, reason, at) {
      forget();
      // A revoked key never becomes merely suspended.
      sql.run(
        `INSERT INTO key_standing (kid, standing, reason, at) VALUES (?,?,?,?)
           ON CONFLICT (kid) DO UPDATE SET standing = excluded.standing, reason = excluded.reason, at = excluded.at
           WHERE key_standing.standing = 'suspended'`,
        ...[kid, standing, reason, at],
      );
    },
  };
  return { methods, forget };
}

/** Where the text of a record that names a patient belongs. */
export const publishedPlace = (dig: string): string => `published ${dig}`;

export function registryOf(sql: Sql, ring: Keyring, key: () => Uint8Array): RegistryReads & RegistryWrites {
  function opened(row: Row) {
    const sealed = row.maybeBytes("sealed");
    return sealed === undefined ? row.text("text") : ring.open(sealed, publishedPlace(row.text("dig")));
  }
  const textOf = (row: Row | undefined): string | undefined => row && readable(opened(row));
  return {
    published(dig) {
      const row = sql.get("SELECT * FROM published WHERE dig = ?", dig);
      return row && withText({ kind: row.oneOf("kind", KINDS) }, "text", opened(row));
    },
    allPublished: (kind) =>
      sql
        .all("SELECT * FROM published WHERE kind = ? ORDER BY rowid", kind)
        .map((row) => withText({ dig: row.text("dig") }, "text", opened(row))),
    publishedAt: (kind, at) =>
      textOf(
        sql.get("SELECT * FROM published WHERE kind = ? AND at <= ? ORDER BY at DESC, rowid DESC LIMIT 1", kind, at),
      ),
    lastPublished: (kind) =>
      textOf(sql.get("SELECT * FROM published WHERE kind = ? ORDER BY rowid DESC LIMIT 1", kind)),
    paused: (kind) => sql.all("SELECT id FROM paused WHERE kind = ? ORDER BY id", kind).map((row) => row.text("id")),

    restored: () => sql.get("SELECT value FROM meta WHERE name = ?", RESTORED)?.text("value"),

    publish(dig, kind, text, at, about) {
      if (sql.get("SELECT 1 FROM published WHERE dig = ?", dig) !== undefined) return false;
      const patient = about?.patient === undefined ? undefined : patientDigest(key(), "ref", about.patient);
      const sealed = about && ring.seal({ own: `published ${dig}`, at, patient }, publishedPlace(dig), text);
      sql.run(
        "INSERT INTO published (dig, kind, text, sealed, at) VALUES (?,?,?,?,?)",
        ...[dig, kind, sealed === undefined ? text : "", sealed ?? null, at],
      );
      return true;
    },
    pauses: (kind) =>
      sql.all("SELECT id, at, statement FROM paused WHERE kind = ? ORDER BY id", kind).map((row) => ({
        ...{ id: row.text("id"), at: row.int("at") },
        ...present("statement", row.maybeText("statement")),
      })),
    pause(kind, id, at, statement) {
      sql.run(
        "INSERT INTO paused (kind, id, at, statement) VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET at = excluded.at, statement = excluded.statement",
        ...[kind, id, at, statement ?? null],
      );
    },
    settleRestored() {
      sql.run("DELETE FROM meta WHERE name = ?", RESTORED);
    },
    resume(kind, id) {
      sql.run("DELETE FROM paused WHERE kind = ? AND id = ?", kind, id);
    },
  };
}
