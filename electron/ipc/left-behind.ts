import type { DenialDraft, LeftReview, LockNotice, RequestKey } from "#shared/ipc/contract.ts";

import type { Clock } from "../clock.ts";

/** How long the same person finds a draft again after a lock (approval-experience.md 6). */
const DRAFT_MS = 5 * 60_000;

interface Kept {
  readonly key: RequestKey;
  readonly draft: DenialDraft;
}

/** What a person had open, and what they were writing, when the app was locked. */
export interface LeftBehind {
  /** The denial that the person at work is writing; undefined when they have put it away. */
  keep(draft: Kept | undefined): void;
  /** The app is locked: only what belongs to the request that was open stays, for the one who had it open. */
  lock(sub: string, reading: RequestKey | undefined, notice: LockNotice | undefined): void;
  /** The page that showed a request is gone, the person is not: its next one opens it again, with what was written. */
  reopen(reading: RequestKey, notice: LockNotice): LeftReview;
  /** What this person finds again, once. Whoever comes, nothing is left afterwards. */
  take(sub: string): LeftReview | undefined;
}

/**
 * SECURITY: drafts are in this process's memory alone: never on the disk, never in what a locked page is told, and
 * forgotten after five minutes or when somebody else signs in (AC17).
 */
export function makeLeftBehind(clock: Clock): LeftBehind {
  let writing: Kept | undefined;
  let left: { readonly sub: string; readonly review: LeftReview } | undefined;
  let draft: DenialDraft | undefined;
  let since = { wallMs: 0, elapsedMs: 0 };
  let cancel: (() => void) | undefined;

  const forgetDraft = (): void => {
    cancel?.();
    cancel = undefined;
    draft = undefined;
  };
  /** A timer may sleep with the computer: both clocks have to agree that the time has not passed. */
  const isYoung = (): boolean =>
    clock.elapsedMs() - since.elapsedMs < DRAFT_MS && Math.abs(clock.nowMs() - since.wallMs) < DRAFT_MS;

  const isWriting = ({ iss, rid }: RequestKey): boolean => writing?.key.iss === iss && writing.key.rid === rid;

  return {
    keep(next) {
      writing = next;
    },
    lock(sub, reading, notice) {
      forgetDraft();
      left = reading && notice && { sub, review: { ...notice, why: "lock", key: reading } };
      if (left !== undefined && isWriting(left.review.key) && !left.review.sent) {
        draft = writing?.draft;
        since = { wallMs: clock.nowMs(), elapsedMs: clock.elapsedMs() };
        cancel = clock.after(DRAFT_MS, forgetDraft);
      }
      writing = undefined;
    },
    reopen(key, notice) {
      const kept = isWriting(key) && !notice.sent ? writing?.draft : undefined;
      return { ...notice, why: "page", key, ...(kept === undefined ? {} : { draft: kept }) };
    },
    take(sub) {
      const was = left;
      const kept = isYoung() ? draft : undefined;
      left = undefined;
      forgetDraft();
      if (was?.sub !== sub) return undefined;
      return kept === undefined ? was.review : { ...was.review, draft: kept };
    },
  };
}
