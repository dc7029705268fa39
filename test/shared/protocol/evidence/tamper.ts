import type { EvidenceItem, EvidencePins, WholeItem } from "#shared/protocol/evidence/item.ts";

import type { ErasedRow } from "../fixture/erased.ts";
import { spellVerdict, verifyKept } from "../fixture/item.ts";

const TEXTS = ["decisions", "receipts", "sets", "credentials", "proofs", "entries"] as const;
type List = (typeof TEXTS)[number];
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** One stored text of a row, and how the row looks with another one in its place. */
interface Stored {
  readonly name: string;
  readonly text: string;
  readonly replaced: (text: string) => EvidenceItem;
}

export function stored(item: EvidenceItem): readonly Stored[] {
  const lists = TEXTS.flatMap((list) =>
    item[list].map((text, i) => ({
      name: `${list}/${String(i)}`,
      text: text ?? "",
      replaced: (changed: string): EvidenceItem => ({ ...item, [list]: item[list].with(i, changed) }),
    })),
  );
  const { request } = item;
  return request === undefined
    ? lists
    : [{ name: "request", text: request, replaced: (changed) => ({ ...item, request: changed }) }, ...lists];
}

/** What shows that the log ordered the erasure of a row. */
export function erasureOf({ item }: ErasedRow): readonly Stored[] {
  const { withheld } = item;
  const { erasure } = withheld;
  const { covers } = erasure;
  if (covers === undefined) throw new Error("The row has a record of the earlier form.");
  const row = (change: Partial<ErasedRow["item"]["withheld"]>): EvidenceItem => ({
    ...item,
    withheld: { ...withheld, ...change },
  });
  const proof = (change: Partial<typeof erasure>) => row({ erasure: { ...erasure, ...change } });
  const place = (change: Partial<typeof covers>) => proof({ covers: { ...covers, ...change } });
  return [
    { name: "request", text: withheld.request, replaced: (request) => row({ request }) },
    { name: "at", text: String(withheld.at), replaced: (at) => row({ at: Number(at) }) },
    { name: "entry", text: erasure.entry, replaced: (entry) => proof({ entry }) },
    { name: "proof", text: erasure.proof ?? "", replaced: (text) => proof({ proof: text }) },
    { name: "record", text: covers.record, replaced: (record) => place({ record }) },
    { name: "salt", text: covers.salt, replaced: (salt) => place({ salt }) },
    { name: "index", text: String(covers.index), replaced: (index) => place({ index: Number(index) }) },
    ...covers.path.map((text, i) => ({
      ...{ name: `path/${String(i)}`, text },
      replaced: (hash: string) => place({ path: covers.path.with(i, hash) }),
    })),
  ];
}

/** Another character of the same kind: the neighbour that differs in the lowest bit, where there is one. */
function other(c: string): string {
  const at = ALPHABET.indexOf(c);
  return at < 0 ? (c === "x" ? "y" : "x") : (ALPHABET[at ^ 1] ?? "");
}

/** Places of each class of byte: the ends and the middle of every segment, line and member. */
export function classes(text: string): readonly number[] {
  const cuts = [...text.matchAll(/[.\n,]/g)].map(({ index }) => index);
  const ends = [0, ...cuts.flatMap((at) => [at - 1, at, at + 1]), text.length - 1];
  const middles = [0, ...cuts, text.length].flatMap((from, i, all) => {
    const to = all[i + 1];
    return to === undefined ? [] : [Math.floor((from + to) / 2)];
  });
  return [...new Set([...ends, ...middles])].filter((at) => at >= 0 && at < text.length);
}

export interface Swept {
  readonly tried: number;
  /** Changes that were called valid, or rightly erased: there must be none. */
  readonly passed: readonly string[];
  /** Steps that said so, by the kind of stored object. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Changes one character of every stored text, at every place that `places` names. */
export function sweep(
  kept: { readonly item: EvidenceItem; readonly pins: EvidencePins },
  places: (text: string) => Iterable<number>,
  texts = stored(kept.item),
): Swept {
  const passed: string[] = [];
  const named = new Map<string, Set<string>>();
  let tried = 0;
  for (const { name, text, replaced } of texts) {
    for (const at of places(text)) {
      tried++;
      const changed = text.slice(0, at) + other(text[at] ?? "") + text.slice(at + 1);
      const verdict = verifyKept({ ...kept, item: replaced(changed) });
      const said = spellVerdict(verdict);
      if (!("step" in verdict) || verdict.code.startsWith("E_STORE_ERASED"))
        passed.push(`${name} ${String(at)} ${said}`);
      else {
        const kind = name.split("/")[0] ?? "";
        const step = verdict.step.replaceAll(/\/\d+/g, "");
        named.set(kind, (named.get(kind) ?? new Set()).add(step));
      }
    }
  }
  return { tried, passed, named };
}

/** The row without one of its parts, each in turn. */
export const without = (item: WholeItem): readonly (readonly [string, WholeItem])[] =>
  TEXTS.flatMap((list) =>
    item[list].map((_, i) => [`${list}/${String(i)}`, { ...item, [list]: item[list].toSpliced(i, 1) }] as const),
  );

/** Both rows with one list of their parts exchanged, each in turn. */
export const exchanged = (a: WholeItem, b: WholeItem): readonly (readonly [string, WholeItem, WholeItem])[] =>
  (["request", ...TEXTS] as const).map((part) => [part, { ...a, [part]: b[part] }, { ...b, [part]: a[part] }] as const);

/** The row with two neighbours of one list in each other's place. */
export const turned = (item: WholeItem, list: List): WholeItem => ({ ...item, [list]: item[list].toReversed() });
