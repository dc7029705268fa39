import { isMembers } from "#shared/protocol/json-pointer.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import type { ValueIds } from "./value-ids.ts";

/** How the elements of a list before and after belong together. Indexes are positions in each list. */
export interface Alignment {
  readonly same: readonly (readonly [number, number])[];
  /** Equal content at another place. */
  readonly moved: readonly (readonly [number, number])[];
  /** The same element with other content. */
  readonly changed: readonly (readonly [number, number])[];
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

/** Longer lists are aligned by position alone. */
const LONGEST = 1000;

type Pair = readonly [number, number];

/** Aligns two lists so that one removed element does not make all later ones look changed. */
export function align(before: readonly FhirJson[], after: readonly FhirJson[], ids: ValueIds): Alignment {
  const [b, a] = [before.map((value) => ids.of(value)), after.map((value) => ids.of(value))];
  // SECURITY: bounded work, protocol.md T-22: the longest common part is quadratic.
  if (b.length > LONGEST || a.length > LONGEST) return byPlace(b, a);
  const same = longestCommon(b, a);
  const [keptB, keptA] = [new Set(same.map(([i]) => i)), new Set(same.map(([, j]) => j))];
  let left: Unpaired = { b: [...b.keys()].filter((i) => !keptB.has(i)), a: [...a.keys()].filter((j) => !keptA.has(j)) };

  const take = (keyB: (i: number) => Key, keyA: (j: number) => Key): readonly Pair[] => {
    const { pairs, ...others } = pairUp(left, keyB, keyA);
    left = others;
    return pairs;
  };
  const moved = take(
    (i) => b[i],
    (j) => a[j],
  );
  const own = (value: FhirJson | undefined): Key => identity(value, ids);
  const identified = take(
    (i) => own(before[i]),
    (j) => own(after[j]),
  );
  // Elements without an identity of their own (telephone numbers, given names) belong together by their place.
  const isPlain = (value: FhirJson | undefined): Key => (own(value) === undefined ? "plain" : undefined);
  const placed = take(
    (i) => isPlain(before[i]),
    (j) => isPlain(after[j]),
  );
  return { same, moved, changed: [...identified, ...placed], removed: left.b, added: left.a };
}

/** What makes elements belong together; `undefined` belongs to nothing. */
type Key = string | number | undefined;

interface Unpaired {
  readonly b: readonly number[];
  readonly a: readonly number[];
}

/** Pairs each of the left with the first free one of the right that has its key. */
function pairUp(
  { b, a }: Unpaired,
  keyB: (i: number) => Key,
  keyA: (j: number) => Key,
): Unpaired & { readonly pairs: readonly Pair[] } {
  const free = new Map<Key, number[]>();
  for (const j of a.toReversed()) {
    const key = keyA(j);
    const waiting = free.get(key);
    if (waiting) waiting.push(j);
    else free.set(key, [j]);
  }
  free.delete(undefined);
  const pairs = b.flatMap((i) => {
    const j = free.get(keyB(i))?.pop();
    return j === undefined ? [] : [[i, j] as const];
  });
  const [pairedB, pairedA] = [new Set(pairs.map(([i]) => i)), new Set(pairs.map(([, j]) => j))];
  return { pairs, b: b.filter((i) => !pairedB.has(i)), a: a.filter((j) => !pairedA.has(j)) };
}

function byPlace(b: readonly number[], a: readonly number[]): Alignment {
  const both = b.slice(0, a.length).map((id, i) => [i, id === a[i]] as const);
  return {
    same: both.flatMap(([i, isSame]) => (isSame ? [[i, i] as const] : [])),
    changed: both.flatMap(([i, isSame]) => (isSame ? [] : [[i, i] as const])),
    moved: [],
    removed: b.slice(a.length).map((_, i) => a.length + i),
    added: a.slice(b.length).map((_, i) => b.length + i),
  };
}

/** Places of equal elements in the same order, as many as there are. What only one list has is left out of the search. */
function longestCommon(before: readonly number[], after: readonly number[]): Pair[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  const placesIn = (list: readonly number[], other: readonly number[]): number[] => {
    const known = new Set(other);
    return [...list.keys()].filter((i) => i >= start && known.has(list[i] ?? -1));
  };
  const [places, otherPlaces] = [placesIn(before, after), placesIn(after, before)];
  const [b, a] = [places.map((i) => before[i]), otherPlaces.map((j) => after[j])];
  // Lengths of the common part of what follows (i, j), row by row from the end.
  const width = a.length + 1;
  const length = new Uint16Array((b.length + 1) * width);
  const at = (i: number, j: number): number => length[i * width + j] ?? 0;
  for (let i = b.length - 1; i >= 0; i--) {
    const [id, row] = [b[i], i * width];
    for (let j = a.length - 1; j >= 0; j--) {
      const [down, right] = [length[row + width + j] ?? 0, length[row + j + 1] ?? 0];
      length[row + j] = id === a[j] ? (length[row + width + j + 1] ?? 0) + 1 : down > right ? down : right;
    }
  }
  const pairs = Array.from({ length: start }, (_, i): Pair => [i, i]);
  for (let i = 0, j = 0; i < b.length && j < a.length;) {
    if (b[i] === a[j]) pairs.push([places[i++] ?? 0, otherPlaces[j++] ?? 0]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** What makes a list element itself: its id, what it points to, its code or its identifier system. */
function identity(value: FhirJson | undefined, ids: ValueIds): Key {
  if (!isMembers(value)) return undefined;
  const item = value["item"];
  const pointed = text(value["reference"]) ?? (isMembers(item) ? text(item["reference"]) : undefined);
  const own = text(value["id"]) ?? text(value["url"]) ?? pointed;
  if (own !== undefined) return own;
  const code = value["code"];

  if (isMembers(code)) return ids.of(code);
  const system = text(value["system"]);
  return system !== undefined && text(value["value"]) !== undefined && /^(?:https?:|urn:)/.test(system)
    ? system
    : undefined;
}
