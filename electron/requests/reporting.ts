import type { Purpose } from "#shared/reports/filter.ts";

import type { Link } from "../connection/link.ts";
import { checkItems } from "../exports/check-items.ts";
import { makeExporting } from "../exports/exporting.ts";
import { takeMeasures } from "../insights/measures.ts";
import type { Memory } from "../journal/memory.ts";
import type { Desk, DeskParts } from "./desk-port.ts";
import type { LogWatch } from "./log-watch.ts";

export interface ReportingParts {
  readonly link: Pick<Link, "call" | "gateway">;
  readonly memory: Memory;
  readonly logWatch: LogWatch;
  readonly nowS: () => number;
  readonly statusLists: () => readonly string[];
}

/** What a desk hands out of its gateway's reports: exports and measures. */
export interface Reporting extends Pick<Desk, "exports" | "insights"> {
  /** Nothing goes on, and why somebody looked is forgotten. */
  forget(): void;
}

export function makeReporting(parts: DeskParts, more: ReportingParts): Reporting {
  const shared = { ...parts, ...more, sub: parts.me.sub };
  const exports = makeExporting({ ...shared, check: checkItems(shared) });
  let purpose: Purpose | undefined;
  return {
    exports,
    async insights(wanted) {
      purpose = wanted.purpose ?? purpose;
      const view = await takeMeasures(shared, { ...wanted, purpose });
      return view;
    },
    forget() {
      exports.cancel();
      purpose = undefined;
    },
  };
}
