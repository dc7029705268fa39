/** When each region last spoke, and what waits. Plain state of a pure rule; see `speak`. */
export interface Announcements {
  /** Sentence → time it was last spoken, milliseconds. */
  readonly spoken: ReadonlyMap<string, number>;
  readonly lastPoliteMs: number;
}

export const SILENT: Announcements = { spoken: new Map(), lastPoliteMs: Number.NEGATIVE_INFINITY };

export const POLITE_EVERY_MS = 10_000;
export const REPEAT_AFTER_MS = 60_000;

export type Verdict =
  | { readonly kind: "speak"; readonly after: Announcements }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "drop" };

/**
 * May this sentence be spoken now? Batches of arrivals at most once per ten seconds; the same sentence never again
 * within sixty (approval-experience.md 10.7). A waiting sentence replaces the one before it.
 */
export function speak(
  state: Announcements,
  sentence: string,
  kind: "batch" | "polite" | "assertive",
  nowMs: number,
): Verdict {
  const last = state.spoken.get(sentence);
  if (last !== undefined && nowMs - last < REPEAT_AFTER_MS) return { kind: "drop" };
  const waitMs = state.lastPoliteMs + POLITE_EVERY_MS - nowMs;
  if (kind === "batch" && waitMs > 0) return { kind: "wait", ms: waitMs };
  const spoken = new Map([...state.spoken].filter(([, at]) => nowMs - at < REPEAT_AFTER_MS));
  spoken.set(sentence, nowMs);
  return { kind: "speak", after: { spoken, lastPoliteMs: kind === "batch" ? nowMs : state.lastPoliteMs } };
}
