import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import { pinsFor, type PinsParts } from "../records/pins.ts";
import type { Verifier } from "../records/verifier.ts";

export interface CheckParts extends PinsParts {
  readonly verifier: Pick<Verifier, "check">;
}

/** Verifies rows with the directory, the checkpoint and the templates of this computer, in the process that verifies. */
export const checkItems =
  (parts: CheckParts): ((items: readonly HistoryItem[]) => Promise<readonly ItemVerdict[]>) =>
  async (items) =>
    (await parts.verifier.check({ items, pins: await pinsFor(parts, items) })).verdicts;
