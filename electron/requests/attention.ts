import type { ReadingShort } from "#shared/ipc/contract.ts";

import type { Clock } from "../clock.ts";

/** Focused viewing time of the review on the screen, measured here and not by the page (protocol.md 3.7 `dwell`). */
export interface Attention {
  /** A review is on the screen from now on; policy wants it read for `leastMs` (V24). */
  open(leastMs: number): void;
  close(): void;
  /** The window has the person's attention: focused, visible, unlocked. */
  focus(focused: boolean): void;
  /** Milliseconds of attention since {@link Attention.open}. */
  ms(): number;
  /** What is missing for an approval, or undefined where nothing is. */
  short(): ReadingShort | undefined;
}

/** What is missing is told in such steps: a number that runs down to the moment of pressing is watched, not the request. */
const STEP_MS = 5_000;

/** @param onShort {@link Attention.short} is another than before, while a review is on the screen */
export function makeAttention(clock: Pick<Clock, "elapsedMs" | "after">, onShort: () => void): Attention {
  let isOpen = false;
  let isFocused = false;
  let since: number | undefined;
  let total = 0;
  let least = 0;
  let wasAway = false;
  let cancel: () => void = () => undefined;

  const settle = (): void => {
    if (since !== undefined) total += clock.elapsedMs() - since;
    since = isOpen && isFocused ? clock.elapsedMs() : undefined;
  };
  const leftMs = (): number => {
    settle();
    return isOpen ? Math.max(0, least - Math.floor(total)) : 0;
  };
  /** Tells when the next step is reached, as long as time counts. */
  const follow = (): void => {
    cancel();
    cancel = () => undefined;
    const left = leftMs();
    if (left === 0 || !isFocused) return;
    const next = Math.floor((left - 1) / STEP_MS) * STEP_MS;
    cancel = clock.after(left - next, () => {
      // Rung a little early, it says nothing new and is wound again.
      const isReached = leftMs() <= next;
      follow();
      if (isReached) onShort();
    });
  };

  return {
    open(leastMs) {
      isOpen = true;
      since = undefined;
      total = 0;
      least = leastMs;
      wasAway = !isFocused;
      follow();
    },
    close() {
      settle();
      isOpen = false;
      since = undefined;
      total = 0;
      follow();
    },
    focus(focused) {
      if (focused === isFocused) return;
      const wasShort = leftMs() > 0;
      isFocused = focused;
      wasAway ||= !focused;
      follow();
      if (wasShort) onShort();
    },
    ms() {
      settle();
      return Math.floor(total);
    },
    short() {
      const left = leftMs();
      if (left === 0) return undefined;
      const step = left > STEP_MS ? STEP_MS : 1_000;
      return { left_s: (Math.ceil(left / step) * step) / 1_000, counts: isFocused, was_away: wasAway };
    },
  };
}
