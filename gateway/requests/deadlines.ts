import type { Clock } from "../ports.ts";

/** The longest delay a timer of the platform takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** An alarm that failed rings again after this. */
const RETRY_S = 5;

/** One alarm per name, at a Unix second; setting it again moves it. Nothing here is durable: it is armed from the store. */
export interface Deadlines {
  /** `fn` runs once the second `at` has begun; at once in a later turn when it has passed. */
  set(name: string, at: number, fn: () => void): void;
  clear(name: string): void;
  close(): void;
}

/** `onError` gets what an alarm throws: a failed alarm does not end the process, and rings again. */
export function makeDeadlines(clock: Clock, onError: (error: unknown) => void): Deadlines {
  const armed = new Map<string, () => void>();
  let closed = false;

  function set(name: string, at: number, fn: () => void): void {
    armed.get(name)?.();
    if (closed) return;
    const leftMs = at * 1000 - clock.nowMs();
    const later = (): void => {
      armed.delete(name);
      if (at * 1000 > clock.nowMs()) {
        set(name, at, fn);
        return;
      }
      try {
        fn();
      } catch (error) {
        onError(error);
        // A full disk passes: what is due stays due.
        if (!armed.has(name)) set(name, Math.floor(clock.nowMs() / 1000) + RETRY_S, fn);
      }
    };
    armed.set(name, clock.after(Math.min(Math.max(0, leftMs), LONGEST_MS), later));
  }

  return {
    set,
    clear(name) {
      armed.get(name)?.();
      armed.delete(name);
    },
    close() {
      closed = true;
      for (const cancel of armed.values()) cancel();
      armed.clear();
    },
  };
}
