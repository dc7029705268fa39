import { decodeBase64, encodeBase64, encodeBase64url } from "#shared/protocol/base64url.ts";
import type { Crypto, VerifyKey } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { sameBytes } from "./verify.ts";

/** C2SP signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), Ed25519 only. */

/** Algorithm byte of Ed25519 in C2SP key identifiers. */
const ED25519 = 1;

export interface NoteKey {
  readonly name: string;
  readonly id: Uint8Array;
  readonly key: VerifyKey;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array<ArrayBuffer>;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let o = 0;
  for (const p of parts) {
    out.set(p, o);
    o += p.length;
  }
  return out;
}

/** First four bytes of SHA-256(name ‖ "\n" ‖ algorithm ‖ key). */
export const keyId = (crypto: Crypto, name: string, publicKey: Uint8Array): Uint8Array =>
  crypto.sha256(encodeUtf8(`${name}\n`), Uint8Array.of(ED25519), publicKey).slice(0, 4);

const hex = (bytes: Uint8Array) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");

/** Verifier key text: `<name>+<id hex>+<base64(algorithm ‖ key)>`. `publicKey` is the raw 32-byte Ed25519 key. */
export function makeVkey(crypto: Crypto, name: string, publicKey: Uint8Array): string {
  return `${name}+${hex(keyId(crypto, name, publicKey))}+${encodeBase64(concat(Uint8Array.of(ED25519), publicKey))}`;
}

/** @throws CountersignError `E_LOG_KEY` when it is not a well-formed Ed25519 verifier key */
export function parseVkey(crypto: Crypto, vkey: string): NoteKey {
  const m = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey);
  const [, name, id, data] = m ?? [];
  if (name === undefined || id === undefined || data === undefined) throw new CountersignError("E_LOG_KEY");
  try {
    const bytes = decodeBase64(data);
    const publicKey = bytes.slice(1);
    const expected = keyId(crypto, name, publicKey);
    if (bytes[0] !== ED25519 || publicKey.length !== 32 || hex(expected) !== id)
      throw new CountersignError("E_LOG_KEY");
    const key = crypto.importKey({ kty: "OKP", crv: "Ed25519", x: encodeBase64url(publicKey), alg: "Ed25519" });
    return { name, id: expected, key };
  } catch (cause) {
    throw new CountersignError("E_LOG_KEY", "The log's verifier key is malformed.", { cause });
  }
}

/** The note text that is signed: three lines, each ended (C2SP tlog-checkpoint). */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${String(size)}\n${encodeBase64(root)}\n`;
}

/** A signed checkpoint. `sign` makes a raw 64-byte Ed25519 signature with the log key. */
export function signCheckpoint(
  crypto: Crypto,
  checkpoint: Checkpoint,
  publicKey: Uint8Array,
  sign: (data: Uint8Array) => Uint8Array,
): string {
  return signNote(crypto, checkpointText(checkpoint), { name: checkpoint.origin, publicKey, sign });
}

/** Whoever signs notes with an Ed25519 key under a name. */
export interface NoteSigner {
  readonly name: string;
  /** The raw 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Makes a raw 64-byte Ed25519 signature. */
  readonly sign: (data: Uint8Array) => Uint8Array;
}

/** A signed note (c2sp.org/signed-note). `text` ends with a line end and holds no empty line. */
export function signNote(crypto: Crypto, text: string, { name, publicKey, sign }: NoteSigner): string {
  const signature = concat(keyId(crypto, name, publicKey), sign(encodeUtf8(text)));
  return `${text}\n\u2014 ${name} ${encodeBase64(signature)}\n`;
}

/**
 * The text of a note that the holder of `vkey` signed; signature lines of others are ignored, but must be well formed.
 * @throws CountersignError `E_LOG_KEY` (no valid signature by `vkey`), `E_LOG_PROOF` (malformed)
 */
export function verifyNote(crypto: Crypto, note: string, vkey: string): string {
  const signer = parseVkey(crypto, vkey);
  const cut = note.indexOf("\n\n");
  if (cut < 0 || !note.endsWith("\n")) throw malformed();
  const text = note.slice(0, cut + 1);
  const lines = note.slice(cut + 2, -1).split("\n");
  const signed = lines.filter((line) => isSignedBy(crypto, line, signer, encodeUtf8(text)));
  if (signed.length === 0) throw new CountersignError("E_LOG_KEY");
  return text;
}

/**
 * Reads a checkpoint and verifies the log's own signature; signature lines of other keys (witnesses) are ignored, as
 * C2SP asks, but must be well formed. Text that the log did not sign is refused: every byte before the signatures counts.
 * @throws CountersignError `E_LOG_KEY` (no valid signature by `vkey`, or another origin), `E_LOG_PROOF` (malformed)
 */
export function verifyCheckpoint(crypto: Crypto, note: string, vkey: string): Checkpoint {
  const signer = parseVkey(crypto, vkey);
  const cut = note.indexOf("\n\n");
  const text = note.slice(0, cut + 1);
  const m = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text);
  const [, origin, size, root] = m ?? [];
  if (cut < 0 || origin === undefined || root === undefined || !note.endsWith("\n")) throw malformed();
  if (origin !== signer.name) throw new CountersignError("E_LOG_KEY");
  const lines = note.slice(cut + 2, -1).split("\n");
  const signed = lines.filter((line) => isSignedBy(crypto, line, signer, encodeUtf8(text)));
  if (signed.length === 0) throw new CountersignError("E_LOG_KEY");
  return { origin, size: Number(size), root: decodeRoot(root) };
}

function isSignedBy(crypto: Crypto, line: string, signer: NoteKey, text: Uint8Array): boolean {
  const [, name, encoded] = /^\u2014 ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  if (name === undefined || encoded === undefined) throw malformed();
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(encoded);
  } catch {
    throw malformed();
  }
  if (name !== signer.name || !sameBytes(bytes.subarray(0, 4), signer.id)) return false;
  return crypto.verify(signer.key, text, bytes.subarray(4));
}

function decodeRoot(root: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeBase64(root);
  } catch {
    throw malformed();
  }
}

const malformed = () => new CountersignError("E_LOG_PROOF", "The checkpoint is malformed.");
