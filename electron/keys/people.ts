import { createHash } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import path from "node:path";

import type { Person } from "#shared/ipc/contract.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto, PublicJwk } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import { makeFolder, readWhole, removeFile, replaceFile } from "../journal/durable.ts";
import { Fields } from "../journal/fields.ts";
import type { StoredKey } from "./key-store.ts";
import type { KeyStorage } from "./unlocked-key.ts";

/** One enrolment: a person's key at one gateway, and whom it trusts. The text of it is the context of the wrapped key. */
export interface Enrolment {
  readonly kid: string;
  readonly storage: KeyStorage;
  /** Gateway issuer, its name and kind as its credential said at enrolment. */
  readonly iss: string;
  readonly gateway_name: string;
  readonly env: "production" | "demo";
  readonly ws_endpoint: string;
  /** `countersign-approver+jwt`. */
  readonly credential: string;
  readonly directory_iss: string;
  readonly directory: PublicJwk;
  /** The key that this one replaced (protocol.md 3.13). */
  readonly replaces?: string;
  /** Whose name the folder of the person's files has, where it is not this key's: they go on when a key is replaced. */
  readonly vault?: string;
  /** Whose PIN opens it, where that is an earlier enrolment's of the same person: its {@link pinOf}. */
  readonly pin_of?: string;
}

/** The name of the folder with a person's files. */
export const vaultOf = ({ kid, vault }: Pick<Enrolment, "kid" | "vault">): string => vault ?? kid;

/** The name of the PIN that opens it; enrolments of one person may share one (docs/decisions/0008). */
export const pinOf = (enrolment: Pick<Enrolment, "kid" | "vault" | "pin_of">): string =>
  enrolment.pin_of ?? vaultOf(enrolment);

export interface StoredPerson {
  readonly enrolment: Enrolment;
  /** SECURITY: the exact text is authenticated by the wrapped key: a swapped directory or address does not unlock. */
  readonly context: string;
  readonly key: StoredKey;
}

/** A key that is to replace another and has no credential yet. On the disk before the directory hears of it. */
export interface StoredNext {
  readonly kid: string;
  readonly replaces: string;
  readonly context: string;
  readonly key: StoredKey;
}

/** The people enrolled on this computer, one file each; readable without a PIN, usable only with one. */
export interface People {
  /**
   * Damaged files were moved to `quarantine/` and are named; those that could not be read just now stay where they are, and
   * are there again at the next start.
   */
  load(): Promise<{
    readonly people: readonly StoredPerson[];
    readonly nexts: readonly StoredNext[];
    readonly damaged: readonly string[];
    readonly unreadable: readonly string[];
  }>;
  save(enrolment: Enrolment, key: StoredKey): Promise<StoredPerson>;
  saveNext(next: StoredNext): Promise<void>;
  removeNext(replaces: string): Promise<void>;
  /** Removes a key that was replaced; the folder of the person's files stays. */
  remove(kid: string): Promise<void>;
  /** Where wrong PINs are counted: once for every key that the PIN opens. */
  attemptsFile(pin: string): string;
  vaultFolder(kid: string): string;
}

const KID = /^[A-Za-z0-9_-]{43}$/;
const NAME = /^([A-Za-z0-9_-]{43})(\.next)?\.json$/;

/** The file of the key that is to replace another. */
export const nextName = (replaces: string): string => `${replaces}.next.json`;

/** What the wrapped form of a key without a credential is bound to. */
export const nextContext = (kid: string, replaces: string): string => JSON.stringify({ kid, replaces });

export function makePeople(folder: string): People {
  async function write(name: string, context: string, key: StoredKey): Promise<void> {
    await makeFolder(folder);
    const text = JSON.stringify({ v: 1, context, key, sum: checksum(context, key) });
    await replaceFile(path.join(folder, name), Buffer.from(text));
  }

  return {
    async load() {
      await makeFolder(folder);
      const people: StoredPerson[] = [];
      const nexts: StoredNext[] = [];
      const [damaged, unreadable]: [string[], string[]] = [[], []];
      for (const name of (await readdir(folder)).sort()) {
        const [, kid, isNext] = NAME.exec(name) ?? [];
        if (kid === undefined) continue;
        let bytes: Uint8Array | undefined;
        try {
          bytes = await readWhole(path.join(folder, name));
        } catch {
          // A permission or the disk: that is no damage, and mending it brings the key back.
          unreadable.push(name);
          continue;
        }
        try {
          if (!bytes) throw new CountersignError("E_CLI_KEYSTORE");
          const file = parseFile(bytes);
          if (isNext === undefined) people.push({ ...file, enrolment: parseEnrolment(file.context, kid) });
          else nexts.push({ ...file, ...parseNext(file.context, kid) });
        } catch {
          // Nothing is regenerated silently (reliability.md D6): the file is kept for IT and the person enrols again.
          await makeFolder(path.join(folder, "quarantine"));
          await rename(path.join(folder, name), path.join(folder, "quarantine", name));
          damaged.push(name);
        }
      }
      return { people, nexts, damaged, unreadable };
    },
    async save(enrolment, key) {
      const context = JSON.stringify(enrolment);
      await write(`${enrolment.kid}.json`, context, key);
      return { enrolment, context, key };
    },
    saveNext: ({ replaces, context, key }) => write(nextName(replaces), context, key),
    removeNext: (replaces) => removeFile(path.join(folder, nextName(replaces))),
    async remove(kid) {
      // The key itself last: whatever happens on the way, it is found and removed again.
      for (const name of [nextName(kid), `${kid}.attempts`, `${kid}.json`]) {
        await removeFile(path.join(folder, name));
      }
    },
    attemptsFile: (pin) => path.join(folder, `${pin}.attempts`),
    vaultFolder: (kid) => path.join(folder, `${kid}.vault`),
  };
}

