import type { IdleState } from "#shared/ipc/contract.ts";

import type { Clock } from "../clock.ts";

/** What of Electron's `powerMonitor` is used. */
export interface LockMonitor {
  on(event: "lock-screen" | "suspend", listener: () => void): unknown;
  removeListener(event: "lock-screen" | "suspend", listener: () => void): unknown;
  getSystemIdleState(seconds: number): "active" | "idle" | "locked" | "unknown";
  /** Seconds. */
  getSystemIdleTime(): number;
}

/** Seconds without input (approval-experience.md 6 and 10.4). */
export interface LockTimes {
  /** Patient data is hidden. */
  readonly hideAfterS: number;
  /** The app locks. */
  readonly lockAfterS: number;
}

export interface LockEvents {
  /** How idle the workstation is; undefined while it is used. Said when it changes. */
  onIdle(state: IdleState | undefined): void;
  lock(): void;
}

export interface LockWatch {
  /**
   * Input reached the window: it counts as use also where the system does not see it. True when this is what brought the
   * screen back; it must do nothing else.
   */
  touch(): boolean;
  stop(): void;
}

const POLL_MS = 1_000;
/** WCAG 2.2.1: the lock is announced this long before, and any key puts it off. */
const WARN_S = 20;

/**
 * Locks on the system's lock, on suspend, and after idle time; hides and warns before. Linux sends no lock event, so the
 * idle state is polled there as everywhere.
 */
export function watchForLock(monitor: LockMonitor, clock: Clock, times: LockTimes, events: LockEvents): LockWatch {
  let touchedMs = clock.elapsedMs();
  let said: IdleState | undefined;
  const lock = (): void => {
    say(undefined);
    events.lock();
  };
  const say = (state: IdleState | undefined): void => {
    if (state === said) return;
    said = state;
    events.onIdle(state);
  };
  const idleS = (): number => Math.min(monitor.getSystemIdleTime(), (clock.elapsedMs() - touchedMs) / 1000);
  const poll = (): void => {
    const idle = idleS();
    if (idle >= times.lockAfterS || monitor.getSystemIdleState(times.lockAfterS) === "locked") lock();
    else if (idle >= times.lockAfterS - WARN_S) say("locking");
    else say(idle >= times.hideAfterS ? "hidden" : undefined);
    cancel = clock.after(POLL_MS, poll);
  };
  let cancel = clock.after(POLL_MS, poll);
  monitor.on("lock-screen", lock);
  monitor.on("suspend", lock);
  return {
    touch() {
      const wasIdle = said !== undefined;
      touchedMs = clock.elapsedMs();
      say(undefined);
      return wasIdle;
    },
    stop() {
      cancel();
      monitor.removeListener("lock-screen", lock);
      monitor.removeListener("suspend", lock);
    },
  };
}
