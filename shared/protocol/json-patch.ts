import { CountersignError } from "./error.ts";
import { arrayIndex, isMembers, parsePointer, resolvePointer } from "./json-pointer.ts";
import { LIMITS } from "./names.ts";
import { NumberText, withoutEndingZeros, type FhirJson } from "./strict-json.ts";

/** Most values a patched document may hold: `copy` can double a document with every operation. */
const MAX_VALUES = 200_000;

function refuse(index: number, why: string): never {
  throw new CountersignError("E_REQ_INCONSISTENT", `Patch operation ${index + 1}: ${why}.`);
}

const isObject = (value: FhirJson | undefined): value is Record<string, FhirJson> => isMembers(value);

/**
 * RFC 6902 over CS-FHIR. Neither argument is changed; numbers keep their text. Parts of the result may be shared with
 * `before` and `patch`: treat it as read-only.
 * @throws CountersignError `E_REQ_INCONSISTENT` when the patch is malformed, an operation or a `test` in it fails, or
 * the result is deeper or larger than the protocol allows
 */
export function applyPatch(before: FhirJson, patch: FhirJson): FhirJson {
  if (!Array.isArray(patch)) throw new CountersignError("E_REQ_INCONSISTENT", "The patch is not a list.");
  const own: Own = new Set();
  let size = sizeOf(before, 1);
  const after = patch.reduce<FhirJson>((document, operation, index) => {
    const result = applyOperation(document, operation, index, own);
    size += result.added;
    // SECURITY: bounded result, protocol.md T-22, T-34: a few `copy` operations must not make a document nobody can read.
    if (size > MAX_VALUES) refuse(index, "the result is too large");
    return result.document;
  }, before);
  sizeOf(after, 1);
  return after;
}

/**
 * Lists and objects that this patch has copied and nobody else holds: they are changed in place, so that a patch costs
 * what it changes and not, for every operation, the whole document.
 */
type Own = Set<object>;

/**
 * Number of values, at most a little above the limit. What it walks over has two places from now on and leaves `shared`.
 * @throws CountersignError beyond the depth of protocol.md 3.2
 */
function sizeOf(value: FhirJson, depth: number, shared?: Own): number {
  if (typeof value !== "object" || value === null || value instanceof NumberText) return 1;
  shared?.delete(value);
  if (depth > LIMITS.jsonDepth) throw new CountersignError("E_REQ_INCONSISTENT", "The patched result is too deep.");
  let n = 1;
  for (const child of Object.values(value)) {
    n += sizeOf(child, depth + 1, shared);
    if (n > MAX_VALUES) break;
  }
  return n;
}

function applyOperation(
  document: FhirJson,
  operation: FhirJson,
  index: number,
  own: Own,
): { readonly document: FhirJson; readonly added: number } {
  if (!isObject(operation)) return refuse(index, "it is not an object");
  const path = pointerOf(operation, "path", index);
  const value = (): FhirJson => {
    const v = Object.hasOwn(operation, "value") ? operation["value"] : undefined;
    return v === undefined ? refuse(index, "it has no value") : v;
  };
  const read = (tokens: readonly string[]): FhirJson => {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- whatever is inside a FhirJson is one
    const found = resolvePointer(document, tokens) as FhirJson | undefined;
    return found === undefined ? refuse(index, "there is nothing at its path") : found;
  };
  const change = (on: FhirJson, at: readonly string[], edit: Edit): FhirJson => edited(on, { at, edit, index, own }, 0);
  const grown = (edit: Edit, v: FhirJson) => ({ document: change(document, path, edit), added: sizeOf(v, 1) });
  const op = operation["op"];
  switch (op) {
    case "add":
      return grown({ kind: "add", value: value() }, value());
    case "replace":
      read(path);
      return grown({ kind: "replace", value: value() }, value());
    case "remove":
      read(path);
      return { document: change(document, path, { kind: "remove" }), added: 0 };
    case "copy": {
      const copied = read(pointerOf(operation, "from", index));
      const added = sizeOf(copied, 1, own);
      return { document: change(document, path, { kind: "add", value: copied }), added };
    }
    case "move": {
      const from = pointerOf(operation, "from", index);
      const moved = read(from);
      if (from.length < path.length && from.every((token, i) => token === path[i])) {
        return refuse(index, "it moves a value into itself");
      }
      if (from.length === path.length && from.every((token, i) => token === path[i])) return { document, added: 0 };
      const without = from.length === 0 ? document : change(document, from, { kind: "remove" });
      return { document: change(without, path, { kind: "add", value: moved }), added: 0 };
    }
    case "test":
      if (!sameValue(read(path), value())) refuse(index, "its test fails");
      return { document, added: 0 };
    default:
      return refuse(index, "its op is unknown");
  }
}

