import type { Fact } from "#shared/protocol/claims/request.ts";

import { formatFhirDate, formatInstant } from "../clinical/date.ts";
import type { Row, Section } from "../presentation.ts";
import { FACT_WORDS, OBSTACLE_WORDS, RECORD_WORDS, SECTION_WORDS } from "../words.ts";
import type { Draft } from "./draft.ts";
import { otherMembers } from "./other-members.ts";

const SHOWN = "id src sev code text as_of label path value unit ack override dig".split(" ");
/** What an order is read against; what none of the facts states is said to be missing (3.3(3)). */
const EXPECTED_FOR_ORDERS = ["allergies", "weight", "renal-function", "pregnancy", "active-medicine"] as const;

export const timeText = (draft: Draft, at: number | string): string =>
  typeof at === "number"
    ? formatInstant(at, draft.options.facilityZone)
    : formatFhirDate(at, draft.options.facilityZone).display;

/** Whether a text says a value as a word of its own: `72 kg` is not in `172 kg`, nor `2 kg` in `7.2 kg`. */
function says(text: string, value: string): boolean {
  const at = text.indexOf(value);
  if (at < 0) return false;
  const isWhole = !/[\p{L}\p{N}.,]$/u.test(text.slice(0, at)) && !/^[\p{L}\p{N}]/u.test(text.slice(at + value.length));
  return isWhole || says(text.slice(at + 1), value);
}

/** One fact of the gateway: its text, and whatever of its structured value the text does not repeat. */
export function factRow(draft: Draft, fact: Fact, section: string): Row {
  const value = [fact.value, fact.unit].filter((part) => part !== undefined && part !== "").join(" ");
  const extra = value === "" || says(fact.text, value) ? "" : ` (${value})`;
  const label = Object.hasOwn(FACT_WORDS, fact.code) ? FACT_WORDS[fact.code] : undefined;
  const named =
    label === undefined && fact.label !== undefined && !fact.text.includes(fact.label) ? `${fact.label}: ` : "";
  const loud = fact.sev !== "info";
  const source = [
    RECORD_WORDS.source[fact.src],
    ...(fact.path === undefined ? [] : [fact.path]),
    ...(fact.as_of === undefined ? [RECORD_WORDS.noTime] : [timeText(draft, fact.as_of)]),
  ].join(", ");
  for (const [name, text] of [
    ["path", fact.path],
    ["label", fact.label],
  ] as const)
    if (text !== undefined) draft.judgeRecord(text, `/facts/${fact.id}/${name}`);
  return draft.row({
    id: `${section}/${fact.id}`,
    prov: "R",
    label: label ?? RECORD_WORDS.fact,
    text: `${named}${fact.text}${extra}`,
    pointer: `/facts`,
    source,
    fact: { id: fact.id, ack: fact.ack, override: fact.override === true },
    ...(loud ? { alert: { level: "warning", text: RECORD_WORDS.severity(fact.sev) } } : {}),
  });
}

/** What the record says, with source and time; what it does not say is its own sentence. */
export function recordSection(draft: Draft): Section {
  const facts = (draft.claims.facts ?? []).filter(({ code }) => code !== "conflict");
  const isOrder = draft.claims.action.type.includes(":order.");
  const stated = new Set(facts.map(({ code }) => code));
  const missing = isOrder ? EXPECTED_FOR_ORDERS.filter((code) => !stated.has(code)) : [];
  const rows = [
    ...facts.map((fact) => factRow(draft, fact, "record")),
    ...facts.flatMap((fact) => otherMembers(draft, fact, "/facts", `record/${fact.id}`, "R", SHOWN)),
    ...(missing.length === 0
      ? []
      : [
          draft.row({
            id: "record/missing",
            prov: "K",
            label: RECORD_WORDS.missing,
            text: missing.map((code) => FACT_WORDS[code] ?? code).join(", "),
            pointer: "/facts",
          }),
        ]),
    ...(facts.length === 0
      ? [
          draft.row({
            id: "record/none",
            prov: "K",
            label: RECORD_WORDS.fact,
            text: RECORD_WORDS.none,
            pointer: "/facts",
          }),
        ]
      : []),
  ];
  return { id: "record", title: SECTION_WORDS.record, prov: "R", rows };
}

/** Contradictions between what is asked and what the record says: the gateway's, then the app's own (3.3(5)). */
export function conflictSection(draft: Draft): Section {
  const facts = (draft.claims.facts ?? []).filter(({ code }) => code === "conflict");
  const rows = facts.map((fact): Row => {
    const row = factRow(draft, fact, "conflict");
    return { ...row, label: RECORD_WORDS.conflict, alert: { level: "warning", text: RECORD_WORDS.conflict } };
  });
  if (rows.length + draft.conflicts.length > 0) draft.raise(2, OBSTACLE_WORDS.conflict);
  return { id: "conflicts", title: SECTION_WORDS.conflicts, prov: "K", rows: [...rows, ...draft.conflicts] };
}

export function checksSection(draft: Draft): Section {
  const rows = (draft.claims.checks ?? []).map((check) => {
    const { id, label, result, by, as_of, why } = check;
    if (result === "fail") draft.raise(2, OBSTACLE_WORDS.failedCheck);
    draft.judgeRecord(by, `/checks/${id}/by`);
    return draft.row({
      id: `checks/${id}`,
      prov: "R",
      label: RECORD_WORDS.result[result],
      text: why === undefined ? label : `${label}: ${why}`,
      pointer: "/checks",
      source: as_of === undefined ? by : `${by}, ${timeText(draft, as_of)}`,
      ...(result === "pass" ? {} : { alert: { level: "warning", text: RECORD_WORDS.result[result] } }),
    });
  });
  const none = {
    id: "checks/none",
    prov: "K",
    label: SECTION_WORDS.checks,
    text: RECORD_WORDS.noChecks,
    pointer: "/checks",
  } as const;
  return { id: "checks", title: SECTION_WORDS.checks, prov: "R", rows: rows.length === 0 ? [draft.row(none)] : rows };
}
