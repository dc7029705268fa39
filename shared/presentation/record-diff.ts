import { isMembers, resolvePointer } from "#shared/protocol/json-pointer.ts";
import { NumberText } from "#shared/protocol/strict-json.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { formatDecimal } from "./clinical/number.ts";
import { align } from "./diff/align.ts";
import { CHANGE_GROUPS, groupFinder } from "./diff/group.ts";
import type { ChangeGroup } from "./diff/group.ts";
import { ValueIds } from "./diff/value-ids.ts";
import { childPointer, leavesOf } from "./fhir-node.ts";

/** A value at its place in one of the two documents. */
export interface Placed {
  readonly pointer: string;
  readonly value: FhirJson;
}

/** Why two values differ only in form (approval-experience.md 3.4(11)). */
export type OnlyForm = "spacing" | "case" | "normalisation" | "notation" | "order";

/** One changed path. `moved` is a whole list element; everything else is a single leaf. */
export type FieldChange = {
  readonly group: ChangeGroup;
  readonly only?: OnlyForm;
} & (
  | { readonly kind: "added"; readonly after: Placed }
  | { readonly kind: "removed"; readonly before: Placed }
  | { readonly kind: "changed" | "moved"; readonly before: Placed; readonly after: Placed }
);

export interface RecordDiff {
  /** In reading order: what takes an allergy away first, then by group, then by place. */
  readonly changes: readonly FieldChange[];
  /** Leaves that are the same before and after. */
  readonly unchanged: number;
  /** Set when the entry as a whole stops counting: entered in error, inactive, stopped. That is a removal. */
  readonly retired?: StatusChange;
  /** Set when an entry that had stopped counting counts again. */
  readonly revived?: StatusChange;
}

interface StatusChange {
  readonly pointer: string;
  readonly from: string;
  readonly to: string;
}

type Draft =
  | { readonly kind: "added"; readonly after: Placed }
  | { readonly kind: "removed"; readonly before: Placed }
  | { readonly kind: "changed" | "moved"; readonly before: Placed; readonly after: Placed; readonly only?: OnlyForm };

/** What comparing fills, and what it compares with. */
interface Out {
  readonly drafts: Draft[];
  readonly ids: ValueIds;
}

/**
 * The net difference of two versions of a resource, field by field: not the patch's operations, and never an agent's own
 * diff. Every changed path is one change; `after` undefined means that the resource is deleted.
 */
export function diffRecords(before: FhirJson, after: FhirJson | undefined): RecordDiff {
  const drafts: Draft[] = [];
  const out = { drafts, ids: new ValueIds() };
  const unchanged = after === undefined ? 0 : compare(place(before), place(after), out);
  if (after === undefined) removeAll(place(before), out);
  const [inBefore, inAfter] = [groupFinder(before), groupFinder(after ?? null)];
  const changes = drafts.map((draft): FieldChange => {
    const group = draft.kind === "removed" ? inBefore(draft.before.pointer) : inAfter(draft.after.pointer);
    return { ...draft, group };
  });
  const retired = after === undefined ? undefined : statusChange(before, after, isRetiring);
  const revived = after === undefined ? undefined : statusChange(before, after, isReviving);
  return {
    changes: changes
      .map((change, i) => ({ change, i }))
      .sort((a, b) => rank(a.change) - rank(b.change) || a.i - b.i)
      .map(({ change }) => change),
    unchanged,
    ...(retired ? { retired } : {}),
    ...(revived ? { revived } : {}),
  };
}

const place = (value: FhirJson, pointer = ""): Placed => ({ pointer, value });
const isList = (value: FhirJson): value is FhirJson[] => Array.isArray(value) && value.length > 0;
const isObject = (value: FhirJson): value is Record<string, FhirJson> =>
  isMembers(value) && Object.keys(value).length > 0;

/** Removals that can hurt come first, allergies before all; then the groups in their order. */
function rank(change: FieldChange): number {
  const group = CHANGE_GROUPS.indexOf(change.group);
  if (change.kind !== "removed") return 10 + group;
  return change.group === "allergies" ? 0 : group === CHANGE_GROUPS.indexOf("rest") ? 10 + group : 1 + group;
}