/** Tells a damaged file from a wrong PIN; the seal is what protects against change on purpose. */
const checksum = (context: string, key: StoredKey): string =>
  createHash("sha256")
    .update(JSON.stringify([context, key]))
    .digest("base64url");

/** @throws CountersignError `E_CLI_JOURNAL`, `E_CLI_KEYSTORE` */
function parseFile(bytes: Uint8Array): { readonly context: string; readonly key: StoredKey } {
  const file = new Fields(bytes);
  const context = file.text("context");
  const key = parseKey(file.record("key"));
  if (file.integer("v") !== 1 || file.text("sum") !== checksum(context, key))
    throw new CountersignError("E_CLI_KEYSTORE");
  return { context, key };
}

/** @throws CountersignError `E_CLI_JOURNAL`, `E_CLI_KEYSTORE` when it is another key's */
function parseEnrolment(context: string, kid: string): Enrolment {
  const f = new Fields(Buffer.from(context));
  if (f.text("kid") !== kid) throw new CountersignError("E_CLI_KEYSTORE");
  const directory = f.record("directory");
  const [replaces, vault, pin_of] = [f.optionalText("replaces"), f.optionalText("vault"), f.optionalText("pin_of")];
  // SECURITY: they become names of files.
  if ([replaces, vault, pin_of].some((name) => name !== undefined && !KID.test(name))) {
    throw new CountersignError("E_CLI_KEYSTORE");
  }
  return {
    kid,
    storage: f.oneOf("storage", ["hardware", "os", "software"]),
    iss: f.text("iss"),
    gateway_name: f.text("gateway_name"),
    env: f.oneOf("env", ["production", "demo"]),
    ws_endpoint: f.text("ws_endpoint"),
    credential: f.text("credential"),
    directory_iss: f.text("directory_iss"),
    directory: {
      kty: directory.oneOf("kty", ["EC", "OKP"]),
      crv: directory.oneOf("crv", ["P-256", "Ed25519"]),
      x: directory.text("x"),
      y: directory.optionalText("y"),
      alg: directory.oneOf("alg", ["ES256", "Ed25519"]),
    },
    ...(replaces === undefined ? {} : { replaces }),
    ...(vault === undefined ? {} : { vault }),
    ...(pin_of === undefined ? {} : { pin_of }),
  };
}

/** @throws CountersignError `E_CLI_JOURNAL`, `E_CLI_KEYSTORE` when it is to replace another key */
function parseNext(context: string, replaces: string): { readonly kid: string; readonly replaces: string } {
  const f = new Fields(Buffer.from(context));
  if (f.text("replaces") !== replaces) throw new CountersignError("E_CLI_KEYSTORE");
  return { kid: f.text("kid"), replaces };
}

function parseKey(stored: Fields): StoredKey {
  const backend = stored.text("backend");
  if (backend === "pkcs11") {
    const token = stored.record("token");
    const place = { serial: token.text("serial"), label: token.text("label"), id: token.text("id") };
    return { backend, token: { ...place, seal: token.text("seal") } };
  }
  const pin = stored.record("pin");
  const cost = { n: pin.integer("n"), r: pin.integer("r"), p: pin.integer("p") };
  return { backend, pin: { ...cost, salt: pin.text("salt"), data: pin.text("data") } };
}

/** The directory that was pinned when this person enrolled. */
export const pinnedDirectory = (crypto: Crypto, { directory, directory_iss }: Enrolment): PinnedDirectory => ({
  iss: directory_iss,
  key: crypto.importKey(directory),
});

/** @throws CountersignError `E_AUTH_CRED` when the credential is not this directory's, or not for this key */
export function readCredential(
  crypto: Crypto,
  credential: string,
  directory: PinnedDirectory,
  kid: string,
): ApproverClaims {
  try {
    const { claims } = verifyJws(crypto, "approver", credential, (name) =>
      name === directory.key.kid ? directory.key : undefined,
    );
    const fits = claims.iss === directory.iss && crypto.importKey(claims.cnf.jwk).kid === kid;
    if (!fits) throw new CountersignError("E_AUTH_CRED");
    return claims;
  } catch (cause) {
    throw new CountersignError("E_AUTH_CRED", undefined, { cause });
  }
}

/** The signer line of the screens: from the directory, never typed (approval-experience.md S1). */
export function personOf(claims: ApproverClaims, { kid, storage, gateway_name }: Enrolment): Person {
  return {
    kid,
    gateways: [gateway_name],
    sub: claims.sub,
    name: claims.name ?? claims.sub,
    reg_no: claims.reg_no ?? "",
    role: claims.roles[0] ?? "",
    key_storage: storage,
  };
}
