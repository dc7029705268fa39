/** Seeded randomness (mulberry32), so that a run can be repeated from its number. */
export interface Dice {
  /** An integer in [0, below). */
  pick(below: number): number;
  of<T>(list: readonly T[]): T;
}

export function makeDice(seed: number): Dice {
  let a = seed >>> 0;
  const next = (): number => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = (below: number): number => Math.floor(next() * below);
  return {
    pick,
    of(list) {
      const one = list[pick(list.length)];
      if (one === undefined) throw new RangeError("Nothing to pick from.");
      return one;
    },
  };
}

/** Longest input of interest: the largest signed object (protocol.md 3.2). */
export const LONGEST = 256 * 1024;

const PIECES = [
  ...Array.from('{}[],:"\\.-+eE0123456789 \n\t/?#%&='),
  ...[
    "\u0000",
    "\u001f",
    "\u00a0",
    "\u202e",
    "\u200b",
    "\ud800",
    "\udc00",
    "\ufffe",
    "\ufeff",
    "\u{1f600}",
    "\u{10ffff}",
  ],
  ...[
    '"__proto__":1,',
    '"constructor":',
    "\\u0000",
    "\\ud800",
    "\\ud83d\\ude00",
    "null",
    "true",
    "1e999",
    "-0",
    "0.10",
  ],
  ...[
    "9007199254740993",
    "[[[[[[[[",
    "}}}}}}}}",
    '{"a":',
    "urn:",
    "../",
    "javascript:",
    "sha-256:",
    "%2C",
    "..",
    "~1~0",
  ],
] as const;

/** Changes a text without knowing what it is. */
export function mutateText(text: string, dice: Dice, others: readonly string[]): string {
  let out = text;
  for (let n = 1 + dice.pick(4); n > 0; n--) out = once(out, dice, others);
  return out.slice(0, LONGEST);
}

function once(text: string, dice: Dice, others: readonly string[]): string {
  const at = dice.pick(text.length + 1);
  const to = Math.min(text.length, at + 1 + dice.pick(dice.of([1, 8, 200])));
  switch (dice.pick(8)) {
    case 0:
      return text.slice(0, at) + dice.of(PIECES) + text.slice(at);
    case 1:
      return text.slice(0, at) + dice.of(PIECES) + text.slice(to);
    case 2:
      return text.slice(0, at) + text.slice(to);
    case 3:
      return text.slice(0, to) + text.slice(at);
    case 4:
      return text.slice(0, at) + String.fromCharCode(dice.pick(dice.of([128, 0x800, 0x10000]))) + text.slice(at + 1);
    case 5: {
      const other = dice.of(others);
      return text.slice(0, at) + other.slice(dice.pick(other.length + 1));
    }
    case 6:
      return text.slice(0, at) + dice.of(PIECES).repeat(1 + dice.pick(dice.of([10, 300, 20_000]))) + text.slice(at);
    default:
      return text.slice(0, at);
  }
}

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 2 ** 53 - 1, 1.5, "", "x", [], {}, [[]], { a: 1 }],
  ...[
    "\u202e",
    "a".repeat(5000),
    " ".repeat(999),
    "1 mg ".repeat(400),
    "Patient/../x",
    "https://fhir.example/r4/../../x",
  ],
  ...["9".repeat(400), "-".repeat(300), "(".repeat(500), "\u0301".repeat(300), "/a".repeat(200), "~".repeat(60)],
];

/** Changes one place of a JSON value, keeping it JSON: the grammar's way in. */
export function mutateJson(value: unknown, dice: Dice): unknown {
  const copy: unknown = structuredClone(value);
  for (let n = 1 + dice.pick(3); n > 0; n--) {
    const places = placesIn(copy);
    if (places.length === 0) return structuredClone(dice.of(VALUES));
    changeAt(dice.of(places), dice);
  }
  return copy;
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...placesIn(holder[name])]);
}

function changeAt({ holder, name }: Place, dice: Dice): void {
  // Copies, so that no value is in two places: a change of one would be a change of both, or a circle.
  const old: unknown = structuredClone(holder[name]);
  const value: unknown = structuredClone(dice.of(VALUES));
  switch (dice.pick(7)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else Reflect.deleteProperty(holder, name);
      return;
    case 1:
      holder[name] = [old, structuredClone(old)];
      return;
    case 2:
      if (Array.isArray(holder)) holder.push(old);
      else holder[dice.of(["__proto__x", "constructor", "extra", "", "é", `${name}2`])] = old;
      return;
    case 3:
      if (typeof old === "string") holder[name] = mutateText(old, dice, [old, "x"]).slice(0, 8192);
      else if (typeof old === "number") holder[name] = old + dice.of([-1, 1, 1e6, -1e9, 0.5]);
      else holder[name] = value;
      return;
    case 4:
      holder[name] = Array.isArray(old)
        ? Array.from({ length: 300 }, () => structuredClone(old[0] as unknown))
        : deep(old, 1 + dice.pick(40));
      return;
    default:
      holder[name] = value;
  }
}

const deep = (value: unknown, levels: number): unknown => (levels === 0 ? value : { a: deep(value, levels - 1) });
