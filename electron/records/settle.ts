import type { RowVerdict } from "#shared/ipc/reports.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import { sentenceOf, type ErrorCode } from "#shared/protocol/registry.ts";

import type { LogWatch } from "../requests/log-watch.ts";

const LOG_CHANGED: ReadonlySet<ErrorCode> = new Set(["E_LOG_FORK", "E_LOG_KEY", "E_LOG_PROOF"]);

/** The parts of an item that speak of the log; `unknown` because nothing of it is believed. */
export interface Logged {
  readonly proofs: readonly string[];
  readonly entries: readonly string[];
}

/**
 * What the process that verifies could not know: does each checkpoint extend the one that this computer pinned? And what it
 * found of the log is an alarm of this computer, with its evidence kept (protocol.md 3.16).
 * @param items the same items as `verdicts`, in the same order
 */
export async function settle(
  logWatch: Pick<LogWatch, "see" | "accuse">,
  items: readonly Logged[],
  verdicts: readonly ItemVerdict[],
): Promise<readonly ItemVerdict[]> {
  const faults = new Map<string, ErrorCode | undefined>();
  for (const note of new Set(verdicts.flatMap(({ checkpoints }) => checkpoints))) {
    faults.set(note, await logWatch.see(note, "proof"));
  }
  for (const [i, verdict] of verdicts.entries()) {
    const place = verdict.kind === "not_valid" && LOG_CHANGED.has(verdict.code) ? placeOf(verdict.step) : undefined;
    const shown = place === undefined ? undefined : shownAt(items[i], place);
    if (shown && verdict.kind === "not_valid") await logWatch.accuse(verdict.code, shown);
  }
  return verdicts.map((verdict) => {
    if (verdict.kind !== "valid" && verdict.kind !== "valid_retired") return verdict;
    const code = verdict.checkpoints.map((note) => faults.get(note)).find((found) => found !== undefined);
    if (code === undefined) return verdict;
    const { outcome, steps, checkpoints } = verdict;
    const kind = LOG_CHANGED.has(code) ? "not_valid" : "cannot_check";
    return { outcome, steps: [...steps, { step: PINNED, ok: false, code }], checkpoints, kind, step: PINNED, code };
  });
}

const PINNED = "log extends";

/** Which proof it was; a fault of the log as a whole is shown with the first. */
function placeOf(step: string): number | undefined {
  if (step === "log pinned") return 0;
  const found = /^log\/(\d+)$/.exec(step);
  return found === null ? undefined : Number(found[1]);
}

function shownAt(item: Logged | undefined, place: number): { entry: string; proof: string } | undefined {
  const [entry, proof] = [item?.entries[place], item?.proofs[place]];
  return entry === undefined || proof === undefined ? undefined : { entry, proof };
}

/** For a row of the list: which step it was, and the registry's sentence for it. */
export function rowVerdict(id: string, verdict: ItemVerdict): RowVerdict {
  const signature = verdict.kind;
  if (signature === "valid" || signature === "valid_retired") return { id, signature };
  return { id, signature, step: verdict.step, code: verdict.code, why: sentenceOf(verdict.code) };
}
