import type { Clock } from "../clock.ts";

/** Focused viewing time of the review on the screen, measured here and not by the page (protocol.md 3.7 `dwell`). */
export interface Attention {
  /** A review is on the screen from now on. */
  open(): void;
  close(): void;
  /** The window has the person's attention: focused, visible, unlocked. */
  focus(focused: boolean): void;
  /** Milliseconds of attention since {@link Attention.open}. */
  ms(): number;
}

export function makeAttention(clock: Pick<Clock, "elapsedMs">): Attention {
  let isOpen = false;
  let isFocused = false;
  let since: number | undefined;
  let total = 0;

  const settle = (): void => {
    if (since !== undefined) total += clock.elapsedMs() - since;
    since = isOpen && isFocused ? clock.elapsedMs() : undefined;
  };

  return {
    open() {
      isOpen = true;
      since = undefined;
      total = 0;
      settle();
    },
    close() {
      settle();
      isOpen = false;
      since = undefined;
      total = 0;
    },
    focus(focused) {
      isFocused = focused;
      if (isOpen) settle();
    },
    ms() {
      settle();
      return Math.floor(total);
    },
  };
}
