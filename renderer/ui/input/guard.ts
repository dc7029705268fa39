/**
 * The rules by which an activation of a signing control counts (approval-experience.md 6, "Input guard"). Pure: the hook
 * gathers the facts. Times are milliseconds of one monotonic clock.
 */
export interface GuardFacts {
  /** How long the control must have been shown, focused and still before it acts. */
  readonly armMs: number;
  /** Since when the page is visible, the window focused and nothing re-armed the guard; absent while it is not. */
  readonly shownSinceMs: number | undefined;
  /** When the control last moved by more than `MOVED_PX`. */
  readonly movedAtMs: number | undefined;
  /** Something of the page lies over the control (IntersectionObserver v2). */
  readonly isCovered: boolean;
}

export interface Press {
  readonly atMs: number;
  readonly isRepeat: boolean;
}

export interface Activation {
  readonly atMs: number;
  readonly isTrusted: boolean;
  /** `MouseEvent.detail`: clicks in a row; 0 from the keyboard and from assistive technology. */
  readonly detail: number;
  /** The pointerdown or keydown that led to it; absent when assistive technology acted. */
  readonly press: Press | undefined;
}

export type GuardVerdict =
  | { readonly kind: "go" }
  | {
      readonly kind: "ignored";
      readonly why: "arming" | "synthetic" | "repeat" | "double" | "pressed_early" | "covered";
    };

/** Chromium's own numbers for moved frames (approval-experience.md, source 2). */
export const STILL_MS = 500;
export const MOVED_PX = 10;

/** When the control will act, or undefined while the page is hidden or the window is in the background. */
export function readyAtMs(facts: GuardFacts): number | undefined {
  if (facts.shownSinceMs === undefined) return undefined;
  const stillAt = facts.movedAtMs === undefined ? 0 : facts.movedAtMs + STILL_MS;
  return Math.max(facts.shownSinceMs + facts.armMs, stillAt);
}

/** What a person is told about the control before they press it. */
export type Readiness =
  | { readonly kind: "ready" }
  /** Whole seconds, at least 1. */
  | { readonly kind: "arming"; readonly secondsLeft: number }
  /** The page is hidden or the window in the background: it is not coming nearer. */
  | { readonly kind: "away" }
  | { readonly kind: "covered" };

/** Never "ready" where `judge` would ignore a press: a control that looks ready and does nothing teaches pressing twice. */
export function readiness(facts: GuardFacts, nowMs: number): Readiness {
  const readyAt = readyAtMs(facts);
  if (readyAt === undefined) return { kind: "away" };
  const leftMs = readyAt - nowMs;
  if (leftMs > 0) return { kind: "arming", secondsLeft: Math.max(1, Math.ceil(leftMs / 1000)) };
  return facts.isCovered ? { kind: "covered" } : { kind: "ready" };
}

/** Does this activation count? */
export function judge(facts: GuardFacts, activation: Activation): GuardVerdict {
  const readyAt = readyAtMs(facts);
  if (!activation.isTrusted) return { kind: "ignored", why: "synthetic" };
  if (activation.press?.isRepeat === true) return { kind: "ignored", why: "repeat" };
  if (activation.detail > 1) return { kind: "ignored", why: "double" };
  if (readyAt === undefined || activation.atMs < readyAt) return { kind: "ignored", why: "arming" };
  if (activation.press !== undefined && activation.press.atMs < readyAt)
    return { kind: "ignored", why: "pressed_early" };
  if (facts.isCovered) return { kind: "ignored", why: "covered" };
  return { kind: "go" };
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export function hasMoved(before: Place | undefined, now: Place): boolean {
  return before !== undefined && Math.hypot(now.x - before.x, now.y - before.y) > MOVED_PX;
}
