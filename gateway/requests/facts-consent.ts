import type { RequestDraft } from "../ports.ts";
import { conflictFact, failed, notRun, passed, recordFact, type Findings, type NewFact } from "./facts-fact.ts";
import { substanceWords } from "./facts-medicine.ts";
import type { Gathering, RecordedConsent } from "./facts-record.ts";
import { dateWords } from "./facts-time.ts";

/**
 * Consent against what leaves: an exclusion in force stands against every document that is marked sensitive or whose
 * title shares a word with it. Titles are the agent's words and are not repeated (3.4(5)).
 */
export function compareConsent(
  read: Gathering<RecordedConsent>,
  attachments: NonNullable<RequestDraft["attachments"]>,
): Findings {
  const label = "Consent to share against what is sent";
  if (read.kind === "not_read") return { facts: [], checks: [notRun("consent", label, read.why)] };
  if (read.items.length === 0) {
    const none = recordFact({
      code: "consent",
      label: "Consent to share",
      text: "Consent to share - not recorded.",
      sev: "warning",
    });
    return { facts: [none], checks: [notRun("consent", label, "No consent is recorded.")] };
  }
  const recorded = read.items.map((consent) =>
    recordFact({
      code: "consent",
      label: "Consent to share",
      text: `${consent.words}${consent.when === undefined ? "" : ` (${dateWords(consent.when)})`}.`,
      value: consent.words,
      as_of: consent.when,
      path: consent.ref,
    }),
  );
  const conflicts = read.items.flatMap((consent): NewFact[] => {
    if (consent.excludes.length === 0) return [];
    const words = new Set(consent.excludes.flatMap((text) => substanceWords(text)));
    const all = consent.excludes.includes("everything");
    const against = attachments.filter(
      ({ title, sensitive }) => all || sensitive === true || substanceWords(title).some((w) => words.has(w)),
    );
    if (against.length === 0 && !(all && attachments.length === 0)) return [];
    const when = consent.when === undefined ? "" : ` of ${dateWords(consent.when)}`;
    const what = attachments.length === 0 ? "The action shares data." : countWords(against.length, attachments.length);
    return [
      conflictFact({
        label: "Consent to share",
        text: `Record says consent${when} excludes ${consent.excludes.join(", ")}. ${what}`,
        value: consent.words,
        as_of: consent.when,
        path: consent.ref,
      }),
    ];
  });
  const [first] = conflicts;
  if (first !== undefined)
    return { facts: [...conflicts, ...recorded], checks: [failed("consent", label, first.text)] };
  return { facts: recorded, checks: [passed("consent", label)] };
}

const countWords = (count: number, of: number): string =>
  `${String(count)} of ${String(of)} documents ${count === 1 ? "is" : "are"} of that kind or marked sensitive.`;
