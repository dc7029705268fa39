import { NumberText } from "#shared/protocol/strict-json.ts";

import type { Leaf } from "../fhir-node.ts";
import { parsePointer } from "#shared/protocol/json-pointer.ts";
import type { Alert, Provenance, Row } from "../presentation.ts";
import { ELEMENT_WORDS, LEAF_WORDS, OBSTACLE_WORDS } from "../words.ts";
import type { Draft } from "./draft.ts";

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const INDEX = /^[0-9]+$/;

const ONE_WORD = /^[a-z0-9]*$/;
const words = (name: string): string =>
  ONE_WORD.test(name)
    ? name
    : name
        .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
        .replaceAll("_", " ")
        .toLowerCase();

const SPOKEN: ReadonlySet<string> = new Set(Object.values(ELEMENT_WORDS));

/** The app's words for an element, or undefined. */
const wordOf = (parent: string | undefined, name: string): string | undefined =>
  [`${parent ?? ""}.${name}`, name].flatMap((key) =>
    Object.hasOwn(ELEMENT_WORDS, key) ? [ELEMENT_WORDS[key] ?? name] : [],
  )[0];

/**
 * `Phone or email 1, number or address` for `/telecom/0/value`; undefined when a name is not a plain FHIR name, or is
 * one that would read like the app's words for another (`phoneOrEmail`).
 */
function labelOf(draft: Draft, tokens: readonly string[]): string | undefined {
  if (tokens.some((token) => !PLAIN_NAME.test(token) && !INDEX.test(token))) return undefined;
  const parts: string[] = [];
  let parent: string | undefined;
  for (const token of tokens) {
    if (INDEX.test(token)) {
      parts.push(`${parts.pop() ?? LEAF_WORDS.item} ${String(Number(token) + 1)}`);
      continue;
    }
    const known = wordOf(parent, token);
    const plain = draft.wordsOf(token, words);
    // One word alone is FHIR's own name for many elements ("kind", "title"): only phrases can pass for ours.
    if (known === undefined && plain.includes(" ") && SPOKEN.has(plain)) return undefined;
    parts.push(known ?? plain);
    parent = token;
  }
  const label = parts.join(", ");
  return label === "" ? LEAF_WORDS.whole : label.charAt(0).toUpperCase() + label.slice(1);
}

/** Text that a person cannot read: encoded data, or an address from which something else would be fetched. */
function isOpaque(tokens: readonly string[], text: string): boolean {
  const name = tokens.at(-1) ?? "";
  if ((name === "data" || name === "valueBase64Binary") && /^[A-Za-z0-9+/=\s_-]{16,}$/.test(text)) return true;
  return /^[A-Za-z0-9+/=_-]{256,}$/.test(text) || /^data:[^,]{0,200},/.test(text);
}

const typeOf = (value: Leaf["value"]): string => {
  if (typeof value === "string") return LEAF_WORDS.text;
  if (value instanceof NumberText) return LEAF_WORDS.number;
  if (typeof value === "boolean") return LEAF_WORDS.boolean;
  if (value === null) return LEAF_WORDS.null;
  return Array.isArray(value) ? LEAF_WORDS.emptyList : LEAF_WORDS.emptyObject;
};

/** The value of a leaf as it was sent; an empty one is named. */
export const leafText = (value: Leaf["value"]): string => {
  if (typeof value === "string") return value;
  if (value instanceof NumberText) return value.text;
  if (typeof value === "boolean") return String(value);
  return typeOf(value);
};

/** Labels, path and alerts of a raw value, the same in other content, differences and unknown bodies. */
export function leafFrame(
  draft: Draft,
  leaf: Leaf,
  base: string,
): Pick<Row, "label" | "value_type" | "pointer"> & {
  readonly path?: string;
  readonly alert?: Alert;
  readonly opaque: boolean;
} {
  const tokens = parsePointer(leaf.pointer) ?? [];
  const label = labelOf(draft, tokens);
  if (label === undefined) draft.raise(2, OBSTACLE_WORDS.oddName);
  const opaque = typeof leaf.value === "string" && isOpaque(tokens, leaf.value);
  if (opaque) draft.raise(3, OBSTACLE_WORDS.opaque);
  return {
    label: label ?? LEAF_WORDS.unusualName,
    value_type: typeOf(leaf.value),
    pointer: `${base}${leaf.pointer}`,
    opaque,
    ...(label === undefined ? { path: leaf.pointer } : {}),
    ...(opaque ? { alert: { level: "warning", text: OBSTACLE_WORDS.opaque } } : {}),
  };
}

/** A value as it was sent: path, type and text; encoded data is named with its size instead of being drawn. */
export function leafRow(
  draft: Draft,
  leaf: Leaf,
  base: string,
  prov: Provenance,
  idPrefix: string,
  mustSee = true,
): Row {
  const { opaque, ...frame } = leafFrame(draft, leaf, base);
  const text = leafText(leaf.value);
  return draft.row({
    id: `${idPrefix}${leaf.pointer}`,
    prov,
    ...frame,
    text: opaque ? LEAF_WORDS.encoded(text.length) : text,
    must_see: mustSee,
    binding: prov === "A",
  });
}
