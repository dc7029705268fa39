import type { CommandInput, Exercise, QueueRow, ReviewData } from "#shared/ipc/contract.ts";
import { mustSee } from "#shared/presentation/presentation.ts";

import { makeDraw } from "../../../electron/requests/draw.ts";
import { PIN } from "../enrol-with.ts";

/** What identifies each patient of the practice where the sheet asks for it. */
const IDENTITY: Readonly<Record<Exercise, { readonly initials: string; readonly birth_year: string }>> = {
  repeat: { initials: "RB", birth_year: "1958" },
  "dose-change": { initials: "DO", birth_year: "1971" },
  "wrong-weight": { initials: "AL", birth_year: "2018" },
};

type Decide = CommandInput<"decide">;
const nameOf = ({ row, claims }: ReviewData) => ({ key: row.key, rev: claims.rev, digest: row.digest });

/** What the screen would send for a denial of this request. */
export const denialOf = (review: ReviewData): Decide => ({
  ...nameOf(review),
  choice: { kind: "deny", reason: { code: "wrong-drug-or-dose" }, report_agent: true },
});

/** The same for an approval that has seen, ticked and typed everything that is asked for. */
export function approvalOf(review: ReviewData, pin = PIN): Decide {
  const { claims, template } = review;
  const facts = claims.facts ?? [];
  const isHigh = claims.action.risk === "high";
  return {
    ...nameOf(review),
    choice: {
      kind: "approve",
      granted: claims.authorization_details.map(({ id }) => id),
      ack: facts.filter(({ ack }) => ack).map(({ id }) => id),
      overrides: facts.filter(({ override }) => override).map(({ id }) => ({ fact: id, code: "will-monitor" })),
      seen: [...mustSee(makeDraw(() => "Europe/London")(claims, template))],
      reentry: isHigh ? IDENTITY[claims.task.id as Exercise] : {},
      ...(isHigh ? { pin } : {}),
    },
  };
}

/** The request of this exercise on the list. Its patient is how a list tells them apart. */
export const rowOf = (rows: readonly QueueRow[], exercise: Exercise): QueueRow | undefined =>
  rows.find(({ patient }) => patient?.birthDate?.startsWith(IDENTITY[exercise].birth_year));
