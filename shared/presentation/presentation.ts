import type { PartRole } from "./clinical/part.ts";
import type { Token } from "./text/tokens.ts";

/**
 * What is drawn for a request, in its fixed order: who, why it is risky, what disagrees, what will be done, what the
 * record says, what the agent may do, what was checked, earlier steps, the agent's words (approval-experience.md S4).
 */

/** Provenance of a text (3.1). Every text has exactly one; the label of a row is always the app's own (K). */
export type Provenance = "K" | "R" | "A" | "C" | "U";

/** Shape, word and colour of an alert are the renderer's; `stop` means that approval is not possible. */
export interface Alert {
  readonly level: "info" | "warning" | "stop";
  /** The app's words. */
  readonly text: string;
}

/** How a changed field is drawn: `tokens` is the value after approval, `before` what the record holds now (class R). */
export interface Change {
  readonly kind: "added" | "removed" | "changed" | "moved";
  /** ADDED, REMOVED or CHANGED in the app's words; the accessible name begins with it. */
  readonly word: string;
  readonly before: readonly Token[];
  /** "Only spacing differs" and the like. */
  readonly note?: string;
}

export interface Row {
  /** Stable for the same claims and template; what `seen` holds. */
  readonly id: string;
  readonly prov: Provenance;
  readonly label: string;
  /** Path of a value inside the body, where the label alone would not do: JSON keys are ACTION text (3.4(13)). */
  readonly path?: readonly Token[];
  /** RFC 6901 in the claims, `/action/op/body#/…` in the body. */
  readonly pointer?: string;
  readonly tokens: readonly Token[];
  /** What was sent, when that differs from `tokens` (3.3(2)). */
  readonly as_sent?: readonly Token[];
  readonly must_see: boolean;
  readonly alert?: Alert;
  readonly role?: PartRole;
  /** The JSON type of a raw value, in the app's words. */
  readonly value_type?: string;
  /** Source and time of a record statement: "From record, 12-Nov-2026 09:10 GMT". */
  readonly source?: string;
  readonly change?: Change;
  /** The element of authorization_details that this row describes; `required` ones cannot be dropped. */
  readonly grant?: { readonly id: string; readonly required: boolean };
  /** The fact that this row states, with what it asks of the approver. */
  readonly fact?: { readonly id: string; readonly ack: boolean; readonly override: boolean };
  /** Notes of the app about this text: imitation, padding, look-alikes. */
  readonly notes?: readonly string[];
  /** Of a claim: how long it is, for "Show all (1,240 characters)". */
  readonly length?: { readonly characters: number; readonly lines: number };
}

export const SECTION_IDS = [
  "who",
  "risk",
  "conflicts",
  "action",
  "record",
  "scope",
  "checks",
  "chain",
  "claims",
] as const;
export type SectionId = (typeof SECTION_IDS)[number];

export interface Section {
  readonly id: SectionId;
  readonly title: string;
  readonly prov: Provenance;
  readonly rows: readonly Row[];
  /** "Other content (n fields)": everything in the body that the template does not cover. Its rows are to be seen too. */
  readonly other?: { readonly id: string; readonly title: string; readonly rows: readonly Row[] };
  /** Fields of an update that stay as they are: collapsed, countable. */
  readonly unchanged?: { readonly title: string; readonly rows: readonly Row[] };
}

export type BodyKind = "medication_order" | "record_update" | "referral" | "generic";
export type Tier = 1 | 2 | 3;

/** Why the request cannot be approved: hidden or misleading text, or something this app cannot show. */
export interface Obstacle {
  readonly pointer: string;
  /** `[U+202E]`, a word, or a path. */
  readonly token: string;
  readonly why: string;
}

export interface Headline {
  /** Class K: "New medication order". */
  readonly kind: string;
  /** Class A (or K for a count): the named item in clinical form, or empty. */
  readonly item: string;
}

export interface Presentation {
  readonly headline: Headline;
  readonly body: BodyKind;
  readonly tier: Tier;
  readonly sections: readonly Section[];
  /** Not empty: readable, deniable, reportable, not approvable (3.3(1), 3.4(10)). */
  readonly obstacles: readonly Obstacle[];
  /** Text beside the sign button, from the request. */
  readonly statement: readonly Token[];
}

export interface PresentOptions {
  /** IANA zone of the facility; dates and times are shown in it. */
  readonly facilityZone: string;
  /** Gateway time, Unix seconds. */
  readonly now: number;
  /** The site's medicines, on top of the built-in list of look-alike names. */
  readonly drugNames?: readonly string[];
  /** Names of the patients in this queue; the list may grow (approval-experience.md 3.4(3)). */
  readonly patientNames?: readonly string[];
}

const rowsOf = (section: Section): readonly Row[] => [
  ...section.rows,
  ...(section.other?.rows ?? []),
  ...(section.unchanged?.rows ?? []),
];

/** The row which says that an entry as a whole will no longer count. */
export const RETIRED_ROW = "action/retired";

/** Every row, in the order drawn. */
export const allRows = (presentation: Presentation): readonly Row[] => presentation.sections.flatMap(rowsOf);

/** Ids that have to be in `seen` before an approval: the rows, and the "Other content" section itself (3.6(5)). */
export function mustSee(presentation: Presentation): readonly string[] {
  return presentation.sections.flatMap((section) => [
    ...(section.other ? [section.other.id] : []),
    ...rowsOf(section).flatMap((row) => (row.must_see ? [row.id] : [])),
  ]);
}
