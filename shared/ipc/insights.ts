import { z } from "zod";

import type { Insights } from "#shared/insights/insights.ts";
import { purpose } from "#shared/reports/filter.ts";
import type { ReportView } from "#shared/reports/page.ts";

/** What S11 draws: the measures, and what names stand for. */
export interface InsightsView {
  readonly insights: Insights;
  readonly view: Pick<ReportView, "scope" | "units" | "attention">;
  /** Registered names of agents by their URI, as far as the gateway tells them. */
  readonly agents: Readonly<Record<string, string>>;
  /** URI of whoever asked: their own data may be theirs alone. */
  readonly me: string;
}

export const insightsCommands = {
  /** The measures of a period and the one before it, of requests to these pools or to all that the asker may read. */
  ask_insights: z.strictObject({
    iss: z.string().min(1).max(512),
    from: z.int().nonnegative(),
    to: z.int().nonnegative(),
    units: z.array(z.string().min(1).max(64)).min(1).max(64).optional(),
    /** Asked once of who sees how others read; main keeps it until the app is locked. */
    purpose: purpose.optional(),
  }),
  /** What is being read or computed ends with `E_CLI_CANCELLED`. */
  stop_insights: z.strictObject({ iss: z.string().min(1).max(512) }),
} as const;

export interface InsightsOutputs {
  ask_insights: InsightsView;
  stop_insights: null;
}
