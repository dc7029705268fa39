import type { RequestKey } from "#shared/ipc/contract.ts";

import type { Attention } from "./attention.ts";
import type { Held } from "./held.ts";

/** Typed details may be wrong once; the second time the review starts again from the top (approval-experience.md S5). */
const MAX_MISMATCHES = 2;

/**
 * The one review on the screen: which bytes a person is looking at. A decision counts only while it is about exactly these
 * (README decision 8).
 */
export interface OpenReview {
  readonly key: RequestKey;
  readonly rev: number;
  readonly digest: string;
  /** Gateway seconds. */
  readonly openedAt: number;
}

export interface Screen {
  readonly shown: OpenReview | undefined;
  open(held: Held, now: number): void;
  close(): void;
  /** True while the person looks at exactly this revision. */
  shows(held: Held): boolean;
  /** True while this request is on the screen, in this revision or behind the notice that it changed. */
  isOn(key: RequestKey): boolean;
  /** The request on the screen became another one; only a new opening shows it. A moved deadline keeps what was read. */
  replaced(held: Held, deadlineOnly: boolean): void;
  /** @returns true when the review must start again */
  mismatch(): boolean;
}

export function makeScreen(attention: Attention): Screen {
  let shown: OpenReview | undefined;
  let mismatches = 0;
  let isStale = false;

  const isSame = (key: RequestKey): boolean => shown?.key.iss === key.iss && shown.key.rid === key.rid;
  const close = (): void => {
    shown = undefined;
    isStale = false;
    mismatches = 0;
    attention.close();
  };

  return {
    get shown() {
      return shown;
    },
    open(held, now) {
      const { key, revision } = held;
      shown = { key, rev: revision.rev, digest: revision.digest, openedAt: now };
      isStale = false;
      mismatches = 0;
      attention.open(revision.content().claims.policy.min_dwell_ms ?? 0);
    },
    close,
    shows: (held) => isSame(held.key) && !isStale && shown?.digest === held.revision.digest,
    isOn: isSame,
    replaced(held, deadlineOnly) {
      if (!shown || !isSame(held.key)) return;
      if (deadlineOnly && !isStale) {
        shown = { ...shown, rev: held.revision.rev, digest: held.revision.digest };
        return;
      }
      isStale = true;
      attention.close();
    },
    mismatch() {
      mismatches++;
      if (mismatches < MAX_MISMATCHES) return false;
      close();
      return true;
    },
  };
}
