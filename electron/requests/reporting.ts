import type { Link } from "../connection/link.ts";
import { checkItems } from "../exports/check-items.ts";
import { makeExporting } from "../exports/exporting.ts";
import { takeMeasures } from "../insights/measures.ts";
import type { Memory } from "../journal/memory.ts";
import type { Desk, DeskParts } from "./desk-port.ts";

/** What a desk hands out of its gateway's reports: exports and measures. */
export function makeReporting(
  parts: DeskParts,
  more: { readonly link: Pick<Link, "call" | "gateway">; readonly memory: Memory; readonly nowS: () => number },
): Pick<Desk, "exports" | "insights"> {
  const { clock, me } = parts;
  const shared = { ...parts, ...more, sub: me.sub };
  const breathe = (): Promise<void> => new Promise((resolve) => void clock.after(0, resolve));
  return {
    exports: makeExporting({ ...shared, check: checkItems({ ...shared, breathe }) }),
    async insights(wanted) {
      const measures = await takeMeasures(shared, wanted);
      return measures;
    },
  };
}
