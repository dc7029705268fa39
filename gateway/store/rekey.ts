import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Records } from "../core.ts";
import { keyName, makeNextKey, readNextKey, readStoreKey, takeNextKey } from "./seal/key-file.ts";
import type { Store } from "./store.ts";

/** How far a change of the store's key is. Names of keys, never keys. */
export interface Rekeyed {
  readonly done: boolean;
  /** Keys that were wrapped anew so far. */
  readonly wrapped: number;
  /** Once it is done: the key from now on, and the one that is needless now. */
  readonly store_key?: string;
  readonly was?: string;
}

export interface RekeyOptions {
  /** Where the key's file lies, beside the database. */
  readonly folder: string;
  readonly store: Pick<Store, "write" | "keyChange" | "isStoreKey" | "isNextKey">;
  readonly records: Pick<Records, "leaf">;
  readonly crypto: Crypto;
  /** Of the key that signs what this gateway says. */
  readonly kid: string;
  /** Unix seconds. */
  readonly now: () => number;
  /** So many random bytes as base64url. */
  readonly randomText: (bytes: number) => string;
  /** Keys of one commit, between which decisions are taken. */
  readonly most?: number;
}

const MOST = 500;

/**
 * One step of a change of the store's key, asked for until it says that it is done; also on a store that serves. It may be
 * killed anywhere, and the next step goes on: both keys are there until nothing needs the one of before, and each is
 * durable before anything is wrapped with it (docs/decisions/0015).
 * @throws CountersignError `E_STORE_FULL`, `E_STORE_CORRUPT`, `E_STORE_KEY`: nothing of this step was done
 */
export function makeRekeying(options: RekeyOptions): { step(by: string): Rekeyed } {
  const { folder, store, records, crypto, kid, now, randomText, most = MOST } = options;

  function begin(): void {
    const present = readStoreKey(folder);
    if (present === undefined || !store.isStoreKey(present)) {
      // SECURITY: both keys would be in memory alone, and a crash in the middle would leave a store that nobody can read.
      if (!isNextOnDisk((key) => store.isStoreKey(key))) throw new CountersignError("E_STORE_KEY", NOT_BESIDE);
      // A change that could not take its last step: its key is the store's, and must not be written over.
      takeNextKey(folder);
    }
    const next = makeNextKey(folder);
    store.write((tx) => tx.beginKeyChange(next));
    next.fill(0);
  }

  function isNextOnDisk(isIt: (key: Uint8Array) => boolean): boolean {
    const next = readNextKey(folder);
    return next !== undefined && isIt(next);
  }

  function end(by: string): Rekeyed {
    const names = { store_key: nameOf(readNextKey(folder)), was: nameOf(ofBefore(folder)) };
    const wrapped = store.write((tx) => {
      const sum = tx.keyChange()?.wrapped ?? 0;
      const said = { format: "countersign-store-key/1", at: now(), by, ...names, wrapped: sum };
      const record = JSON.stringify({ ...said, nonce: randomText(16) });
      const obj = dig(crypto, record);
      tx.publish(obj, "store-key", record, now());
      records.leaf(tx, { t: "config", obj, kid });
      tx.endKeyChange();
      return sum;
    });
    takeNextKey(folder);
    return { done: true, wrapped, ...names };
  }

  return {
    step(by) {
      const change = store.keyChange();
      if (change === undefined) {
        begin();
        return { done: false, wrapped: 0 };
      }
      // SECURITY: durable before anything more is wrapped with it, and before the one of before is needless.
      if (!isNextOnDisk((key) => store.isNextKey(key))) throw new CountersignError("E_STORE_KEY", NEXT_NOT_BESIDE);
      if (!store.write((tx) => tx.wrapAnew(most))) return end(by);
      return { done: false, wrapped: store.keyChange()?.wrapped ?? 0 };
    },
  };
}

const NOT_BESIDE =
  "The store's key is not beside the store any more, so its key cannot be changed. Put the copy of store.key back that is kept with the gateway's other keys. Nothing was changed.";
const NEXT_NOT_BESIDE =
  "The store's next key, store-next.key, is missing or damaged. Put a copy of it back before this gateway is stopped: without it the store cannot be opened again. Nothing more was changed.";

/** For its name alone: nothing needs it from here on, so that it is damaged stops nothing. */
function ofBefore(folder: string): Uint8Array | undefined {
  try {
    return readStoreKey(folder);
  } catch (error) {
    if (error instanceof CountersignError) return undefined;
    throw error;
  }
}

const nameOf = (key: Uint8Array | undefined): string => (key === undefined ? "?" : keyName(key));
