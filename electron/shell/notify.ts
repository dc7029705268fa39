import { formatTimeToday } from "#shared/presentation/clinical/date.ts";

import type { Clock } from "../clock.ts";
import type { Notices } from "./notices.ts";
import type { AppTray } from "./tray.ts";

export interface Waiting {
  readonly count: number;
  /** Gateway seconds. */
  readonly firstExp?: number;
  /** Something came that is worth a notification: a routine request (tier 1) only counts. */
  readonly arrived: boolean;
}

export interface DesktopParts {
  readonly clock: Pick<Clock, "after">;
  readonly notices: Pick<Notices, "show" | "clear">;
  readonly tray: Pick<AppTray, "setWaiting" | "setPausedUntil">;
  readonly setBadge: (count: number) => void;
  readonly isFocused: () => boolean;
  readonly zone: () => string;
  readonly nowS: () => number;
}

/** What the desktop is told of what waits, and how a person puts that off. */
export interface Desktop {
  tell(waiting: Waiting): void;
  /** Takes the notification away and shows it again in ten minutes, if something waits then. */
  remindLater(): void;
  /** No notification for half an hour, or from now on again. The badge and the tray go on counting. */
  setPaused(isPaused: boolean): void;
}

const REMIND_S = 600;
const PAUSE_S = 1800;

/** Tells the desktop how many wait: counts and a time, nothing of any request (approval-experience.md 6). */
export function makeDesktop(parts: DesktopParts): Desktop {
  const { clock, notices, tray } = parts;
  let last: Waiting = { count: 0, arrived: false };
  let counted = -1;
  let cancelReminder: (() => void) | undefined;
  let cancelPause: (() => void) | undefined;

  const timeText = (at: number): string => formatTimeToday(at, parts.nowS(), parts.zone()).text;

  function notify(): void {
    const { count, firstExp } = last;
    if (count === 0 || firstExp === undefined || cancelPause !== undefined || parts.isFocused()) return;
    notices.show(count, timeText(firstExp));
  }

  function resume(): void {
    cancelPause?.();
    cancelPause = undefined;
    tray.setPausedUntil(undefined);
  }

  return {
    tell(waiting) {
      last = waiting;
      if (waiting.count !== counted) {
        counted = waiting.count;
        tray.setWaiting(counted);
        parts.setBadge(counted);
      }
      if (waiting.count === 0 || parts.isFocused()) notices.clear();
      else if (waiting.arrived) notify();
    },
    remindLater() {
      notices.clear();
      cancelReminder?.();
      cancelReminder = clock.after(REMIND_S * 1000, () => {
        cancelReminder = undefined;
        notify();
      });
    },
    setPaused(isPaused) {
      resume();
      if (!isPaused) return;
      notices.clear();
      cancelPause = clock.after(PAUSE_S * 1000, () => {
        resume();
        notify();
      });
      tray.setPausedUntil(timeText(parts.nowS() + PAUSE_S));
    },
  };
}
