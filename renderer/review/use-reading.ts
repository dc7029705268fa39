import { useState } from "react";

import type { ReviewData } from "#shared/ipc/contract.ts";

import { NO_CHOICES } from "./choices.ts";
import type { Choices } from "./choices.ts";
import { NOTHING_SEEN } from "./seen/progress.ts";
import type { Progress } from "./seen/progress.ts";

/** What the reader has done with one version of a request. */
export interface Reading {
  /** Digest and revision that are being read; another one has to be read from the top. */
  readonly digest: string;
  readonly rev: number;
  readonly progress: Progress;
  readonly choices: Choices;
  /** The gateway gave more time while it was read (protocol.md 3.20). */
  readonly hasNewDeadline: boolean;
}

export const startReading = ({ row }: ReviewData): Reading => ({
  digest: row.digest,
  rev: row.rev,
  progress: NOTHING_SEEN,
  choices: NO_CHOICES,
  hasNewDeadline: false,
});

/**
 * The reading after a revision arrived. A revision that changes the deadline alone, and follows the one being read, keeps
 * what was seen; any other leaves the reading at the old version.
 */
export function afterRevision(reading: Reading, review: ReviewData): Reading {
  const { row, claims } = review;
  const follows = claims.deadline_only === true && row.rev === reading.rev + 1;
  return row.digest !== reading.digest && follows
    ? { ...reading, digest: row.digest, rev: row.rev, hasNewDeadline: true }
    : reading;
}

export function useReading(review: ReviewData): {
  readonly reading: Reading;
  readonly change: (change: (reading: Reading) => Reading) => void;
  readonly startAgain: () => void;
} {
  const [held, setHeld] = useState(() => startReading(review));
  const reading = afterRevision(held, review);
  if (reading !== held) setHeld(reading);
  return { reading, change: setHeld, startAgain: () => setHeld(startReading(review)) };
}
