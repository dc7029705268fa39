import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

/**
 * The encodings of protocol.md 3.2 written again over node:crypto alone, so that the app is not tested with its own code on
 * both ends. Nothing here is imported from shared/.
 */

export const b64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

/** `dig(x)`. */
export const dig = (bytes: Uint8Array | string): string => `sha-256:${b64(sha256(bytes))}`;
/** `jdig(jws)`: over the signing input, the signature left out. */
export const jdig = (jws: string): string => dig(jws.slice(0, jws.lastIndexOf(".")));
/** RFC 9530. */
export const contentDigest = (body: string): string => `sha-256=:${sha256(body).toString("base64")}:`;

/** RFC 8785 for what has integers only. */
export function jcs(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, v]) => v !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([k, v]) => `${JSON.stringify(k)}:${jcs(v)}`).join(",")}}`;
}

/** Lower-case UUIDv7 of a fixed time. */
export function uuid(): string {
  const hex = `01a0c4506c007${randomBytes(10).toString("hex").slice(0, 3)}8${randomBytes(8).toString("hex").slice(0, 15)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export interface Key {
  readonly alg: "ES256" | "Ed25519";
  readonly jwk: Readonly<Record<string, string>>;
  /** RFC 7638. */
  readonly kid: string;
  sign(data: Uint8Array | string): Buffer;
}

export function makeKey(alg: Key["alg"] = "ES256"): Key {
  const pair = alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const { kty, crv, x, y } = pair.publicKey.export({ format: "jwk" }) as Record<string, string>;
  const members = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
  const privateKey: KeyObject = pair.privateKey;
  return {
    alg,
    jwk: { ...(members as Record<string, string>), alg },
    kid: b64(sha256(jcs(members))),
    sign: (data) =>
      alg === "ES256"
        ? sign("sha256", Buffer.from(data), { key: privateKey, dsaEncoding: "ieee-p1363" })
        : sign(null, Buffer.from(data), privateKey),
  };
}

/** A compact JWS of a payload that may be any text or bytes, under any header. */
export function rawJws(key: Key, header: object | string, payload: Uint8Array | string): string {
  const head = typeof header === "string" ? header : JSON.stringify(header);
  const input = `${b64(head)}.${b64(payload)}`;
  return `${input}.${b64(key.sign(input))}`;
}
export const headerOf = (key: Key, typ: string) => ({ alg: key.alg, typ, kid: key.kid });
export const jws = (key: Key, typ: string, claims: object): string =>
  rawJws(key, headerOf(key, typ), JSON.stringify(claims));

// --- the log: RFC 6962 hashes, C2SP notes ---

const join = (...parts: readonly (Uint8Array | string)[]): Buffer => Buffer.concat(parts.map((p) => Buffer.from(p)));
export const leafHash = (entry: string): Buffer => sha256(join(Uint8Array.of(0), entry));
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(join(Uint8Array.of(1), left, right));

export interface Log {
  readonly origin: string;
  readonly vkey: string;
  checkpoint(size: number, root: Uint8Array): string;
}

export function makeLog(origin: string): Log {
  const key = makeKey("Ed25519");
  const publicKey = join(Uint8Array.of(1), Buffer.from(key.jwk["x"] ?? "", "base64url"));
  const hash = sha256(join(`${origin}\n`, publicKey)).subarray(0, 4);
  return {
    origin,
    vkey: `${origin}+${hash.toString("hex")}+${publicKey.toString("base64")}`,
    checkpoint(size, root) {
      const text = `${origin}\n${String(size)}\n${Buffer.from(root).toString("base64")}\n`;
      return `${text}\n— ${origin} ${join(hash, key.sign(text)).toString("base64")}\n`;
    },
  };
}
