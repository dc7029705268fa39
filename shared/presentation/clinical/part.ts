import type { ClinicalText } from "./clinical-text.ts";

/** What a part of an action is, for drawing (a dose is bold), for re-entry and for headlines. */
export type PartRole =
  | "medicine"
  | "dose"
  | "rate"
  | "maximum"
  | "route"
  | "timing"
  | "instructions"
  | "supply"
  | "recipient"
  | "identifier"
  | "date"
  | "other";

/** One labelled value of an action, formatted. `pointer` is inside the body. */
export interface Part {
  readonly role: PartRole;
  readonly label: string;
  readonly text: ClinicalText;
  readonly pointer: string;
  /** The dose's number, for re-entry: as sent and in clinical form, with its unit. */
  readonly number?: { readonly as_sent: string; readonly display: string; readonly unit: string };
}
