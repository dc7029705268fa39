import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { verifyCheckpoint, type Checkpoint } from "#shared/ledger/note.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { auditLog } from "../audit/self-audit.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import type { Store } from "../store/store.ts";

export interface Audited {
  /** Entries of the log. */
  readonly entries: number;
  /** The newest of the copy's own checkpoint and those given. */
  readonly newest: Checkpoint & { readonly note: string };
}

/**
 * Opens a copy of the database and audits it as a start does: against its own newest checkpoint and those given.
 * `before`: what is changed in it first.
 * @throws CountersignError `E_STORE_CORRUPT` (ROLLBACK DETECTED where the copy is shorter than what was signed),
 * `E_STORE_*` for a file that cannot be opened
 */
export function auditCopy(
  file: string,
  signed: {
    readonly vkey: string;
    readonly notes: readonly string[];
    /** Where it is not beside the copy. */
    readonly storeKey?: Uint8Array | undefined;
  },
  before: (store: Store) => void = () => undefined,
): Audited {
  const crypto = makeNodeCrypto();
  const store = openSqliteStore(file, { storeKey: signed.storeKey });
  try {
    before(store);
    const own = store.newestCheckpoint()?.note;
    const notes = [...(own === undefined ? [] : [own]), ...signed.notes];
    auditLog(crypto, store, { vkey: signed.vkey, notes });
    return { entries: store.logSize(), newest: newestOf(notes, signed.vkey) };
  } finally {
    store.close();
  }
}

/** Of signed notes the one of the most entries. @throws CountersignError `E_STORE_CORRUPT` when there is none */
export function newestOf(notes: readonly string[], vkey: string): Checkpoint & { readonly note: string } {
  const crypto = makeNodeCrypto();
  const read = notes.map((note) => ({ ...verifyCheckpoint(crypto, note, vkey), note }));
  const newest = read.reduce<(typeof read)[number] | undefined>(
    (best, one) => (best === undefined || one.size > best.size ? one : best),
    undefined,
  );
  if (newest !== undefined) return newest;
  throw new CountersignError("E_STORE_CORRUPT", "Nothing in this log was ever signed for, so it proves nothing.");
}
