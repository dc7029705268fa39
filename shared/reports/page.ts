import { z } from "zod";

import { seconds, text } from "../protocol/claims/primitives.ts";
import { agentItem, attentionGroup, detailItem, exportItem, historyItem, insightFact } from "./items.ts";

/** What the asker's roles opened, so that a screen says what it does not show. */
export const reportView = z.looseObject({
  /** `own`: decisions the asker signed; `units`: requests to the asker's pools too; `all`: every request. */
  scope: z.enum(["own", "units", "all"]),
  /** Bare names of the pools, where the scope is `units`. */
  units: z.array(text(64)),
  /** Requests and patients: of everything in the scope, or only of what the asker signed or supervises. */
  clinical: z.boolean(),
  /** Reading times of others. */
  attention: z.boolean(),
});
export type ReportView = z.infer<typeof reportView>;

const common = {
  view: reportView,
  next: text(256).optional(),
  /** At most 10,001, which means more than 10,000. Only with the first page, and where counting ended in time. */
  total: z.int().nonnegative().optional(),
  /** More than 10,000 rows: the same filter with this `from` finds no more than that. */
  fits: z.looseObject({ from: seconds, to: seconds }).optional(),
} as const;

/** Bodies of `report.page` by name. */
export const reportPages = {
  history: z.looseObject({ name: z.literal("history"), items: z.array(historyItem), ...common }),
  "history-detail": z.looseObject({ name: z.literal("history-detail"), items: z.array(detailItem), ...common }),
  insights: z.looseObject({
    name: z.literal("insights"),
    items: z.array(insightFact),
    /** With the first page. */
    groups: z.array(attentionGroup).optional(),
    ...common,
  }),
  agents: z.looseObject({ name: z.literal("agents"), items: z.array(agentItem), ...common }),
  exports: z.looseObject({ name: z.literal("exports"), items: z.array(exportItem), ...common }),
} as const;
export type ReportPageOf<N extends keyof typeof reportPages> = z.infer<(typeof reportPages)[N]>;
export type ReportPage = { [N in keyof typeof reportPages]: ReportPageOf<N> }[keyof typeof reportPages];
