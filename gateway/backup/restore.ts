import { randomBytes } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { makeVkey } from "#shared/ledger/note.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { CHECKPOINT_FILE, STORE_FILE } from "../open-store.ts";
import { readConfig } from "../cli/config.ts";
import { readJson, readText } from "../cli/files.ts";
import { readKeys, SECRET_FILES } from "../cli/gateway-keys.ts";
import { logOrigin } from "../cli/registration.ts";
import { replaceFile, syncFile, syncFolder } from "../store/replace-file.ts";
import { keyName, NEXT_KEY_FILE, readStoreKey } from "../store/seal/key-file.ts";
import { markRestored } from "../store/sqlite/restored.ts";
import { auditCopy, newestOf } from "./audit-copy.ts";
import { digestOf, manifest, MANIFEST_FILE, sizeOf, type Manifest } from "./manifest.ts";
import { placeError } from "./place-error.ts";
import { checkSeal, SEAL_FILE } from "./seal.ts";

export interface RestoreOrder {
  readonly from: string;
  /** Not there yet, or empty. */
  readonly folder: string;
  /** Where the private keys are, when the backup has none. */
  readonly keys?: string;
  /** Signed notes that others kept: the newest that is known outside must be among them. */
  readonly known: readonly string[];
  /** Unix seconds. */
  readonly now: number;
}

export interface Restored {
  readonly iss: string;
  readonly made_at: number;
  readonly entries: number;
  /** Entries of the newest checkpoint that anybody is known to hold. */
  readonly known: number;
}

/**
 * Makes a data folder from a backup. Everything is checked beside the target and renamed into place whole. A log that is
 * shorter than, or different from, what is known to have been signed is never put in place: continued, it would sign a
 * second history (docs/decisions/0009).
 * @throws CountersignError `E_CLI_INPUT`, `E_STORE_CORRUPT`, `E_STORE_FULL`, `E_STORE_READONLY`
 */
export function restoreBackup(order: RestoreOrder): Restored {
  const { folder } = order;
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CountersignError("E_CLI_INPUT", `${folder} is not empty. Nothing was changed.`);
  }
  const held = readManifest(order.from);
  const beside = `${folder}.${randomBytes(4).toString("hex")}.partial`;
  try {
    mkdirSync(beside, { mode: 0o700 });
    const names = [...held.files.map((file) => file.path), ...keyFiles(held, order)];
    copyChecked(held, order, beside);
    const restored = judge(held, order, beside);
    for (const file of names.map((name) => path.join(beside, name))) if (existsSync(file)) syncFile(file);
    syncFolder(beside);
    if (existsSync(folder)) rmdirSync(folder);
    renameSync(beside, folder);
    syncFolder(path.dirname(folder));
    return restored;
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    throw placeError(error, folder);
  }
}

/** @throws CountersignError `E_CLI_INPUT` for a folder that is no whole backup */
function readManifest(from: string): Manifest {
  const file = path.join(from, MANIFEST_FILE);
  if (!existsSync(file)) throw new CountersignError("E_CLI_INPUT", `${from} is no backup, or not a whole one.`);
  const parsed = manifest.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  throw new CountersignError("E_CLI_INPUT", `${file} is not a list of what a backup holds that this program knows.`);
}

/** The private keys that come from elsewhere. */
function keyFiles(held: Manifest, { keys }: RestoreOrder): readonly string[] {
  if (held.keys) return [];
  if (keys === undefined) {
    throw new CountersignError(
      "E_CLI_INPUT",
      "The private keys are not in this backup. Give --keys the folder they are in.",
    );
  }
  // Of a copy that was made while the store's key was changed either may be the one.
  return [...SECRET_FILES, NEXT_KEY_FILE].filter((name) => existsSync(path.join(keys, name)));
}

