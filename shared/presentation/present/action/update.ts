import { isMembers } from "#shared/protocol/json-pointer.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { leavesOf } from "../../fhir-node.ts";
import type { Leaf } from "../../fhir-node.ts";
import { RETIRED_ROW } from "../../presentation.ts";
import type { Row, Section } from "../../presentation.ts";
import type { FieldChange, Placed, RecordDiff } from "../../record-diff.ts";
import { ACTION_WORDS, CHANGE_WORDS, OBSTACLE_WORDS } from "../../words.ts";
import type { Draft } from "../draft.ts";
import { leafFrame, leafRow, leafText } from "../leaf.ts";

const BEFORE = "/action/op/before#";
const AFTER = "/action/op/after#";
const GRAVE = new Set(["identity", "allergies", "resuscitation", "problems"]);
const PATCH_MEMBERS = new Set(["op", "path", "value", "from"]);

/** The net difference that an update makes, every changed path a row; what stays is collapsed and counted (S4b). */
export function updateRows(draft: Draft): Pick<Section, "rows" | "other" | "unchanged"> {
  const { after, diff } = draft;
  if (diff === undefined) {
    draft.obstacle("/action/op/before", "", OBSTACLE_WORDS.noBase);
    return { rows: [] };
  }
  const came = new Set(
    diff.changes.flatMap((c) =>
      c.kind === "removed" ? [] : leavesOf(c.after.value, c.after.pointer).map((l) => l.pointer),
    ),
  );
  const kept = after === undefined ? [] : leavesOf(after).filter(({ pointer }) => !came.has(pointer));
  const summary = draft.row({
    id: "action/summary",
    prov: "K",
    label: ACTION_WORDS.changes,
    text: diff.changes.length === 0 ? CHANGE_WORDS.none : CHANGE_WORDS.summary(diff.changes.length, diff.unchanged),
    pointer: "/action/op/body",
    ...(diff.changes.length === 0 ? { alert: { level: "warning", text: CHANGE_WORDS.none } } : {}),
  });
  return {
    rows: [summary, ...retiredRow(draft, diff.retired), ...diff.changes.map((change) => changeRow(draft, change))],
    ...patchRest(draft),
    unchanged: {
      title: CHANGE_WORDS.unchanged(diff.unchanged),
      rows: kept.map((leaf) => leafRow(draft, leaf, AFTER, "R", "unchanged", false)),
    },
  };
}

function retiredRow(draft: Draft, retired: RecordDiff["retired"]): readonly Row[] {
  if (!retired) return [];
  draft.raise(2, OBSTACLE_WORDS.removes);
  const row = draft.row({
    id: RETIRED_ROW,
    prov: "A",
    label: CHANGE_WORDS.wholeEntry,
    text: retired.to,
    pointer: `${AFTER}${retired.pointer}`,
    alert: { level: "warning", text: CHANGE_WORDS.words.removed },
  });
  const was = draft.classify(retired.from, "R").display;
  return [
    { ...row, change: { kind: "removed", word: CHANGE_WORDS.words.removed, before: was, note: CHANGE_WORDS.retired } },
  ];
}

const asLeaf = (placed: Placed): Leaf => {
  const [leaf] = leavesOf(placed.value, placed.pointer);
  return leaf ?? { pointer: placed.pointer, value: null };
};

function changeRow(draft: Draft, change: FieldChange): Row {
  const where = change.kind === "removed" ? change.before : change.after;
  const base = change.kind === "removed" ? BEFORE : AFTER;
  const {
    opaque: _opaque,
    alert,
    ...frame
  } = leafFrame(draft, { pointer: where.pointer, value: asLeaf(where).value }, base);
  const grave = change.kind === "removed" && GRAVE.has(change.group);
  if (grave) draft.raise(2, OBSTACLE_WORDS.removes);
  const loud = grave ? ({ level: "warning", text: CHANGE_WORDS.words.removed } as const) : alert;
  const shown = (placed: Placed): string =>
    change.kind === "moved"
      ? leavesOf(placed.value, placed.pointer)
          .map((leaf) => leafText(leaf.value))
          .join(", ")
      : leafText(asLeaf(placed).value);
  const row = draft.row({
    id: `change/${change.kind}${where.pointer}`,
    // What is removed is drawn as "after: nothing"; the value that goes is the record's.
    prov: "A",
    ...frame,
    text: change.kind === "removed" ? CHANGE_WORDS.nothing : shown(change.after),
    binding: true,
    ...(loud ? { alert: loud } : {}),
  });
  const was = change.kind === "added" ? [] : draft.classify(shown(change.before), "R").display;
  const note = change.only === undefined ? undefined : CHANGE_WORDS.only[change.only];
  return {
    ...row,
    change: {
      kind: change.kind,
      word: CHANGE_WORDS.words[change.kind],
      before: was,
      ...(note === undefined ? {} : { note }),
    },
  };
}

/** What a patch holds beyond its effect: `test` steps and members that RFC 6902 does not know. */
function patchRest(draft: Draft): Pick<Section, "other"> {
  const body = draft.body?.value;
  if (draft.claims.action.op.method !== "PATCH" || !Array.isArray(body)) return {};
  const leaves = body.flatMap((operation: FhirJson, i) => {
    if (!isMembers(operation)) return leavesOf(operation, `/${String(i)}`);
    const isTest = operation["op"] === "test";
    return leavesOf(operation as FhirJson, `/${String(i)}`).filter(({ pointer }) => {
      const member = pointer.split("/")[2] ?? "";
      return isTest || !PATCH_MEMBERS.has(member);
    });
  });
  if (leaves.length === 0) return {};
  return {
    other: {
      id: draft.id("other"),
      title: ACTION_WORDS.other(leaves.length),
      rows: leaves.map((leaf) => leafRow(draft, leaf, "/action/op/body#", "A", "other")),
    },
  };
}
