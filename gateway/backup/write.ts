import { randomBytes } from "node:crypto";
import { copyFileSync, chmodSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { makeVkey, type NoteSigner } from "#shared/ledger/note.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { CHECKPOINT_FILE, STORE_FILE } from "../open-store.ts";
import { checkpointFile } from "../audit/checkpoint-file.ts";
import { replaceFile, syncFile, syncFolder } from "../store/replace-file.ts";
import { keyName, readStoreKey } from "../store/seal/key-file.ts";
import { auditCopy } from "./audit-copy.ts";
import type { Contents } from "./contents.ts";
import { digestOf, MANIFEST_FILE, sizeOf, type Manifest } from "./manifest.ts";
import { placeError } from "./place-error.ts";
import { SEAL_FILE, sealManifest } from "./seal.ts";

export interface BackupOrder {
  /** The gateway's data folder. */
  readonly folder: string;
  /** A folder that does not exist yet. */
  readonly to: string;
  readonly iss: string;
  /** The log's key, which also signs what the backup holds. */
  readonly log: NoteSigner;
  readonly contents: Contents;
  readonly withKeys: boolean;
  /** Unix seconds. */
  readonly now: number;
  /** Copies the database into a new file, whoever has it open. */
  readonly copyStore: (file: string) => Promise<void>;
}

/**
 * Makes a backup: written under another name, audited as a start would audit it, made durable, and only then called
 * what was asked for. Whatever fails, nothing is there that looks like a backup.
 * @throws CountersignError `E_CLI_INPUT`, `E_STORE_FULL`, `E_STORE_READONLY`, `E_STORE_CORRUPT`
 */
export async function writeBackup(order: BackupOrder): Promise<Manifest> {
  const { to } = order;
  if (existsSync(to)) throw new CountersignError("E_CLI_INPUT", `${to} exists already. Nothing was changed.`);
  const partial = `${to}.${randomBytes(4).toString("hex")}.partial`;
  try {
    mkdirSync(partial, { mode: 0o700 });
    const held = await fill(partial, order);
    for (const file of readable(held, partial)) syncFile(file);
    syncFolder(partial);
    renameSync(partial, to);
    syncFolder(path.dirname(to));
    return held;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw placeError(error, to);
  }
}

/** SECURITY: a backup that needs two keys of the store, or another than is kept with it, is found out when it is needed. */
function audited(...copy: Parameters<typeof auditCopy>): ReturnType<typeof auditCopy> {
  try {
    return auditCopy(...copy);
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "E_STORE_KEY") throw error;
    throw new CountersignError(
      "E_STORE_KEY",
      `The store's key was changed while the backup was made, or is being changed: "countersign gateway rotate --store-key" goes on to its end. Then make the backup again. Nothing was left there.`,
      { cause: error },
    );
  }
}

const readable = ({ files }: Manifest, folder: string): readonly string[] =>
  files.map((file) => path.join(folder, file.path));

async function fill(partial: string, order: BackupOrder): Promise<Manifest> {
  const { folder, contents, withKeys, iss, now } = order;
  const crypto = makeNodeCrypto();
  const vkey = makeVkey(crypto, order.log.name, order.log.publicKey);
  // Read before the database is copied: everything it was signed for was committed before it was signed, so a copy that
  // holds less is not one.
  const signed = checkpointFile(path.join(folder, CHECKPOINT_FILE)).read();
  const small = [...contents.open, ...(withKeys ? contents.secret : [])];
  for (const name of small) {
    const copy = path.join(partial, name);
    mkdirSync(path.dirname(copy), { recursive: true, mode: 0o700 });
    copyFileSync(path.join(folder, name), copy);
    // SECURITY: names of people and agents, and perhaps keys: for whoever made the backup alone.
    chmodSync(copy, 0o600);
  }
  const store = path.join(partial, STORE_FILE);
  await order.copyStore(store);
  // It reads what it copied with the key that is in the backup, or else with the one that stays here.
  const storeKey = readStoreKey(withKeys ? partial : folder);
  const { entries, newest } = audited(store, { vkey, notes: signed === undefined ? [] : [signed], storeKey });
  replaceFile(path.join(partial, CHECKPOINT_FILE), newest.note);
  const held: Manifest = {
    format: "countersign-backup/1",
    made_at: now,
    iss,
    log: { vkey, entries, checkpoint: newest.note },
    ...(storeKey === undefined ? {} : { store_key: keyName(storeKey) }),
    keys: withKeys,
    files: [STORE_FILE, CHECKPOINT_FILE, ...small].map((name) => {
      const file = path.join(partial, name);
      return { path: name, bytes: sizeOf(file), sha256: digestOf(file) };
    }),
  };
  const list = path.join(partial, MANIFEST_FILE);
  replaceFile(list, `${JSON.stringify(held, undefined, 2)}\n`);
  replaceFile(path.join(partial, SEAL_FILE), sealManifest(crypto, iss, digestOf(list), order.log));
  return held;
}
