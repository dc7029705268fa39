import { SILENT, speak } from "./announcer.ts";

/** Speaks one sentence of the app's own catalogue. Never claim text (approval-experience.md 3.2(6), 10.7). */
export interface Announce {
  readonly polite: (sentence: string) => void;
  /** Arrivals: at most once per ten seconds; a newer sentence replaces the one that waits. */
  readonly batch: (sentence: string) => void;
  readonly assertive: (sentence: string) => void;
}

interface Outlets {
  readonly nowMs: () => number;
  readonly polite: (sentence: string) => void;
  readonly assertive: (sentence: string) => void;
}

export function makeSpeaker({ nowMs, polite, assertive }: Outlets): Announce & { readonly stop: () => void } {
  let state = SILENT;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const say = (sentence: string, kind: "batch" | "polite" | "assertive"): void => {
    const verdict = speak(state, sentence, kind, nowMs());
    if (verdict.kind === "speak") {
      state = verdict.after;
      if (kind === "assertive") assertive(sentence);
      else polite(sentence);
    } else if (verdict.kind === "wait") {
      clearTimeout(waiting);
      waiting = setTimeout(() => say(sentence, kind), verdict.ms);
    }
  };
  return {
    polite: (sentence) => say(sentence, "polite"),
    batch: (sentence) => say(sentence, "batch"),
    assertive: (sentence) => say(sentence, "assertive"),
    stop: () => clearTimeout(waiting),
  };
}