function copyChecked(held: Manifest, order: RestoreOrder, beside: string): void {
  for (const { path: name, bytes, sha256 } of held.files) {
    const [source, copy] = [path.join(order.from, name), path.join(beside, name)];
    if (!existsSync(source)) throw damaged(`${name} is missing`);
    place(source, copy);
    // The copy is what is used, so the copy is what is looked at.
    if (sizeOf(copy) !== bytes || digestOf(copy) !== sha256) throw damaged(`${name} is not as it was written`);
  }
  for (const name of keyFiles(held, order)) place(path.join(order.keys ?? "", name), path.join(beside, name));
}

function place(source: string, copy: string): void {
  mkdirSync(path.dirname(copy), { recursive: true, mode: 0o700 });
  copyFileSync(source, copy);
  // SECURITY: keys and evidence are readable by their owner alone.
  chmodSync(copy, 0o600);
}

/** Audits the log against the backup's own checkpoint and everything known outside; then makes it a restored one. */
function judge(held: Manifest, { from, known, now }: RestoreOrder, beside: string): Restored {
  const { iss, made_at, log } = held;
  const crypto = makeNodeCrypto();
  const vkey = makeVkey(crypto, logOrigin(readConfig(beside).iss), decodeBase64url(readKeys(beside).log.jwk.x));
  if (vkey !== log.vkey) {
    throw new CountersignError("E_CLI_INPUT", "The log key is not the one that signed the log of this backup.");
  }
  const list = path.join(from, MANIFEST_FILE);
  checkSeal(crypto, readSeal(from), vkey, iss, digestOf(list));
  const file = path.join(beside, STORE_FILE);
  const { entries } = openedBy(held, beside, () => auditCopy(file, { vkey, notes: [log.checkpoint] }));
  const outside = newestOf(known, vkey);
  if (outside.size > entries) throw tooOld(entries, outside.size);
  const { newest } = auditCopy(file, { vkey, notes: [log.checkpoint, ...known] });
  markRestored(file, JSON.stringify({ restored_at: now, made_at, entries, checkpoint: newest.note }));
  replaceFile(path.join(beside, CHECKPOINT_FILE), newest.note);
  return { iss, made_at, entries, known: outside.size };
}

/** Says whose key is wanted, instead of what is wrong with a folder that nobody sees. */
function openedBy<T>({ keys, store_key }: Manifest, beside: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "E_STORE_KEY") throw error;
    const given = keyGiven(beside);
    const wanted = store_key === undefined ? "" : `, ${store_key},`;
    const what = given === undefined ? "is missing or damaged" : `is ${given}, another one`;
    const where = keys ? "Take another backup" : "Give --keys the folder with the copy of the keys of that time";
    throw new CountersignError(
      "E_STORE_KEY",
      `This backup needs the store's key${wanted} of when it was made; the store.key that was given ${what}. It was changed before or since ("gateway rotate --store-key"). ${where}. Nothing was put in place.`,
      { cause: error },
    );
  }
}

function keyGiven(beside: string): string | undefined {
  try {
    const key = readStoreKey(beside);
    return key && keyName(key);
  } catch {
    return undefined;
  }
}

/** Empty where there is none, which no key has signed. */
function readSeal(from: string): string {
  const file = path.join(from, SEAL_FILE);
  return existsSync(file) ? readText(file) : "";
}

const damaged = (what: string): CountersignError =>
  new CountersignError(
    "E_STORE_CORRUPT",
    `The backup is damaged: ${what}. Nothing was put in place. Take another one.`,
  );

function tooOld(entries: number, signed: number): CountersignError {
  const lost = `The backup has ${String(entries)} entries of the log, but ${String(signed)} were signed for: ${String(signed - entries)} would be lost`;
  return new CountersignError(
    "E_STORE_CORRUPT",
    `${lost}, and every client that holds a later checkpoint than this log would raise the alarm. Nothing was put in place. Take a newer backup; where there is none, keep this one as evidence and make a new gateway with a new log key. What was erased after this backup was made is in it still, sealed: keep it apart from store.key, and destroy it as soon as it is not needed as evidence.`,
  );
}
