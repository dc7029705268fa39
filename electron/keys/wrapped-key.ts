import { createPrivateKey, scrypt, type KeyObject } from "node:crypto";

import { CountersignError } from "#shared/protocol/error.ts";

import type { RandomBytes } from "../clock.ts";
import { makeSeal } from "../journal/seal.ts";
import type { TokenPlace } from "./pkcs11/token-messages.ts";
import { makeUnlockedKey, type KeyStorage, type UnlockedKey } from "./unlocked-key.ts";

/** What a PIN opens: the signing key and the secret that the person's files are sealed under. */
export interface WrappedMaterial {
  readonly privateKey: KeyObject;
  /** 32 bytes; the caller wipes it when it is done. */
  readonly secret: Uint8Array;
}

/** The same where the key is on a card: it signs there. */
export interface TokenMaterial {
  readonly token: UnlockedKey;
  readonly secret: Uint8Array;
  readonly place: TokenPlace;
  /** Takes the key off the card again: an enrolment that came to nothing leaves nothing. */
  forget(): Promise<void>;
}
export type KeyMaterial = WrappedMaterial | TokenMaterial;

/** The key of some material, ready to sign until it is locked. */
export const keyOf = (material: KeyMaterial, storage: KeyStorage): UnlockedKey =>
  "token" in material ? material.token : makeUnlockedKey(material.privateKey, storage);

/** Key material under a PIN: scrypt (RFC 7914), then AES-256-GCM. Base64 texts. */
export interface PinWrapped {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
  readonly data: string;
}

/** About 64 MiB and a quarter of a second: what a workstation can spend on each unlock. */
export const SCRYPT = { n: 2 ** 16, r: 8, p: 1 } as const;
const MAX_N = 2 ** 20;
const SECRET = 32;

/**
 * @param context text that must be the same when it is opened: what the key is for and whom it trusts
 * @param cost lower only in tests
 */
export async function wrapWithPin(
  material: WrappedMaterial,
  pin: string,
  context: string,
  random: RandomBytes,
  cost: { readonly n: number; readonly r: number; readonly p: number } = SCRYPT,
): Promise<PinWrapped> {
  const salt = random(16);
  const key = await stretch(pin, salt, cost);
  const der = material.privateKey.export({ type: "pkcs8", format: "der" });
  const plain = Buffer.concat([material.secret, der]);
  try {
    const data = Buffer.from(makeSeal(key, random).seal(plain, context)).toString("base64");
    return { ...cost, salt: Buffer.from(salt).toString("base64"), data };
  } finally {
    // SECURITY: copies of key material do not stay in memory longer than needed.
    for (const bytes of [plain, der, key]) bytes.fill(0);
  }
}

/**
 * @throws CountersignError `E_CLI_PIN` when the PIN is wrong (or the file was changed: the two cannot be told apart),
 * `E_CLI_KEYSTORE` when its parameters are out of bounds
 */
export async function unwrapWithPin(wrapped: PinWrapped, pin: string, context: string): Promise<WrappedMaterial> {
  const { n, r, p } = wrapped;
  // SECURITY: a changed file must not make this computer spend all its memory.
  if (n < 2 || n > MAX_N || (n & (n - 1)) !== 0 || r !== 8 || p !== 1) throw new CountersignError("E_CLI_KEYSTORE");
  const key = await stretch(pin, Buffer.from(wrapped.salt, "base64"), wrapped);
  let plain: Uint8Array;
  try {
    plain = makeSeal(key, unused).open(Buffer.from(wrapped.data, "base64"), context);
  } catch {
    throw new CountersignError("E_CLI_PIN");
  } finally {
    key.fill(0);
  }
  try {
    const der = Buffer.from(plain.subarray(SECRET));
    return {
      privateKey: createPrivateKey({ key: der, format: "der", type: "pkcs8" }),
      secret: new Uint8Array(plain.subarray(0, SECRET)),
    };
  } catch (cause) {
    throw new CountersignError("E_CLI_KEYSTORE", undefined, { cause });
  } finally {
    plain.fill(0);
  }
}

const unused: RandomBytes = () => {
  throw new CountersignError("E_INTERNAL");
};

function stretch(pin: string, salt: Uint8Array, { n, r, p }: { n: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // maxmem must exceed 128·N·r; Node's default of 32 MiB would refuse.
    scrypt(pin.normalize("NFKC"), salt, 32, { N: n, r, p, maxmem: 128 * n * r * 2 + 2 ** 20 }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
