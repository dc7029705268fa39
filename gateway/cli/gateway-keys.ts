import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { generateKey, makeSigner, type PrivateJwk, type Signer } from "#shared/crypto/sign.ts";
import { gatewayJwk, type GatewayJwk } from "#shared/protocol/claims/credential.ts";
import { publicJwk } from "#shared/protocol/claims/primitives.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { Alg } from "#shared/protocol/names.ts";

import { replaceFile } from "../store/replace-file.ts";
import { makeStoreKey, readStoreKey, STORE_KEY_FILE } from "../store/seal/key-file.ts";
import { readJson, readText, writeNew } from "./files.ts";

/** The gateway's own keys, apart because each says something else (protocol.md 3.1, 3.14, 3.16). */
export interface GatewayKeys {
  /** Requests, receipts, SETs, session proofs. */
  readonly request: Signer;
  readonly token: Signer;
  /** Checkpoints and nothing else; Ed25519. */
  readonly log: Signer;
  /** Public halves of keys that sign nothing any more, for what they signed while they did (protocol.md 3.13). */
  readonly retired: readonly GatewayJwk[];
}

const FILES = {
  request: ["request-key.jwk", "ES256"],
  token: ["token-key.jwk", "ES256"],
  log: ["log-key.jwk", "Ed25519"],
} as const satisfies Record<Exclude<keyof GatewayKeys, "retired">, readonly [string, Alg]>;
export const RETIRED_FILE = "retired-keys.json";

export const privateJwk = publicJwk.extend({ d: z.string() });

/** Makes new keys. @throws CountersignError `E_CLI_INPUT` when one is there already */
export function makeKeys(folder: string): GatewayKeys {
  const make = ([file, alg]: readonly [string, Alg]): Signer => {
    const key = generateKey(alg);
    // SECURITY: readable by their owner alone (protocol.md 3.13; SECURITY.md).
    writeNew(path.join(folder, file), `${JSON.stringify(key)}\n`, true);
    return makeSigner(key);
  };
  const keys = { request: make(FILES.request), token: make(FILES.token), log: make(FILES.log), retired: [] };
  // With the others, so that a copy of them that is kept apart has it from the beginning.
  if (readStoreKey(folder) === undefined) makeStoreKey(folder);
  return keys;
}

/** @throws CountersignError `E_CLI_INPUT` for a key that is missing or cannot be read, `E_KEY_WEAK`, `E_SIG_ALG` */
export function readKeys(folder: string): GatewayKeys {
  const read = ([file]: readonly [string, Alg]): Signer => {
    const parsed = privateJwk.safeParse(readJson(path.join(folder, file)));
    if (!parsed.success) throw new CountersignError("E_CLI_INPUT", `${path.join(folder, file)} holds no private key.`);
    const key: PrivateJwk = parsed.data;
    return makeSigner(key);
  };
  const keys = { request: read(FILES.request), token: read(FILES.token), log: read(FILES.log) };
  return { ...keys, retired: readRetired(folder, keys.request.kid) };
}

/** A change that was cut short after its first step named the present key retired: the key file decides. */
function readRetired(folder: string, present: string): readonly GatewayJwk[] {
  const file = path.join(folder, RETIRED_FILE);
  if (!existsSync(file)) return [];
  const parsed = z.array(gatewayJwk).safeParse(readJson(file));
  if (!parsed.success) throw new CountersignError("E_CLI_INPUT", `${file} is no list of public keys.`);
  return parsed.data.filter(({ kid }) => kid !== present);
}

/**
 * Makes a new request key and retires the present one; the private half of that is gone. `until`: Unix seconds up to which
 * what a key signed is verified, undefined for one that nobody needs any more.
 */
export function rotateRequestKey(folder: string, until: (key: GatewayJwk) => number | undefined): GatewayKeys {
  const { request, retired, ...others } = readKeys(folder);
  const now: GatewayJwk = { ...request.jwk, kid: request.kid, cs_use: ["request"] };
  const kept = [...retired, now].flatMap((jwk) => {
    const verify_until = until(jwk);
    return verify_until === undefined ? [] : [{ ...jwk, verify_until }];
  });
  const [file, alg] = FILES.request;
  const key = generateKey(alg);
  // In this order: a key that is retired twice is harmless, one that is nowhere is not.
  replaceFile(path.join(folder, RETIRED_FILE), `${JSON.stringify(kept, undefined, 2)}\n`);
  replaceFile(path.join(folder, file), `${JSON.stringify(key)}\n`);
  return { ...others, request: makeSigner(key), retired: kept };
}

const DOOR_KEY_FILE = "agents-door.key";
const DOOR_KEY_BYTES = 32;

/** Every file with something secret that this gateway made for itself. */
export const SECRET_FILES: readonly string[] = [
  ...Object.values(FILES).map(([file]) => file),
  ...[DOOR_KEY_FILE, STORE_KEY_FILE],
];

/** The key that seals agents' handles, kept so that a handle outlives a restart; made when it is not there. */
export function readDoorKey(folder: string): Uint8Array {
  const file = path.join(folder, DOOR_KEY_FILE);
  if (!existsSync(file)) writeNew(file, `${randomBytes(DOOR_KEY_BYTES).toString("base64url")}\n`, true);
  const key = Buffer.from(readText(file).trim(), "base64url");
  if (key.length === DOOR_KEY_BYTES) return key;
  throw new CountersignError("E_CLI_INPUT", `${file} is damaged. Remove it: agents ask anew, nothing else is lost.`);
}
