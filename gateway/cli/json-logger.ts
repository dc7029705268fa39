import type { Clock } from "../ports.ts";
import type { LogFields, Logger } from "../transport/logger.ts";

const LEVELS = ["info", "warn", "error"] as const;

/** One JSON object a line. `least` is the lowest level that is written; anything unknown means `info`. */
export function jsonLogger(write: (line: string) => void, clock: Clock, least = "info"): Logger {
  const from = Math.max(
    0,
    LEVELS.findIndex((level) => level === least),
  );
  const at =
    (level: (typeof LEVELS)[number]) =>
    (event: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(level) < from) return;
      const head = { ts: new Date(clock.nowMs()).toISOString(), level, event };
      // First for the reader, last so that no field takes their place.
      write(JSON.stringify({ ...head, ...fields, ...head }));
    };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
