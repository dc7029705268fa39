import { decodeBase64urlInto } from "./base64url.ts";
import { publicJwk } from "./claims/primitives.ts";
import type { PublicJwk } from "./crypto-port.ts";
import { CountersignError } from "./error.ts";
import { ALGS, LIMITS, type Alg, type Typ } from "./names.ts";
import { parseStrict, type Json } from "./strict-json.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** A JWS that passed the gate. Nothing in it is verified yet: the signature and the payload come later. */
export interface GatedJws {
  readonly header: {
    readonly alg: Alg;
    readonly typ: Typ;
    readonly kid: string;
    readonly csx: readonly string[];
    /** Only in enrolment proofs, unchecked until `Crypto.importKey`. */
    readonly jwk?: PublicJwk;
  };
  readonly signingInput: Uint8Array<ArrayBuffer>;
  readonly payload: PayloadText;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** A payload as text (strict UTF-8), and whether all of it is ASCII. */
export interface PayloadText {
  readonly text: string;
  readonly isAscii: boolean;
}

export interface GateOptions {
  readonly typ: Typ;
  /**
   * Names of payload claims this verifier understands when marked critical (`csx`). `any`: the caller judges them later
   * (C13).
   */
  readonly understood?: readonly string[] | "any";
  readonly maxBytes?: number;
  /** Enrolment proofs carry the new key in the header (protocol.md 3.13). */
  readonly allowJwk?: boolean;
}

const HEADER_MEMBERS = new Set(["alg", "typ", "kid", "crit", "csx"]);

const isObject = (v: Json | undefined): v is Record<string, Json> =>
  typeof v === "object" && v !== null && !Array.isArray(v);

/** The three segments decoded; nothing in them is judged yet. */
export interface OpenedJws {
  readonly header: string;
  readonly payload: PayloadText;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly signingInput: Uint8Array<ArrayBuffer>;
}

/**
 * V1 and V2: size, exactly three segments, strict base64url, UTF-8 (protocol.md 3.2, 3.8).
 * @throws CountersignError `E_FMT_SIZE`, `E_FMT_JWS`, `E_FMT_B64`, `E_FMT_UTF8`
 */
export function openJws(jws: string, maxBytes: number = LIMITS.jws): OpenedJws {
  if (jws.length > maxBytes) throw new CountersignError("E_FMT_SIZE");
  const first = jws.indexOf(".");
  const second = jws.indexOf(".", first + 1);
  const three = first > 0 && second > first + 1 && !jws.includes(".", second + 1);
  if (!three) throw new CountersignError("E_FMT_JWS");
  const bytes = encodeUtf8(jws);
  // Only a text of ASCII alone has as many bytes as characters, and so its dots at the same places.
  if (bytes.length !== jws.length) throw new CountersignError("E_FMT_B64");
  const decoded = roomFor((bytes.length * 3) >>> 2);
  const p = decodeBase64urlInto(decoded, 0, bytes, 0, first);
  const s = decodeBase64urlInto(decoded, p, bytes, first + 1, second);
  const end = decodeBase64urlInto(decoded, s, bytes, second + 1, bytes.length);
  const text = decodeUtf8(decoded.subarray(p, s));
  return {
    header: decodeUtf8(decoded.subarray(0, p)),
    // UTF-8 has as many bytes as the text has UTF-16 units only where all of it is ASCII.
    payload: { text, isAscii: text.length === s - p },
    signature: decoded.slice(s, end),
    signingInput: bytes.subarray(0, second),
  };
}

let room = new Uint8Array(4096);

/**
 * Where the segments are decoded: kept between calls, because making it costs more than filling it, and this runs before
 * anything is known of who sent a text. What is in it is copied or made text before the call that filled it returns.
 */
function roomFor(bytes: number): Uint8Array<ArrayBuffer> {
  if (room.length < bytes) room = new Uint8Array(bytes);
  return room;
}

/**
 * V1–V3 for every signed kind: {@link openJws}, then header strict JSON with exact `typ`, allowed `alg`, allow-listed
 * members and understood `crit`/`csx` (protocol.md 3.2, 3.8; RFC 7515, RFC 8725). Runs before any key is looked up and
 * before jose sees a byte.
 * @throws CountersignError the codes of {@link openJws}, the JSON codes, `E_SIG_TYP`, `E_SIG_ALG`, `E_SIG_HEADER`,
 * `E_SIG_CRIT`
 */
export const gateJws = (jws: string, options: GateOptions): GatedJws =>
  gateOpened(openJws(jws, options.maxBytes), options);

/** V3 of an opened JWS. @throws CountersignError as {@link gateJws} */
export function gateOpened(opened: OpenedJws, options: GateOptions): GatedJws {
  const header = plainHeader(opened.header, options) ?? gateHeader(parseStrict(opened.header), options);
  const { payload, signature, signingInput } = opened;
  return { header, payload, signature, signingInput };
}

/** A header in the one form in which Countersign writes it, with nothing critical: almost every one. */
const PLAIN_HEADER = /^\{"alg":"([A-Za-z0-9]{1,8})","typ":"([a-z+-]{1,40})","kid":"([A-Za-z0-9_-]{43})"\}$/;

/** `undefined` means "read it properly", which also finds the right code. */
function plainHeader(text: string, { typ }: GateOptions): GatedJws["header"] | undefined {
  const [, alg, stated, kid] = PLAIN_HEADER.exec(text) ?? [];
  const known = ALGS.find((a) => a === alg);
  return known !== undefined && kid !== undefined && stated === typ ? { alg: known, typ, kid, csx: [] } : undefined;
}

function gateHeader(header: Json, options: GateOptions): GatedJws["header"] {
  if (!isObject(header)) throw new CountersignError("E_SIG_HEADER");
  const { alg, typ, kid, crit, csx, jwk } = header;
  if (typ !== options.typ) throw new CountersignError("E_SIG_TYP");
  // SECURITY: algorithm allow-list, RFC 8725 3.1 (T-10); `EdDSA` is refused (RFC 9864).
  const known = ALGS.find((a) => a === alg);
  if (known === undefined) throw new CountersignError("E_SIG_ALG");
  // SECURITY: header allow-list, protocol.md 3.2 (T-10): no jku, x5c, jwk, b64, zip.
  for (const name of Object.keys(header)) {
    if (!HEADER_MEMBERS.has(name) && !(name === "jwk" && options.allowJwk)) throw new CountersignError("E_SIG_HEADER");
  }
  if (typeof kid !== "string" || !/^[A-Za-z0-9_-]{43}$/.test(kid)) throw new CountersignError("E_SIG_HEADER");
  const critical = gateCritical(crit, csx, options.understood ?? []);
  return {
    alg: known,
    typ: options.typ,
    kid,
    csx: critical,
    ...(jwk === undefined ? {} : { jwk: gateJwk(jwk) }),
  };
}

/** `crit` must be exactly `["csx"]` and `csx` a list of claims the verifier understands (protocol.md 3.2). */
function gateCritical(
  crit: Json | undefined,
  csx: Json | undefined,
  understood: readonly string[] | "any",
): readonly string[] {
  if (crit === undefined && csx === undefined) return [];
  const ok =
    Array.isArray(crit) &&
    crit.length === 1 &&
    crit[0] === "csx" &&
    Array.isArray(csx) &&
    csx.length > 0 &&
    new Set(csx).size === csx.length &&
    csx.every((name) => typeof name === "string" && (understood === "any" || understood.includes(name)));
  if (!ok) throw new CountersignError("E_SIG_CRIT");
  return csx.filter((name) => typeof name === "string");
}

/** Shape only: whether it is a key, and a safe one, is for `Crypto.importKey`. */
function gateJwk(jwk: Json): PublicJwk {
  const parsed = publicJwk.safeParse(jwk);
  if (!parsed.success) throw new CountersignError("E_SIG_HEADER");
  return parsed.data;
}

/**
 * V6: the payload as strict JSON; must be an object.
 * @throws CountersignError the JSON codes, `E_CLM_SHAPE`
 */
export function parsePayload({ payload }: Pick<OpenedJws, "payload">): Record<string, Json> {
  const value = parseStrict(payload.text, payload.isAscii);
  if (!isObject(value)) throw new CountersignError("E_CLM_SHAPE");
  return value;
}
