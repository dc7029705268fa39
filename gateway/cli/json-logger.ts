import type { Clock } from "../ports.ts";
import type { LogFields, Logger } from "../transport/logger.ts";

const LEVELS = ["info", "warn", "error"] as const;

const isLevel = (word: string): boolean => LEVELS.some((level) => level === word);

/**
 * One JSON object a line. `least` is the lowest level that is written. A word that is none is taken for `info`, which
 * leaves nothing out, and the first line says so: whoever set it believes that something else is written.
 */
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
  const logger = { info: at("info"), warn: at("warn"), error: at("error") };
  if (!isLevel(least)) logger.warn("log.level", { taken: "info", known: LEVELS.join(" ") });
  return logger;
}
