import type { KeyReads, KeyWrites, PublishedKind, RegistryReads, RegistryWrites } from "../store.ts";
import { RESTORED } from "./restored.ts";
import { present, type Sql } from "./sql.ts";

const KINDS: readonly PublishedKind[] = [
  ...(["policy", "policy-set", "template", "approver", "gateway", "status", "restore", "agent", "access"] as const),
];

export function keysOf(sql: Sql): KeyReads & KeyWrites {
  return {
    keyStanding(kid) {
      const row = sql.get("SELECT standing, reason, at FROM key_standing WHERE kid = ?", kid);
      return (
        row && {
          standing: row.oneOf("standing", ["suspended", "revoked"]),
          reason: row.text("reason"),
          at: row.int("at"),
        }
      );
    },
    webauthnCount: (kid) => sql.get("SELECT count FROM webauthn_counts WHERE kid = ?", kid)?.int("count") ?? 0,
    setWebauthnCount(kid, count) {
      sql.run(
        `INSERT INTO webauthn_counts (kid, count) VALUES (?,?)
           ON CONFLICT (kid) DO UPDATE SET count = MAX(count, excluded.count)`,
        ...[kid, count],
      );
    },
    liftKey(kid) {
      sql.run("DELETE FROM key_standing WHERE kid = ? AND standing = 'suspended'", kid);
    },
    stopKey(kid, standing, reason, at) {
      // A revoked key never becomes merely suspended.
      sql.run(
        `INSERT INTO key_standing (kid, standing, reason, at) VALUES (?,?,?,?)
           ON CONFLICT (kid) DO UPDATE SET standing = excluded.standing, reason = excluded.reason, at = excluded.at
           WHERE key_standing.standing = 'suspended'`,
        ...[kid, standing, reason, at],
      );
    },
  };
}

export function registryOf(sql: Sql): RegistryReads & RegistryWrites {
  return {
    published(dig) {
      const row = sql.get("SELECT kind, text FROM published WHERE dig = ?", dig);
      return row && { kind: row.oneOf("kind", KINDS), text: row.text("text") };
    },
    publishedAt: (kind, at) =>
      sql
        .get("SELECT text FROM published WHERE kind = ? AND at <= ? ORDER BY at DESC, rowid DESC LIMIT 1", kind, at)
        ?.text("text"),
    lastPublished: (kind) =>
      sql.get("SELECT text FROM published WHERE kind = ? ORDER BY rowid DESC LIMIT 1", kind)?.text("text"),
    paused: (kind) => sql.all("SELECT id FROM paused WHERE kind = ? ORDER BY id", kind).map((row) => row.text("id")),

    restored: () => sql.get("SELECT value FROM meta WHERE name = ?", RESTORED)?.text("value"),

    publish: (dig, kind, text, at) =>
      sql.run(
        "INSERT INTO published (dig, kind, text, at) VALUES (?,?,?,?) ON CONFLICT (dig) DO NOTHING",
        ...[dig, kind, text, at],
      ) === 1,
    pauses: (kind) =>
      sql.all("SELECT id, at, statement FROM paused WHERE kind = ? ORDER BY id", kind).map((row) => ({
        ...{ id: row.text("id"), at: row.int("at") },
        ...present("statement", row.maybeText("statement")),
      })),
    pause(kind, id, at, statement) {
      sql.run(
        "INSERT INTO paused (kind, id, at, statement) VALUES (?,?,?,?) ON CONFLICT DO NOTHING",
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
