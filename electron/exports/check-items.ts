import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import { pinsFor, type PinsParts } from "../records/pins.ts";
import { settle } from "../records/settle.ts";
import type { Verifier } from "../records/verifier.ts";
import type { LogWatch } from "../requests/log-watch.ts";

export interface CheckParts extends PinsParts {
  readonly verifier: Pick<Verifier, "check">;
  readonly logWatch: Pick<LogWatch, "see" | "accuse" | "promised">;
}

/**
 * Verifies rows with the directory, the checkpoint and the templates of this computer, in the process that verifies. What
 * is found of the log is the alarm that it is in history.
 */
export const checkItems =
  (parts: CheckParts): ((items: readonly HistoryItem[]) => Promise<readonly ItemVerdict[]>) =>
  async (items) => {
    const { verdicts } = await parts.verifier.check({ items, pins: await pinsFor(parts, items) });
    return await settle(parts.logWatch, items, verdicts);
  };
