import { z } from "zod";

import type { Fact } from "#shared/protocol/claims/request.ts";

import type { Check } from "./facts-fact.ts";

/** CDS Hooks 2.0, "CDS Service Response", as far as it is read: suggestions, links and system actions are not followed. */
const answer = z.looseObject({
  cards: z
    .array(
      z.looseObject({
        summary: z.string().min(1),
        detail: z.string().optional(),
        indicator: z.enum(["info", "warning", "critical"]),
        source: z.looseObject({ label: z.string().min(1) }),
      }),
    )
    .max(200),
});

/** Cards of one service that are shown; what is left out is said. */
const MOST_CARDS = 20;
const RANK = { critical: 0, warning: 1, info: 2 } as const;

export interface CdsFindings {
  readonly facts: readonly Fact[];
  readonly check: Check;
}

/** How a service is called in a request. */
export interface NamedService {
  /** In ids: letters, digits, hyphens. */
  readonly id: string;
  /** For people. */
  readonly label: string;
}

/**
 * Cards become facts with their source's name, the gravest first; whoever approves ticks each that is more than
 * information. The check passes where there is none of those. Undefined for an answer that is not one of CDS Hooks.
 */
export function findingsOf(service: NamedService, text: string, asOf: number): CdsFindings | undefined {
  const parsed = answer.safeParse(jsonOf(text));
  if (!parsed.success) return undefined;
  const cards = parsed.data.cards.toSorted((a, b) => RANK[a.indicator] - RANK[b.indicator]);
  const shown = cards.slice(0, MOST_CARDS);
  const grave = cards.filter(({ indicator }) => indicator !== "info").length;
  const left = cards.length - shown.length;
  const by = service.label.slice(0, 200);
  const words = [
    ...(grave === 0 ? [] : [`${String(grave)} ${grave === 1 ? "warning" : "warnings"}.`]),
    ...(left === 0 ? [] : [`${String(left)} more ${left === 1 ? "card is" : "cards are"} not shown.`]),
  ];
  return {
    facts: shown.map((card, i) => ({
      ...{ id: `cds-${service.id}-${String(i + 1)}`, src: "cds", sev: card.indicator, code: "cds-card" },
      label: `${card.source.label} (${service.label})`.slice(0, 200),
      text: (card.detail === undefined ? card.summary : `${card.summary}\n${card.detail}`).slice(0, 2000),
      ...{ as_of: asOf, ack: card.indicator !== "info" },
    })),
    check: {
      ...{ id: `cds-${service.id}`, label: by, result: grave === 0 ? "pass" : "fail", by, as_of: asOf },
      ...(words.length === 0 ? {} : { why: words.join(" ") }),
    },
  };
}

/** Nobody looked, and why: said as plainly as a warning. */
export const notChecked = ({ id, label }: NamedService, why: string): CdsFindings => ({
  facts: [],
  check: { id: `cds-${id}`, label: label.slice(0, 200), result: "not_run", by: label.slice(0, 200), why },
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
