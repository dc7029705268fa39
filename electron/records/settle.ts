import type { RowVerdict } from "#shared/ipc/reports.ts";
import { evidenceItem, type EvidenceItem } from "#shared/protocol/evidence/item.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import { sentenceOf, type ErrorCode } from "#shared/protocol/registry.ts";

import type { LogWatch } from "../requests/log-watch.ts";

const LOG_CHANGED: ReadonlySet<ErrorCode> = new Set(["E_LOG_FORK", "E_LOG_KEY", "E_LOG_PROOF", "E_LOG_ERASURE"]);

/** The parts of an item that speak of the log; `unknown` because nothing of it is believed. */
export interface Logged {
  readonly proofs: readonly string[];
  readonly entries: readonly string[];
  readonly withheld?: unknown;
}

/** SECURITY: also what was erased is shown so only under a checkpoint that this computer can follow. */
const RESTS_ON_LOG: ReadonlySet<ErrorCode> = new Set(["E_STORE_ERASED", "E_STORE_ERASED_UNSHOWN"]);

/**
 * What the process that verifies could not know: does each checkpoint extend the one that this computer pinned? And what it
 * found of the log is an alarm of this computer, with its evidence kept (protocol.md 3.16).
 * @param items the same items as `verdicts`, in the same order
 */
export async function settle(
  logWatch: Pick<LogWatch, "see" | "accuse" | "promised">,
  items: readonly Logged[],
  verdicts: readonly ItemVerdict[],
): Promise<readonly ItemVerdict[]> {
  const faults = new Map<string, ErrorCode | undefined>();
  for (const note of new Set(verdicts.flatMap(({ checkpoints }) => checkpoints))) {
    faults.set(note, await logWatch.see(note, "proof"));
  }
  const judged = verdicts.map((verdict) => (isOverdue(verdict) ? broken(verdict, OVERDUE) : verdict));
  for (const [i, verdict] of judged.entries()) {
    const isChanged = verdict.kind === "not_valid" && LOG_CHANGED.has(verdict.code);
    const shown = isChanged ? shownAt(items[i], verdict.step) : undefined;
    if (shown && verdict.kind === "not_valid") await logWatch.accuse(verdict.code, shown);
  }
  const held: ItemVerdict[] = [];
  for (const [i, verdict] of judged.entries()) held.push(await heldToIt(logWatch, items[i], verdict));
  return held.map((verdict) => {
    if ("code" in verdict && !RESTS_ON_LOG.has(verdict.code)) return verdict;
    const code = verdict.checkpoints.map((note) => faults.get(note)).find((found) => found !== undefined);
    if (code === undefined) return verdict;
    const { outcome, steps, checkpoints } = verdict;
    const kind = LOG_CHANGED.has(code) ? "not_valid" : "cannot_check";
    return { outcome, steps: [...steps, { step: PINNED, ok: false, code }], checkpoints, kind, step: PINNED, code };
  });
}

const PINNED = "log extends";
const LOGGED = "erasure logged";

const OVERDUE = "Its entry should have been in the log by now.";
const OWED = "Its entry is said to be under way, and an earlier word of that kind was not made good.";

const isOverdue = (verdict: ItemVerdict): boolean =>
  verdict.kind === "not_valid" && verdict.step === LOGGED && verdict.code === "E_LOG_PENDING";

/** SECURITY: that an erasure is not in the log yet is believed once, and held against the log (docs/decisions/0016). */
async function heldToIt(
  logWatch: Pick<LogWatch, "promised">,
  item: Logged | undefined,
  verdict: ItemVerdict,
): Promise<ItemVerdict> {
  const isWaiting = verdict.kind === "cannot_check" && verdict.steps.some((step) => !step.ok && step.step === LOGGED);
  if (!isWaiting) return verdict;
  const { request, at, erasure } = withheldOf(item) ?? {};
  if (request === undefined || at === undefined || erasure === undefined) return broken(verdict, OWED);
  return (await logWatch.promised({ entry: erasure.entry, request, at })) ? verdict : broken(verdict, OWED);
}

function broken({ outcome, steps, checkpoints }: ItemVerdict, why: string): ItemVerdict {
  const fault = { step: LOGGED, code: "E_LOG_ERASURE", why } as const;
  const said = steps.map((step) => (step.step === LOGGED ? { ...fault, ok: false } : step));
  return { outcome, checkpoints, steps: said, kind: "not_valid", ...fault };
}

/** Which proof it was; a fault of the log as a whole is shown with the first, a false word of an erasure with that word. */
function shownAt(item: Logged | undefined, step: string): Shown | undefined {
  if (/^erasure/.test(step)) return shownErasure(item);
  const [, place = step === "log pinned" ? "0" : undefined] = /^log\/(\d+)$/.exec(step) ?? [];
  return place === undefined ? undefined : proofAt(item, Number(place));
}

function proofAt(item: Logged | undefined, place: number): Shown | undefined {
  const [entry, proof] = [item?.entries[place], item?.proofs[place]];
  return entry === undefined || proof === undefined ? undefined : { entry, proof };
}

/** What it was said of, with the entry and the proof that came for it; where none came, with those of the request. */
function shownErasure(item: Logged | undefined): Shown | undefined {
  const withheld = withheldOf(item);
  const { entry, proof } = withheld?.erasure ?? {};
  const shown = entry === undefined || proof === undefined ? proofAt(item, 0) : { entry, proof };
  return shown && { ...shown, ...(withheld === undefined ? {} : { withheld }) };
}

const withheldOf = (item: Logged | undefined): EvidenceItem["withheld"] =>
  evidenceItem.shape.withheld.safeParse(item?.withheld).data;

type Shown = Parameters<LogWatch["accuse"]>[1];

/** For a row of the list: which step it was, and the registry's sentence for it. */
export function rowVerdict(id: string, verdict: ItemVerdict): RowVerdict {
  const signature = verdict.kind;
  if (signature === "valid" || signature === "valid_retired") return { id, signature };
  return { id, signature, step: verdict.step, code: verdict.code, why: sentenceOf(verdict.code) };
}
