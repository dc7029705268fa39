import { CountersignError } from "#shared/protocol/error.ts";

import { importKey, openBytes, sealBytes, type SealKey } from "../seal/cipher.ts";
import type { Sql } from "./sql.ts";

/** What wraps the keys at the top: the store's key, and while it is changed the next one (docs/decisions/0015). */
export interface StoreKeys {
  /** With the next key where there is one. */
  wrap(place: string, key: Uint8Array): Buffer;
  /** Wrapped by either. @throws CountersignError `E_STORE_CORRUPT` */
  unwrap(place: string, wrapped: Uint8Array): Buffer;
  /** Undefined where the key of before did not wrap it. */
  unwrapOld(place: string, wrapped: Uint8Array): Buffer | undefined;
  isChanging(): boolean;
  /** Whether it is the present one. */
  is(key: Uint8Array): boolean;
  /** Whether it is the next one. */
  isNext(key: Uint8Array): boolean;
  /** Writes down that `next` wraps from now on. */
  begin(next: Uint8Array): void;
  /** Writes down that the next is the present one. */
  end(): void;
  /** The key of before is no more asked. */
  drop(): void;
  /** Has to be told of every rollback. */
  forget(): void;
}

const CHECK = "store_key";
const CHECK_PLACE = "the store's key";
const NEXT_PLACE = "the store's next key";

interface Present {
  readonly present: SealKey;
  readonly next: SealKey | undefined;
}

/**
 * @param given of which which is which stands in the store; of a store that was never sealed the first one becomes its key
 * @throws CountersignError `E_STORE_KEY`
 */
export function makeStoreKeys(sql: Sql, given: readonly Uint8Array[]): StoreKeys {
  let candidates = given.map(importKey);
  let found: Present | undefined;

  const keys = (): Present => (found ??= look());

  function look(): Present {
    const known = sql.get("SELECT value FROM meta WHERE name = ?", CHECK)?.text("value");
    const [first] = candidates;
    if (known === undefined) {
      if (first === undefined) throw new CountersignError("E_STORE_KEY");
      write(first);
      return { present: first, next: undefined };
    }
    const present = candidates.find((key) => opens(key, CHECK_PLACE, known));
    const after = sql.get("SELECT next FROM key_change")?.text("next");
    const next = after === undefined ? undefined : candidates.find((key) => opens(key, NEXT_PLACE, after));
    if (present === undefined) throw new CountersignError("E_STORE_KEY");
    if (after === undefined || next !== undefined) return { present, next };
    throw new CountersignError(
      "E_STORE_KEY",
      "The store's key was being changed, and the next one is missing or damaged. Put the copy of it back that was made meanwhile: both are needed until the change is done. Nothing was changed.",
    );
  }

  function write(present: SealKey): void {
    sql.run(
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      ...[CHECK, sealBytes(present, CHECK_PLACE, "").toString("base64url")],
    );
  }

  const drop = (): void => void (candidates = [keys().present]);
  if (keys().next === undefined) drop();
  return {
    wrap: (place, key) => sealBytes(keys().next ?? keys().present, place, key),
    unwrap(place, wrapped) {
      const { present, next } = keys();
      return (next && maybeOpen(next, place, wrapped)) ?? openBytes(present, place, wrapped);
    },
    unwrapOld: (place, wrapped) => maybeOpen(keys().present, place, wrapped),
    isChanging: () => keys().next !== undefined,
    is(key) {
      const known = sql.one("SELECT value FROM meta WHERE name = ?", CHECK).text("value");
      return opens(importKey(key), CHECK_PLACE, known);
    },
    isNext(key) {
      const after = sql.get("SELECT next FROM key_change")?.text("next");
      return after !== undefined && opens(importKey(key), NEXT_PLACE, after);
    },
    begin(next) {
      candidates = [keys().present, importKey(next)];
      const check = sealBytes(importKey(next), NEXT_PLACE, "").toString("base64url");
      sql.run("INSERT INTO key_change (one, next, stage, done, wrapped) VALUES (1, ?, 0, 0, 0)", check);
      found = undefined;
    },
    end() {
      const { next } = keys();
      if (next === undefined) throw new CountersignError("E_STORE_KEY");
      write(next);
      sql.run("DELETE FROM key_change");
      found = undefined;
    },
    drop,
    forget: () => void (found = undefined),
  };
}

function maybeOpen(key: SealKey, place: string, sealed: Uint8Array): Buffer | undefined {
  try {
    return openBytes(key, place, sealed);
  } catch (error) {
    if (error instanceof CountersignError && error.code === "E_STORE_CORRUPT") return undefined;
    throw error;
  }
}

const opens = (key: SealKey, place: string, sealed: string): boolean =>
  maybeOpen(key, place, Buffer.from(sealed, "base64url")) !== undefined;

/** A store that was sealed says so: then no new key is made for it. */
export const isSealed = (sql: Pick<Sql, "get">): boolean =>
  sql.get("SELECT 1 FROM meta WHERE name = ?", CHECK) !== undefined;
