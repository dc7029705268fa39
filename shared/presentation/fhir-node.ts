import { isMembers } from "#shared/protocol/json-pointer.ts";
import { NumberText } from "#shared/protocol/strict-json.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

const escapeToken = (token: string): string =>
  token.includes("~") || token.includes("/") ? token.replaceAll("~", "~0").replaceAll("/", "~1") : token;
export const childPointer = (pointer: string, token: string): string => `${pointer}/${escapeToken(token)}`;

/** JSON text with the source's number tokens, members in the source's order. */
export function compactText(value: FhirJson): string {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map(compactText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${compactText(member)}`)
    .join(",")}}`;
}

export interface Leaf {
  readonly pointer: string;
  readonly value: null | boolean | string | NumberText | readonly never[] | Readonly<Record<string, never>>;
}

const isObject = (value: FhirJson): value is Record<string, FhirJson> => isMembers(value);

/** Every value that holds no other, in source order; an empty list or object is a leaf too. */
export function leavesOf(value: FhirJson, pointer = ""): Leaf[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item, i) => leavesOf(item, childPointer(pointer, String(i))));
  if (isObject(value)) {
    const members = Object.entries(value);
    if (members.length > 0) return members.flatMap(([name, member]) => leavesOf(member, childPointer(pointer, name)));
    return [{ pointer, value: {} }];
  }
  return [{ pointer, value: Array.isArray(value) ? [] : value }];
}

/** A path is read too: so many characters of it for each value, on the average, and never more than the second. */
const PATH_OF_VALUE = 100;
const LONGEST_PATH = 2000;

/**
 * Whether values hold more to read than `most` leaves with their paths. A member with a name of many thousand characters
 * and hundreds of leaves below it would be drawn with that name for each of them. Stops counting where it knows.
 */
export function isMoreThan(most: number, ...values: readonly FhirJson[]): boolean {
  let [leaves, characters] = [0, 0];
  const fits = (value: FhirJson, path: number): boolean => {
    if (Array.isArray(value) && value.length > 0) return value.every((item) => fits(item, path + 2));
    const members = isObject(value) ? Object.entries(value) : [];
    if (members.length > 0) return members.every(([name, member]) => fits(member, path + 1 + name.length));
    characters += path;
    return ++leaves <= most && path <= LONGEST_PATH && characters <= most * PATH_OF_VALUE;
  };
  return !values.every((value) => fits(value, 0));
}

/**
 * Reads a FHIR value and remembers which leaves were read, so that whatever no formatter looked at can be shown as other
 * content (protocol.md 3.6(5)). A member of an unexpected type is not read, and is therefore shown raw.
 */
export class FhirNode {
  readonly value: FhirJson;
  readonly pointer: string;
  readonly #read: Set<string>;

  constructor(value: FhirJson, pointer = "", read: Set<string> = new Set()) {
    this.value = value;
    this.pointer = pointer;
    this.#read = read;
  }

  /** Leaves of this value that nothing has read yet. */
  unread(): readonly Leaf[] {
    return leavesOf(this.value, this.pointer).filter(({ pointer }) => !this.#read.has(pointer));
  }

  /** Marks every leaf below as read: for a value that is drawn whole. */
  readAll(): void {
    for (const { pointer } of leavesOf(this.value, this.pointer)) this.#read.add(pointer);
  }

  get(name: string): FhirNode | undefined {
    const { value } = this;
    const member = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return member === undefined ? undefined : new FhirNode(member, childPointer(this.pointer, name), this.#read);
  }

  /** A member by name or an element by its index: one token of a pointer. */
  step(token: string): FhirNode | undefined {
    return Array.isArray(this.value) && /^(?:0|[1-9][0-9]*)$/.test(token)
      ? this.items()[Number(token)]
      : this.get(token);
  }

  /** The elements of a list, or the value itself as the only one. */
  items(): readonly FhirNode[] {
    const { value } = this;
    if (!Array.isArray(value)) return [this];
    return value.map((item, i) => new FhirNode(item, childPointer(this.pointer, String(i)), this.#read));
  }

  /** The elements of a member that may be a list. */
  all(name: string): readonly FhirNode[] {
    return this.get(name)?.items() ?? [];
  }

  /** Whether a member is a string or a number, without reading it. */
  has(name: string): boolean {
    const value = this.get(name)?.value;
    return typeof value === "string" || value instanceof NumberText;
  }

  /** The value as a string, and read; `undefined` for another type, and then not read. */
  string(): string | undefined {
    if (typeof this.value !== "string") return undefined;
    this.#read.add(this.pointer);
    return this.value;
  }

  /** The source text of a number. */
  number(): string | undefined {
    if (!(this.value instanceof NumberText)) return undefined;
    this.#read.add(this.pointer);
    return this.value.text;
  }

  boolean(): boolean | undefined {
    if (typeof this.value !== "boolean") return undefined;
    this.#read.add(this.pointer);
    return this.value;
  }

  text(name: string): string | undefined {
    return this.get(name)?.string();
  }

  numberOf(name: string): string | undefined {
    return this.get(name)?.number();
  }

  flag(name: string): boolean | undefined {
    return this.get(name)?.boolean();
  }
}
