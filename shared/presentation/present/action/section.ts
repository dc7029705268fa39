import { parseTemplatePointer } from "#shared/protocol/template-pointer.ts";
import type { Template } from "#shared/protocol/template.ts";

import type { FhirNode } from "../../fhir-node.ts";
import type { Headline, Row, Section } from "../../presentation.ts";
import { ACTION_WORDS, OBSTACLE_WORDS, SECTION_WORDS } from "../../words.ts";
import type { Draft } from "../draft.ts";
import { leafRow } from "../leaf.ts";
import { partsOf } from "./kinds.ts";
import { judgeStructure } from "./modifiers.ts";
import { operationRows } from "./operation.ts";
import { BODY, partRow } from "./part-row.ts";
import { updateRows } from "./update.ts";

/** What will be done if approved: the typed body by the template, or the difference; then everything else that is sent. */
export function actionSection(draft: Draft, template: Template, headline: Headline): Section {
  const title = draft.row({
    id: "action/headline",
    prov: "K",
    label: ACTION_WORDS.whatHappens,
    text: headline.kind,
    pointer: "/action/type",
  });
  if (draft.after !== undefined) judgeStructure(draft, draft.after, draft.isUpdate ? "/action/op/after#" : BODY);
  const frame = { id: "action", title: SECTION_WORDS.action, prov: "A" } as const;
  if (draft.isTooLong) {
    draft.raise(3, OBSTACLE_WORDS.tooLong);
    draft.obstacle("/action/op/body", "", OBSTACLE_WORDS.tooLong);
    return { ...frame, rows: [title, ...operationRows(draft)] };
  }
  const typed = draft.body === undefined ? [] : templateRows(draft, draft.body, template);
  if (draft.isUpdate) {
    const update = updateRows(draft);
    return { ...frame, ...update, rows: [title, ...typed, ...update.rows, ...operationRows(draft)] };
  }
  const rest = draft.body?.unread() ?? [];
  const rows = [title, ...typed, ...operationRows(draft)];
  const restRows = rest.map((leaf) => leafRow(draft, leaf, BODY, "A", "other"));
  const plain = draft.body === undefined && draft.claims.action.op.body !== "" ? [rawBody(draft)] : [];
  const other = unusualFirst([...restRows, ...plain]);
  if (other.length === 0) return { ...frame, rows };
  return { ...frame, rows, other: { id: draft.id("other"), title: ACTION_WORDS.other(other.length), rows: other } };
}

/** In a block of hundreds of fields the odd ones are not the last to be read (3.4(12)). */
function unusualFirst(rows: readonly Row[]): readonly Row[] {
  const isUnusual = (row: Row) => row.alert !== undefined || row.notes !== undefined || row.path !== undefined;
  return [...rows.filter(isUnusual), ...rows.filter((row) => !isUnusual(row))];
}

/** A body that is no JSON, whole. */
const rawBody = (draft: Draft): Row =>
  draft.row({
    id: "other/raw",
    prov: "A",
    label: ACTION_WORDS.rawBody,
    text: draft.claims.action.op.body,
    pointer: "/action/op/body",
    alert: { level: "stop", text: OBSTACLE_WORDS.notJson },
  });

/** The template's rows that point into the body, in its order; those absent are named together in one row. */
function templateRows(draft: Draft, body: FhirNode, template: Template): readonly Row[] {
  const absent: string[] = [];
  const rows = (template.rows ?? []).flatMap(({ label, pointer, kind, unit }) => {
    const parsed = parseTemplatePointer(pointer);
    if (parsed?.embedded === undefined || parsed.claims.join("/") !== "action/op/body") return [];
    const node = parsed.embedded.reduce<FhirNode | undefined>((at, token) => at?.step(token), body);
    if (node === undefined) {
      absent.push(label);
      return [];
    }
    return partsOf(draft, node, kind, label, unit).map((part) => partRow(draft, part));
  });
  const stated = absent.filter((label) => !rows.some((row) => row.label === label));
  if (stated.length === 0 || rows.length === 0) return rows;
  const none = draft.row({
    id: "action/none-stated",
    prov: "K",
    label: ACTION_WORDS.noneStated,
    text: [...new Set(stated)].join(", "),
  });
  return [...rows, none];
}
