import { useEffect, useRef } from "react";

import type { ReadingShort } from "#shared/ipc/contract.ts";

import { useAnnounce } from "../ui/live-regions.tsx";
import { words } from "../words/en-gb.ts";

/**
 * What the reading still misses, as main counts it, in words. Undefined where nothing is missing, and where the guard of
 * Approve says the same: it waits for at least as long.
 * @param leastMs what policy asks for
 * @param armMs how long the guard waits
 */
export function shortReading(short: ReadingShort | undefined, leastMs: number, armMs: number): string | undefined {
  const said = words.review.reading;
  if (short === undefined) return undefined;
  if (!short.counts) return said.away;
  if (short.was_away) return said.wasAway(short.left_s);
  return leastMs > armMs ? said.more(short.left_s) : undefined;
}

/**
 * The same, and tells who hears the screen that time did not count, once they are back, and when it was read for long
 * enough after all; nothing in between.
 */
export function useShortReading(
  short: ReadingShort | undefined,
  leastMs: number,
  armMs: number,
): ReturnType<typeof shortReading> {
  const announce = useAnnounce();
  const wasTold = useRef(false);
  const latest = useRef(short);
  useEffect(() => {
    latest.current = short;
  });
  const isBackTooSoon = short?.counts === true && short.was_away;
  const isEnough = short === undefined;
  useEffect(() => {
    if (isBackTooSoon && latest.current !== undefined) {
      announce.polite(words.review.reading.wasAway(latest.current.left_s));
      wasTold.current = true;
    } else if (isEnough && wasTold.current) {
      announce.polite(words.review.reading.enough);
      wasTold.current = false;
    }
  }, [announce, isBackTooSoon, isEnough]);
  return shortReading(short, leastMs, armMs);
}
