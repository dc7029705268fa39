/**
 * A value in clinical form beside what was sent. `display` equals `as_sent` when nothing was changed; `unknown` lists the
 * pieces outside the known notation: they stay raw, and the tier rises (approval-experience.md P19, 3.4(4)).
 */
export interface ClinicalText {
  readonly display: string;
  readonly as_sent: string;
  readonly unknown: readonly string[];
  /** The app's own warning about this value, e.g. printed and coded unit disagree (3.4(8)). Parsed values only. */
  readonly conflict?: string | undefined;
}

export const asSent = (text: string): ClinicalText => ({ display: text, as_sent: text, unknown: [] });
export const notKnown = (text: string): ClinicalText => ({ display: text, as_sent: text, unknown: [text] });
