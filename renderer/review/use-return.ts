import { useEffect, useRef, useState } from "react";

import { useClock } from "../state/clock.ts";

const AWAY_MS = 3 * 60_000;

/**
 * How long the person was away from this window, in milliseconds, after they came back; undefined before and once
 * `clear` was called. Reading starts again from the patient (finding 8, S8 RETURNED).
 */
export function useReturn(onReturn: () => void): { readonly awayMs: number | undefined } {
  const clock = useClock();
  const [awayMs, setAwayMs] = useState<number>();
  const latest = useRef(onReturn);
  useEffect(() => {
    latest.current = onReturn;
  });
  useEffect(() => {
    let leftAt: number | undefined;
    const look = (): void => {
      const isHere = document.visibilityState === "visible" && document.hasFocus();
      if (!isHere) {
        leftAt ??= clock.nowMs();
        return;
      }
      const away = leftAt === undefined ? 0 : clock.nowMs() - leftAt;
      leftAt = undefined;
      if (away < AWAY_MS) return;
      setAwayMs(away);
      latest.current();
    };
    window.addEventListener("blur", look);
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.removeEventListener("blur", look);
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [clock]);
  return { awayMs };
}