function pointerOf(operation: Record<string, FhirJson>, name: "path" | "from", index: number): string[] {
  const text = Object.hasOwn(operation, name) ? operation[name] : undefined;
  const tokens = typeof text === "string" ? parsePointer(text) : undefined;
  return tokens ?? refuse(index, `its ${name} is not a pointer`);
}

type Edit = { readonly kind: "add" | "replace"; readonly value: FhirJson } | { readonly kind: "remove" };

interface Change {
  readonly at: readonly string[];
  readonly edit: Edit;
  /** Of the operation, for the message. */
  readonly index: number;
  readonly own: Own;
}

/** `document` with the edit at its place; what is not the patch's own is copied along the way. */
function edited(document: FhirJson, change: Change, depth: number): FhirJson {
  const { at, edit, index } = change;
  const token = at[depth];
  if (token === undefined) {
    return edit.kind === "remove" ? refuse(index, "it removes the whole document") : edit.value;
  }
  if (Array.isArray(document)) return editedList(document, token, change, depth);
  if (!isObject(document)) return refuse(index, "its path leads through a plain value");
  const copy = owned(document, change.own, (object) => ({ __proto__: null, ...object }));
  if (depth < at.length - 1) {
    const child = copy[token];
    if (child === undefined) return refuse(index, "its path does not exist");
    copy[token] = edited(child, change, depth + 1);
  } else if (edit.kind === "remove") {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a null-prototype map of its members
    delete copy[token];
  } else {
    copy[token] = edit.value;
  }
  return copy;
}

function editedList(list: FhirJson[], token: string, change: Change, depth: number): FhirJson {
  const { edit, index } = change;
  const isLast = depth === change.at.length - 1;
  const at = token === "-" && isLast && edit.kind === "add" ? list.length : arrayIndex(token);
  const last = isLast && edit.kind === "add" ? list.length : list.length - 1;
  if (at === undefined || at > last) return refuse(index, "its path is outside the list");
  const copy = owned(list, change.own, (items) => [...items]);
  if (!isLast) copy[at] = edited(copy[at] ?? null, change, depth + 1);
  else if (edit.kind === "replace") copy[at] = edit.value;
  else if (edit.kind === "add") copy.splice(at, 0, edit.value);
  else copy.splice(at, 1);
  return copy;
}

function owned<T extends object>(value: T, own: Own, copyOf: (value: T) => T): T {
  if (own.has(value)) return value;
  const copy = copyOf(value);
  own.add(copy);
  return copy;
}

/** Equality of RFC 6902 4.6: numbers by value, objects without regard to order. */
export function sameValue(a: FhirJson, b: FhirJson): boolean {
  if (a instanceof NumberText || b instanceof NumberText) {
    return a instanceof NumberText && b instanceof NumberText && decimal(a.text) === decimal(b.text);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((v, i) => sameValue(v, b[i] ?? null))
    );
  }
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameValue(a[name] ?? null, b[name] ?? null))
  );
}

/** One spelling per number: sign, significant digits, power of ten; never through a binary number. */
function decimal(text: string): string {
  const m = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (!m) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = m;
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = withoutEndingZeros(digits);
  if (significant === "") return "0";
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${String(power)}`;
}
