import { CountersignError } from "./error.ts";
import { LIMITS } from "./names.ts";

/** A number of CS-FHIR, kept as its source text: FHIR decimals carry precision (protocol.md 1, point 2). */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** Text, not a number: nothing may round it. */
  toJSON(): string {
    return this.text;
  }
}

/** Digits without the zeros they end in, one by one: an expression that looks for the end tries from every zero. */
export function withoutEndingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
/** CS-FHIR: as {@link Json} with every number a {@link NumberText}. */
export type FhirJson = null | boolean | NumberText | string | FhirJson[] | { [name: string]: FhirJson };

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const INTEGER = /^(?:0|-?[1-9][0-9]{0,15})$/;
// eslint-disable-next-line no-control-regex -- JSON forbids raw controls in strings; this finds the end of a plain run
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const NONCHARACTER =
  /[\ufdd0-\ufdef\ufffe\uffff]|[\ud83f\ud87f\ud8bf\ud8ff\ud93f\ud97f\ud9bf\ud9ff\uda3f\uda7f\udabf\udaff\udb3f\udb7f\udbbf\udbff][\udffe\udfff]/;
const ESCAPE: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** RFC 8259 with the I-JSON limits of RFC 7493 and protocol.md 3.2; `N` is how a number is represented. */
class Parser<N> {
  readonly #s: string;
  readonly #number: (text: string) => N;
  #i = 0;

  constructor(text: string, number: (text: string) => N) {
    this.#s = text;
    this.#number = number;
  }

  document(): unknown {
    this.#space();
    const value = this.#value(1);
    this.#space();
    if (this.#i !== this.#s.length) this.#bad();
    return value;
  }

  #bad(code: "E_FMT_JSON" | "E_FMT_DUP" | "E_FMT_DEPTH" | "E_FMT_SURROGATE" = "E_FMT_JSON"): never {
    throw new CountersignError(code, `${code} at character ${String(this.#i)}`);
  }

  #space(): void {
    for (;;) {
      const c = this.#s.charCodeAt(this.#i);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.#i++;
    }
  }

  #value(depth: number): unknown {
    const c = this.#s[this.#i];
    if (c === "{") return this.#object(depth);
    if (c === "[") return this.#array(depth);
    if (c === '"') return this.#string();
    if (c === "t") return this.#word("true", true);
    if (c === "f") return this.#word("false", false);
    if (c === "n") return this.#word("null", null);
    NUMBER.lastIndex = this.#i;
    const m = NUMBER.exec(this.#s);
    if (!m) this.#bad();
    this.#i += m[0].length;
    return this.#number(m[0]);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#s.startsWith(word, this.#i)) this.#bad();
    this.#i += word.length;
    return value;
  }

  #object(depth: number): Record<string, unknown> {
    // SECURITY: depth cap, protocol.md 3.2 (T-09): a deep value must not exhaust the stack.
    if (depth > LIMITS.jsonDepth) this.#bad("E_FMT_DEPTH");
    // SECURITY: null prototype, protocol.md T-09: `__proto__` is a member like any other.
    const out: Record<string, unknown> = { __proto__: null };
    this.#i++;
    this.#space();
    if (this.#s[this.#i] === "}") {
      this.#i++;
      return out;
    }
    for (;;) {
      if (this.#s[this.#i] !== '"') this.#bad();
      const name = this.#string();
      // SECURITY: duplicate names refused, RFC 7493 2.3: two readers must not see two values.
      if (name in out) this.#bad("E_FMT_DUP");
      this.#space();
      if (this.#s[this.#i] !== ":") this.#bad();
      this.#i++;
      this.#space();
      out[name] = this.#value(depth + 1);
      this.#space();
      const c = this.#s[this.#i++];
      if (c === "}") return out;
      if (c !== ",") this.#bad();
      this.#space();
    }
  }

  #array(depth: number): unknown[] {
    if (depth > LIMITS.jsonDepth) this.#bad("E_FMT_DEPTH");
    const out: unknown[] = [];
    this.#i++;
    this.#space();
    if (this.#s[this.#i] === "]") {
      this.#i++;
      return out;
    }
    for (;;) {
      out.push(this.#value(depth + 1));
      this.#space();
      const c = this.#s[this.#i++];
      if (c === "]") return out;
      if (c !== ",") this.#bad();
      this.#space();
    }
  }

  #string(): string {
    this.#i++;
    let out = "";
    for (;;) {
      PLAIN.lastIndex = this.#i;
      const run = PLAIN.exec(this.#s)?.[0] ?? "";
      out += run;
      this.#i += run.length;
      const c = this.#s[this.#i++];
      if (c === '"') break;
      if (c !== "\\") this.#bad();
      const e = this.#s[this.#i++] ?? "";
      if (e === "u") {
        const hex = this.#s.slice(this.#i, this.#i + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.#bad();
        out += String.fromCharCode(parseInt(hex, 16));
        this.#i += 4;
      } else {
        const plain = ESCAPE[e];
        if (plain === undefined) this.#bad();
        out += plain;
      }
    }
    if (LONE_SURROGATE.test(out) || NONCHARACTER.test(out)) this.#bad("E_FMT_SURROGATE");
    return out;
  }
}

