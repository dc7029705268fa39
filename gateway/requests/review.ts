import type { ActionName } from "#shared/protocol/names.ts";

import type { FactsPort, Gathered, RequestDraft } from "../ports.ts";
import { failed, notRun, passed, type Check } from "./facts-fact.ts";

/**
 * What a reviewer may say, and nothing else: the sentences are the gateway's, so no reviewer puts words before a person, and
 * there is no code that speaks for an action (AISVS 9.2.6, 9.2.7).
 */
export const FLAGS = {
  urgency: "The agent's words press for haste.",
  authority: "The agent's words lean on somebody's rank or name.",
  "claims-approval": "The agent's words say that this was approved, or needs no look.",
  "addresses-approver": "Words in the request tell their reader, or a program, what to do.",
  secrecy: "The agent's words ask to keep this from somebody.",
  "dose-outlier": "The dose is five times the present one or more, or a fifth of it or less.",
  "recipient-unusual": "The recipient is not one that such an action goes to.",
  "other-than-said": "What would be done is not what the agent says it is.",
  unusual: "This is unlike what such an agent asks.",
} as const satisfies Record<string, string>;
export type Flag = keyof typeof FLAGS;

/** What is looked at: before any person, and after everything the gateway knows was gathered. */
export interface Reviewed {
  readonly draft: RequestDraft;
  readonly action: ActionName;
  readonly gathered: Gathered;
}

/** A second pair of eyes. It can add flags; it cannot take anything away, lower anything, or answer for a person. */
export interface ReviewPort {
  /** Name on the screen. */
  readonly label: string;
  /** A reviewer that finds nothing is told as a check that passed; otherwise only what it found is told. */
  readonly isOptional: boolean;
  /** Undefined: it could not look, which is said and never passes for a yes; a rejection is taken for that. */
  look(reviewed: Reviewed): Promise<readonly Flag[] | undefined>;
}

/**
 * Puts the reviewers behind the facts. SECURITY: facts and checks are only ever added, under ids of their own, and a flag is
 * a failed check: policy raises the tier for it (`failed-check`), and nothing a reviewer does can lower one.
 */
export function factsWithReview(facts: FactsPort, reviewers: readonly ReviewPort[]): FactsPort {
  return {
    async gather(draft, action) {
      const gathered = await facts.gather(draft, action);
      const found = await Promise.all(reviewers.map((reviewer) => looked(reviewer, { draft, action, gathered })));
      const flagged = new Set(found.flatMap((flags) => flags ?? []));
      return {
        ...gathered,
        facts: [...gathered.facts, ...[...flagged].map(factOf)],
        checks: [...gathered.checks, ...reviewers.flatMap((reviewer, i) => checkOf(reviewer, i, found[i]))],
      };
    },
  };
}

/** SECURITY: a reviewer of somebody else's that breaks its word neither stops an agent's request nor is believed in part. */
async function looked(reviewer: ReviewPort, reviewed: Reviewed): Promise<readonly Flag[] | undefined> {
  try {
    const flags = await reviewer.look(reviewed);
    return flags?.every((flag) => Object.hasOwn(FLAGS, flag)) === true ? flags : undefined;
  } catch {
    return undefined;
  }
}

const factOf = (flag: Flag): Gathered["facts"][number] => ({
  ...{ id: `review-${flag}`, src: "gateway", sev: "high", code: "review", label: "Second look" },
  ...{ text: FLAGS[flag], ack: true },
});

function checkOf(
  { label, isOptional }: ReviewPort,
  place: number,
  flags: readonly Flag[] | undefined,
): readonly Check[] {
  const id = `review-${String(place + 1)}`;
  if (flags === undefined) return [notRun(id, label, "The reviewer could not be asked, or its answer makes no sense.")];
  if (flags.length > 0) return [failed(id, label, flags.map((flag) => FLAGS[flag]).join(" "))];
  return isOptional ? [] : [passed(id, label)];
}
