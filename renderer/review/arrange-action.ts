import type { Row, Section } from "#shared/presentation/presentation.ts";

/**
 * How the rows of an action are laid out. Every row is in exactly one group: layout never decides what is shown, only
 * where (P4).
 */
export interface ActionLayout {
  /** "New medication order": the app's words for what happens. */
  readonly headline: readonly Row[];
  /** What it is about: the medicine, or whoever receives the referral. */
  readonly subject: readonly Row[];
  /** The values a clinician compares first: dose, route, times, maximum. */
  readonly line: readonly Row[];
  readonly changes: readonly Row[];
  readonly details: readonly Row[];
  readonly documents: readonly Row[];
  /** Technical but signed: where and how the bytes are sent. */
  readonly technical: readonly Row[];
}

type Group = keyof ActionLayout;

const LINE_ROLES: ReadonlySet<Row["role"]> = new Set(["dose", "rate", "route", "timing", "maximum", "instructions"]);
/** Members of a resource that say how it is kept rather than what it means; an alert on one lifts it out of here. */
const TECHNICAL = /^\/action\/op\/body#\/(?:resourceType|intent|status|subject|authoredOn|category(?:\/.*)?)$/;
const DELIVERY = /^\/action\/op\/(?:method|url|media|if_match)$/;
const PERFORMER = /^\/action\/op\/body#\/performer(?:\/.*)?$/;

export function arrangeAction(section: Section): ActionLayout {
  const groups = Map.groupBy(section.rows, groupOf);
  // Without a subject of its own an action is about the place it is sent to.
  if (!groups.has("subject") && !groups.has("changes")) {
    const technical = groups.get("technical") ?? [];
    groups.set("subject", technical.filter(isAddress));
    groups.set(
      "technical",
      technical.filter((row) => !isAddress(row)),
    );
  }
  const rows = (group: Group): readonly Row[] => groups.get(group) ?? [];
  const loudFirst = (list: readonly Row[]): readonly Row[] =>
    list.toSorted((a, b) => Number(b.alert !== undefined) - Number(a.alert !== undefined));
  return {
    headline: rows("headline"),
    subject: rows("subject"),
    line: rows("line"),
    changes: rows("changes"),
    details: loudFirst(rows("details")),
    documents: rows("documents"),
    technical: rows("technical"),
  };
}

function groupOf(row: Row): Group {
  const pointer = row.pointer ?? "";
  if (row.id === "action/headline" || row.id === "action/summary") return "headline";
  if (row.id === "action/none-stated") return "technical";
  if (row.change !== undefined) return "changes";
  if (/^\/action\/attachments\//.test(pointer)) return "documents";
  if (row.role === "medicine" || (PERFORMER.test(pointer) && row.role === "recipient")) return "subject";
  if (LINE_ROLES.has(row.role)) return "line";
  const isQuiet = row.alert === undefined && row.notes === undefined;
  if (isQuiet && (TECHNICAL.test(pointer) || DELIVERY.test(pointer) || isCode(row))) return "technical";
  return "details";
}

const isAddress = (row: Row): boolean => row.pointer === "/action/op/url";

/** The code of what is named in words right above it. */
function isCode(row: Row): boolean {
  return row.role === "other" && /^\/action\/op\/body#\/medicationCodeableConcept/.test(row.pointer ?? "");
}