/** @returns the number of leaves that are the same */
function compare(b: Placed, a: Placed, out: Out): number {
  if (out.ids.of(b.value) === out.ids.of(a.value)) return leavesOf(b.value).length;
  if (isList(b.value) && isList(a.value)) return compareLists(b.pointer, b.value, a.pointer, a.value, out);
  if (isObject(b.value) && isObject(a.value)) return compareObjects(b.pointer, b.value, a.pointer, a.value, out);
  const leaves = !isList(b.value) && !isObject(b.value) && !isList(a.value) && !isObject(a.value);
  if (leaves) {
    const only = onlyForm(b.value, a.value);
    out.drafts.push({ kind: "changed", before: b, after: a, ...(only === undefined ? {} : { only }) });
  } else {
    removeAll(b, out);
    addAll(a, out);
  }
  return 0;
}

function compareObjects(
  bp: string,
  b: Readonly<Record<string, FhirJson>>,
  ap: string,
  a: Readonly<Record<string, FhirJson>>,
  out: Out,
): number {
  let same = 0;
  for (const name of new Set([...Object.keys(b), ...Object.keys(a)])) {
    const [was, is] = [b[name], a[name]];
    if (was !== undefined && is !== undefined)
      same += compare(place(was, childPointer(bp, name)), place(is, childPointer(ap, name)), out);
    else if (was !== undefined) removeAll(place(was, childPointer(bp, name)), out);
    else if (is !== undefined) addAll(place(is, childPointer(ap, name)), out);
  }
  return same;
}

function compareLists(bp: string, b: readonly FhirJson[], ap: string, a: readonly FhirJson[], out: Out): number {
  const at = (pointer: string, list: readonly FhirJson[], i: number) =>
    place(list[i] ?? null, childPointer(pointer, String(i)));
  const { same, moved, changed, removed, added } = align(b, a, out.ids);
  for (const i of removed) removeAll(at(bp, b, i), out);
  for (const [i, j] of moved)
    out.drafts.push({ kind: "moved", before: at(bp, b, i), after: at(ap, a, j), only: "order" });
  const inside = changed.reduce((sum, [i, j]) => sum + compare(at(bp, b, i), at(ap, a, j), out), 0);
  for (const j of added) addAll(at(ap, a, j), out);
  return inside + same.reduce((sum, [i]) => sum + leavesOf(b[i] ?? null).length, 0);
}

const removeAll = (b: Placed, out: Out) =>
  out.drafts.push(
    ...leavesOf(b.value, b.pointer).map((before): Draft => ({ kind: "removed", before: asPlaced(before) })),
  );
const addAll = (a: Placed, out: Out) =>
  out.drafts.push(...leavesOf(a.value, a.pointer).map((after): Draft => ({ kind: "added", after: asPlaced(after) })));
// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- a leaf is a FhirJson
const asPlaced = (leaf: { pointer: string; value: unknown }): Placed => place(leaf.value as FhirJson, leaf.pointer);

function onlyForm(b: FhirJson, a: FhirJson): OnlyForm | undefined {
  if (b instanceof NumberText && a instanceof NumberText)
    return formatDecimal(b.text).display === formatDecimal(a.text).display ? "notation" : undefined;
  if (typeof b !== "string" || typeof a !== "string") return undefined;
  if (b.normalize("NFC") === a.normalize("NFC")) return "normalisation";
  const squeeze = (text: string) => text.replace(/\s+/g, " ").trim();
  if (squeeze(b) === squeeze(a)) return "spacing";
  return squeeze(b).toLowerCase() === squeeze(a).toLowerCase() ? "case" : undefined;
}

const STATUS_FIELDS = ["verificationStatus", "status", "clinicalStatus", "active"] as const;
const RETIRED = new Set(
  "entered-in-error inactive resolved cancelled stopped revoked refuted retired not-done false".split(" "),
);

function statusOf(document: FhirJson, field: string): string | undefined {
  const value = resolvePointer(document, [field]);
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  const codings = resolvePointer(value, ["coding"]);
  const codes = (Array.isArray(codings) ? codings : [])
    .map((coding) => resolvePointer(coding, ["code"]))
    .filter((code) => typeof code === "string");
  // A code of the site's own may stand before the one that everybody knows.
  return codes.find((code) => RETIRED.has(code)) ?? codes[0];
}

type Judge = (from: string | undefined, to: string | undefined) => boolean;
const isRetiring: Judge = (from, to) => to !== undefined && RETIRED.has(to) && to !== from;
const isReviving: Judge = (from, to) => from !== undefined && RETIRED.has(from) && !RETIRED.has(to ?? "");

function statusChange(before: FhirJson, after: FhirJson, isIt: Judge): StatusChange | undefined {
  for (const field of STATUS_FIELDS) {
    const [from, to] = [statusOf(before, field), statusOf(after, field)];
    if (isIt(from, to)) return { pointer: `/${field}`, from: from ?? "", to: to ?? "" };
  }
  return undefined;
}