function integer(text: string): number {
  const n = INTEGER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(n)) throw new CountersignError("E_FMT_NUMBER", `E_FMT_NUMBER: ${text.slice(0, 40)}`);
  return n;
}

/** Beyond ASCII, only here a text can hold a surrogate or a noncharacter. */
// eslint-disable-next-line no-control-regex -- the range is all of ASCII
const BEYOND_ASCII = /[^\u0000-\u007f]/;

/**
 * The quick way for a text in the form in which JSON.stringify writes it, which is how programs write what they sign: the
 * engine's parser, and then proof that nothing was lost. Written back it must be the same text, so no member came twice
 * and no number was changed; numbers, depth and characters are looked at. `undefined` means nothing but "take the other
 * way", which also finds the right code. For {@link parseStrict}; exported for its tests, which ask which way is taken.
 */
export function parseCanonical(text: string, isAscii: boolean): Json | undefined {
  // What stands raw beyond ASCII is looked at for every text; an escape could only be of a control or a surrogate.
  if (text.includes("\\u") || (!isAscii && (LONE_SURROGATE.test(text) || NONCHARACTER.test(text)))) {
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (JSON.stringify(value) !== text) return undefined;
  } catch {
    // Not JSON, or deeper than the engine writes.
    return undefined;
  }
  return isStrict(value, 1) ? value : undefined;
}

/**
 * Up to so many characters the parser above takes no longer than the quick way, and a text that is not JSON (a header
 * that somebody made up) does not first cost the engine's own error.
 */
const SHORT = 256;

/** Integers only, depth kept; takes the prototype of every object away. */
function isStrict(value: unknown, depth: number): value is Json {
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth > LIMITS.jsonDepth) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isStrict(item, depth + 1)) return false;
    return true;
  }
  // SECURITY: null prototype, as in the parser above (T-09).
  Object.setPrototypeOf(value, null);
  // Nothing is inherited now: these are its own members. (Several times faster than Object.values.)
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- any object is a map of its members to unknown
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) {
    const member = members[name];
    if (typeof member !== "string" && !isStrict(member, depth + 1)) return false;
  }
  return true;
}

/**
 * CS-JSON: I-JSON, integers within ±(2^53−1) only, depth at most 32 with the outermost value as 1 (protocol.md 3.2,
 * 3.22). Objects have a null prototype. Accepts a subset of `JSON.parse`. Who knows already that the text is ASCII may
 * say so; never who only thinks so.
 * @throws CountersignError `E_FMT_JSON`, `E_FMT_DUP`, `E_FMT_NUMBER`, `E_FMT_DEPTH`, `E_FMT_SURROGATE`
 */
export function parseStrict(text: string, isAscii = !BEYOND_ASCII.test(text)): Json {
  const quick = text.length > SHORT ? parseCanonical(text, isAscii) : undefined;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the parser makes nothing else
  return quick ?? (new Parser(text, integer).document() as Json);
}

/**
 * CS-FHIR: as {@link parseStrict}, but decimals and exponents are allowed and every number is a {@link NumberText}.
 * @throws CountersignError as {@link parseStrict}, without `E_FMT_NUMBER`
 */
export function parseFhir(text: string): FhirJson {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the parser makes nothing else
  return new Parser(text, (t) => new NumberText(t)).document() as FhirJson;
}
