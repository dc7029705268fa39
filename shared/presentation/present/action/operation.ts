import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { leavesOf } from "../../fhir-node.ts";
import type { Row } from "../../presentation.ts";
import { ACTION_WORDS, OBSTACLE_WORDS } from "../../words.ts";
import type { Draft, RowInput } from "../draft.ts";
import { leafText } from "../leaf.ts";
import { otherMembers } from "../other-members.ts";

const ACTION_SHOWN = "type risk reversible risk_reasons reach attachments op".split(" ");
const OP_SHOWN = "method url fhir media body body_dig if_match before before_dig".split(" ");

/** Distinct patients that the bytes name: the app's own lower bound of reach (3.4(15)). */
const PATIENT = /\bPatient\/[A-Za-z0-9.-]{1,64}/g;

export function patientsIn(draft: Draft): ReadonlySet<string> {
  const { op } = draft.claims.action;
  const mine = draft.claims.patient?.ref;
  // As a reader of JSON sees them: an escape must not hide one.
  const read = [draft.body?.value, draft.before].filter((value) => value !== undefined).map(unescaped);
  const named = [op.url, op.body, op.before ?? "", ...read].flatMap((text) => text.match(PATIENT) ?? []);
  return new Set([...(mine === undefined ? [] : [mine]), ...named]);
}

const unescaped = (value: FhirJson): string =>
  leavesOf(value)
    .map((leaf) => leafText(leaf.value))
    .join("\n");

/** Where the bytes go, how far they reach and what is sent with them. */
export function operationRows(draft: Draft): readonly Row[] {
  const { action } = draft.claims;
  const { op, reach } = action;
  const rows: Row[] = [];
  const put = (id: string, label: string, text: string, more: Partial<RowInput> = {}) =>
    rows.push(draft.row({ id: `action/op/${id}`, prov: "A", label, text, ...more }));
  const fhir = op.fhir === undefined ? "" : `, FHIR ${op.fhir}`;
  put("method", ACTION_WORDS.method, op.method, { pointer: "/action/op/method" });
  put("url", ACTION_WORDS.sentTo, op.url, { pointer: "/action/op/url" });
  put("media", ACTION_WORDS.sentAs, `${op.media}${fhir}`, { pointer: "/action/op/media" });
  if (op.if_match !== undefined) put("if_match", ACTION_WORDS.version, op.if_match, { pointer: "/action/op/if_match" });
  if (op.method === "DELETE") draft.raise(3, OBSTACLE_WORDS.deletes);
  reachRows(draft, put);
  const attachments = action.attachments ?? [];
  for (const [i, { ref, media, size, dig, sensitive, title: _title, ...more }] of attachments.entries()) {
    const id = `attachments/${String(i)}`;
    const loud = sensitive === true ? ({ alert: { level: "warning", text: ACTION_WORDS.sensitive } } as const) : {};
    put(
      id,
      ACTION_WORDS.attachment(i + 1, attachments.length),
      `${ref} (${media}, ${ACTION_WORDS.bytes(size)}, ${dig})`,
      {
        pointer: `/action/attachments/${String(i)}`,
        ...loud,
      },
    );
    rows.push(...otherMembers(draft, more, `/action/attachments/${String(i)}`, `action/op/${id}`, "A", []));
  }
  return [
    ...rows,
    ...otherMembers(draft, action, "/action", "action/more", "A", ACTION_SHOWN),
    ...otherMembers(draft, reach ?? {}, "/action/reach", "action/reach", "A", ["patients", "leaves_org", "standing"]),
    ...otherMembers(draft, op, "/action/op", "action/op/more", "A", OP_SHOWN),
  ];
}

function reachRows(
  draft: Draft,
  put: (id: string, label: string, text: string, more?: Partial<RowInput>) => void,
): void {
  const { reach } = draft.claims.action;
  const patients = Math.max(reach?.patients ?? 0, patientsIn(draft).size);
  const loud = (text: string): Partial<RowInput> => ({
    prov: "K",
    pointer: "/action/reach",
    alert: { level: "warning", text },
  });
  if (patients > 1) {
    draft.raise(3, OBSTACLE_WORDS.manyPatients);
    put("patients", ACTION_WORDS.patients, String(patients), loud(OBSTACLE_WORDS.manyPatients));
  }
  if (reach?.leaves_org === true) {
    draft.raise(3, OBSTACLE_WORDS.leavesOrganisation);
    put("leaves_org", ACTION_WORDS.reach, OBSTACLE_WORDS.leavesOrganisation, loud(OBSTACLE_WORDS.leavesOrganisation));
  }
  if (reach?.standing === true) {
    draft.raise(3, OBSTACLE_WORDS.standing);
    put("standing", ACTION_WORDS.reach, OBSTACLE_WORDS.standing, loud(OBSTACLE_WORDS.standing));
  }
}
