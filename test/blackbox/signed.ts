import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import type { JsonWebKey, KeyObject } from "node:crypto";

/** Signed objects as protocol.md 3.2 describes them, with nothing of this project's own code. */

export type Members = Record<string, unknown>;
export type Alg = "ES256" | "Ed25519";

export interface Key {
  readonly kid: string;
  readonly alg: Alg;
  readonly jwk: JsonWebKey & { readonly alg: Alg };
  /** With its private half, for a file. */
  readonly whole?: JsonWebKey & { readonly alg: Alg };
  /** The raw 64 bytes over the ASCII of a signing input. */
  sign(input: string): Buffer;
}

export const b64 = (value: string | Uint8Array): string => Buffer.from(value).toString("base64url");
export const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
/** `dig(x)` of 3.2. */
export const dig = (value: string | Uint8Array): string => `sha-256:${b64(sha256(value))}`;
/** `jdig(jws)`: the signature stays outside. */
export const jdig = (jws: string): string => dig(jws.slice(0, jws.lastIndexOf(".")));
/** RFC 9530. */
export const contentDigest = (text: string | Uint8Array): string => `sha-256=:${sha256(text).toString("base64")}:`;

/** RFC 7638. */
export function thumbprint(jwk: JsonWebKey): string {
  const { kty, crv, x, y } = jwk;
  return b64(sha256(JSON.stringify(kty === "EC" ? { crv, kty, x, y } : { crv, kty, x })));
}

export function newKey(alg: Alg = "ES256"): Key {
  const pair: { publicKey: KeyObject; privateKey: KeyObject } =
    alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const { kty, crv, x, y } = pair.publicKey.export({ format: "jwk" });
  const jwk = { kty: kty!, crv: crv!, x: x!, ...(y === undefined ? {} : { y }), alg };
  return {
    ...{ kid: thumbprint(jwk), alg, jwk, whole: { ...pair.privateKey.export({ format: "jwk" }), alg } },
    sign: (input) =>
      alg === "ES256"
        ? nodeSign("sha256", Buffer.from(input), { key: pair.privateKey, dsaEncoding: "ieee-p1363" })
        : nodeSign(null, Buffer.from(input), pair.privateKey),
  };
}

/** A compact JWS; `header` adds to or replaces `alg`, `typ`, `kid`. */
export function seal(key: Key, typ: string, payload: Members | string, header: Members = {}): string {
  return sealRaw(key, JSON.stringify({ alg: key.alg, typ, kid: key.kid, ...header }), payload);
}

/** The same from the exact text of header and payload. */
export function sealRaw(key: Key, header: string | Uint8Array, payload: Members | string | Uint8Array): string {
  const body = typeof payload === "string" || payload instanceof Uint8Array ? payload : JSON.stringify(payload);
  const input = `${b64(header)}.${b64(body)}`;
  return `${input}.${b64(key.sign(input))}`;
}

export function isSealedBy(jwk: JsonWebKey & { alg?: string }, jws: string): boolean {
  const cut = jws.lastIndexOf(".");
  const [input, signature] = [Buffer.from(jws.slice(0, cut)), Buffer.from(jws.slice(cut + 1), "base64url")];
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return jwk.alg === "ES256"
    ? nodeVerify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, signature)
    : nodeVerify(null, input, key, signature);
}

const segment = (jws: string, n: number): string => Buffer.from(jws.split(".")[n] ?? "", "base64url").toString("utf8");
export const headerOf = (jws: string): Members => JSON.parse(segment(jws, 0)) as Members;
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a claim of the caller: a test fails where it is wrong
export const payloadOf = <T = Members>(jws: unknown): T => JSON.parse(segment(String(jws), 1)) as T;

/** RFC 8785 for what is canonicalised here: objects, arrays, strings, integers and booleans. */
export function jcs(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, v]) => v !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, v]) => `${JSON.stringify(name)}:${jcs(v)}`).join(",")}}`;
}

/** RFC 9562, lower case. */
export function uuid7(nowMs = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export const nonce = (): string => b64(randomBytes(24));
export const nowS = (): number => Math.floor(Date.now() / 1000);
