import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";
import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import type { Crypto, PublicJwk } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Clock } from "../ports.ts";
import { makeFile } from "../store/replace-file.ts";
import { openDatabase } from "../store/sqlite/database.ts";
import { makeAuthority, type Authority } from "./authority.ts";
import { makeEnrolmentDesk, type EnrolmentDesk } from "./enrolment.ts";
import { makeKeyDesk, type DirectoryKeyDesk } from "./key-desk.ts";
import { makeDirectoryRecords, type DirectoryRecords } from "./records.ts";
import { DIRECTORY_MIGRATIONS } from "./schema.ts";
import { uuid7 } from "../uuid7.ts";
import { makeDirectoryView, type DirectoryView } from "./view.ts";

/** Files of a directory's folder. The root key may be kept elsewhere once every ticket is served. */
const DATABASE = "directory.sqlite";
const ROOT_KEY = "root-key.jwk";

/** The directory without its root key: what a gateway's process opens (protocol.md 3.1, trust rule). */
export interface Directory {
  readonly iss: string;
  readonly kid: string;
  readonly env: "production" | "demo";
  /** Public root key, with `alg` and `kid`. */
  readonly jwk: Readonly<Record<string, string>>;
  readonly statusUri: string;
  readonly view: DirectoryView;
  readonly desk: EnrolmentDesk;
  readonly keyDesk: DirectoryKeyDesk;
  readonly records: DirectoryRecords;
  close(): void;
}

export interface InitDirectory {
  /** Issuer, an https URL that the hospital owns. */
  readonly iss: string;
  readonly env: "production" | "demo";
  /** Where gateways serve the status list; `{iss}/status/1` unless told. */
  readonly statusUri?: string;
}

/**
 * Makes a new directory: root key (ES256) and database.
 * @throws CountersignError `E_CLI_INPUT` when the folder holds one already, `E_STORE_READONLY`
 */
export function initDirectory(folder: string, { iss, env, statusUri }: InitDirectory): { readonly kid: string } {
  if (existsSync(join(folder, DATABASE)) || existsSync(join(folder, ROOT_KEY))) {
    throw new CountersignError(
      "E_CLI_INPUT",
      `${folder} holds a directory already. Nothing was changed; choose an empty folder.`,
    );
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const db = openDatabase(join(folder, DATABASE), { access: "shared", migrations: DIRECTORY_MIGRATIONS });
  try {
    const root = generateKey("ES256");
    const { kid, jwk } = makeSigner(root);
    // SECURITY: readable by its owner alone; whoever has it can make approvers.
    makeFile(join(folder, ROOT_KEY), `${JSON.stringify(root)}\n`, 0o600);
    const records = makeDirectoryRecords(db);
    records.transaction(() => {
      records.setMeta("iss", iss);
      records.setMeta("env", env);
      records.setMeta("jwk", JSON.stringify(jwk));
      records.setMeta("status_uri", statusUri ?? `${iss}/status/1`);
    });
    return { kid };
  } finally {
    db.close();
  }
}

/**
 * Opens a directory for a gateway: verified reading, and the counter where new keys are handed in.
 * @param around `crypto`: of who reads it, so that a key that was imported to be believed is not imported again to verify
 * @throws CountersignError `E_CLI_INPUT` when there is none, `E_STORE_*`
 */
export function openDirectory(
  folder: string,
  { clock, crypto = makeNodeCrypto() }: { readonly clock: Clock; readonly crypto?: Crypto },
): Directory {
  if (!existsSync(join(folder, DATABASE))) {
    throw new CountersignError(
      "E_CLI_INPUT",
      `There is no directory in ${folder}. Make one with "countersign directory init".`,
    );
  }
  const db = openDatabase(join(folder, DATABASE), { access: "shared", migrations: DIRECTORY_MIGRATIONS });
  const records = makeDirectoryRecords(db);
  const meta = readMeta(records);
  const key = crypto.importKey(meta.jwk);
  const jwk = textMembers({ ...key.jwk, kid: key.kid });
  const now = (): number => Math.floor(clock.nowMs() / 1000);
  const view = makeDirectoryView(crypto, records, { iss: meta.iss, key });
  const shared = { crypto, records, iss: meta.iss, env: meta.env, now, directoryJwk: jwk };
  return {
    ...{ iss: meta.iss, env: meta.env, kid: key.kid, jwk, statusUri: meta.statusUri, view, records },
    desk: makeEnrolmentDesk(shared),
    keyDesk: makeKeyDesk({ ...shared, view, randomText: (n) => randomBytes(n).toString("base64url") }),
    close() {
      if (db.isOpen) db.close();
    },
  };
}

/**
 * Opens a directory with its root key: tickets, confirmation, revocation, vouching for gateways.
 * @throws CountersignError `E_CLI_INPUT` when the root key is not there or is another one, `E_STORE_*`
 */
export function openAuthority(
  folder: string,
  { clock }: { readonly clock: Clock },
): Authority & { readonly directory: Directory; close(): void } {
  const directory = openDirectory(folder, { clock });
  try {
    const signer = makeSigner(readRootKey(join(folder, ROOT_KEY)));
    if (signer.kid !== directory.kid) {
      throw new CountersignError("E_CLI_INPUT", "The root key file is not this directory's. Nothing was changed.");
    }
    const { records, iss, env, statusUri } = directory;
    const authority = makeAuthority({
      ...{ crypto: makeNodeCrypto(), records, signer, iss, env, statusUri },
      now: () => Math.floor(clock.nowMs() / 1000),
      random: (n) => randomBytes(n),
      uuid: () => uuid7(clock.nowMs(), randomBytes(10)),
    });
    return { ...authority, directory, close: () => directory.close() };
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Is the root key kept beside the database? A gateway that finds it there says so: it is one process with two keys. */
export const hasRootKey = (folder: string): boolean => existsSync(join(folder, ROOT_KEY));

const privateJwk = publicJwk.extend({ d: z.string() });

function readRootKey(path: string): PrivateJwk {
  try {
    return privateJwk.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new CountersignError(
      "E_CLI_INPUT",
      `The directory's root key cannot be read from ${path}. Run this where the root key is kept, as its owner.`,
      { cause },
    );
  }
}

function readMeta(records: DirectoryRecords): {
  iss: string;
  env: "production" | "demo";
  jwk: PublicJwk;
  statusUri: string;
} {
  const [iss, jwk, statusUri] = ["iss", "jwk", "status_uri"].map((name) => records.meta(name));
  if (iss === undefined || jwk === undefined || statusUri === undefined) {
    throw new CountersignError("E_STORE_CORRUPT", "The directory was not finished when it was made. Make it anew.");
  }
  const env = records.meta("env") === "demo" ? "demo" : "production";
  return { iss, env, jwk: publicJwk.parse(JSON.parse(jwk)), statusUri };
}

const textMembers = (jwk: object): Record<string, string> =>
  Object.fromEntries(Object.entries(jwk).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
