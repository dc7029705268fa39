import { hasMoved, judge, readiness } from "./guard.ts";
import type { GuardFacts, GuardVerdict, Place, Press, Readiness } from "./guard.ts";

const SAMPLE_MS = 100;

export interface GuardedElement {
  /** Does this click count? */
  readonly judge: (click: MouseEvent) => GuardVerdict;
  /** For a key that stands for the control. */
  readonly readiness: () => Readiness;
  readonly release: () => void;
}

interface VisibilityInit extends IntersectionObserverInit {
  /** IntersectionObserver v2 (Chromium): is the element drawn and not covered? */
  readonly trackVisibility: boolean;
  readonly delay: number;
}

/**
 * SECURITY: a signing control acts only on an activation a person meant: shown, focused, still and uncovered for the
 * tier's time, trusted, single, not held down, pressed after arming (approval-experience.md 6). Another program's overlay
 * cannot be seen from here. `onChange` gets what to say of it, each time that is looked at.
 */
export function guardElement(
  element: HTMLElement,
  armMs: number,
  onChange: (readiness: Readiness) => void,
): GuardedElement {
  const gone = new AbortController();
  const { signal } = gone;
  let press: Press | undefined;
  let facts: GuardFacts = { armMs, shownSinceMs: undefined, movedAtMs: undefined, isCovered: false };

  const note = (change: Partial<GuardFacts>): void => {
    facts = { ...facts, ...change };
    onChange(readiness(facts, performance.now()));
  };
  const rearm = (): void => {
    const isShown = document.visibilityState === "visible" && document.hasFocus();
    note({ shownSinceMs: isShown ? performance.now() : undefined });
  };

  for (const name of ["focus", "blur", "resize", "pageshow"]) window.addEventListener(name, rearm, { signal });
  document.addEventListener("visibilitychange", rearm, { signal });
  element.addEventListener(
    "pointerdown",
    () => {
      press = { atMs: performance.now(), isRepeat: false };
    },
    { signal },
  );
  element.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      if (event.repeat) event.preventDefault();
      press = { atMs: performance.now(), isRepeat: event.repeat };
    },
    { signal },
  );
  const stopSampling = samplePlace(element, rearm, (hasJustMoved) =>
    note(hasJustMoved ? { movedAtMs: performance.now() } : {}),
  );
  const stopObserving = observeCover(element, (isCovered) => {
    // Un-occlusion re-arms as well: what was covered a moment ago was not read.
    if (facts.isCovered && !isCovered) rearm();
    note({ isCovered });
  });
  rearm();

  return {
    judge: (click) => {
      const { isTrusted, detail } = click;
      const verdict = judge(facts, { atMs: performance.now(), isTrusted, detail, press });
      press = undefined;
      return verdict;
    },
    readiness: () => readiness(facts, performance.now()),
    release: () => {
      gone.abort();
      stopSampling();
      stopObserving();
    },
  };
}

/** Looks ten times a second where the control is, on the page and with its window on the screens. */
function samplePlace(
  element: HTMLElement,
  onWindowMoved: () => void,
  onTick: (hasJustMoved: boolean) => void,
): () => void {
  let before: Place | undefined;
  let windowBefore: Place | undefined;
  const timer = setInterval(() => {
    const { x, y } = element.getBoundingClientRect();
    const windowPlace = { x: window.screenX, y: window.screenY };
    if (hasMoved(windowBefore, windowPlace)) onWindowMoved();
    onTick(hasMoved(before, { x, y }));
    before = { x, y };
    windowBefore = windowPlace;
  }, SAMPLE_MS);
  return () => clearInterval(timer);
}

function observeCover(element: HTMLElement, onChange: (isCovered: boolean) => void): () => void {
  const init: VisibilityInit = { threshold: [0, 1], trackVisibility: true, delay: 100 };
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) onChange("isVisible" in entry && entry.isVisible === false);
  }, init);
  observer.observe(element);
  return () => observer.disconnect();
}
