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
export interface Reporting extends Pick<Desk, "exports" | "insights" | "stopInsights"> {
  /** Nothing goes on, and why somebody looked is forgotten. */
  forget(): void;
}

export function makeReporting(parts: DeskParts, more: ReportingParts): Reporting {
  const shared = { ...parts, ...more, sub: parts.me.sub };
  const exports = makeExporting({ ...shared, check: checkItems(shared) });
  let purpose: Purpose | undefined;
  let measuring: AbortController | undefined;
  let job = 0;
  return {
    exports,
    async insights(wanted, onRead) {
      purpose = wanted.purpose ?? purpose;
      // One at a time: whoever asks anew does not wait for what they asked before.
      measuring?.abort();
      const mine = new AbortController();
      measuring = mine;
      return takeMeasures(shared, { ...wanted, purpose }, { job: ++job, onRead, signal: mine.signal });
    },
    stopInsights: () => measuring?.abort(),
    forget() {
      exports.cancel();
      measuring?.abort();
      purpose = undefined;
    },
  };
}
