/**
 * When a key may act (approval-experience.md 9). Letters are inactive in inputs, with modifiers, during IME composition,
 * on repeat, and when switched off in Settings (WCAG 2.1.4). No key signs anything by itself.
 */
export interface KeyFacts {
  readonly isRepeat: boolean;
  readonly isComposing: boolean;
  /** The focus is where a person types text. */
  readonly isTyping: boolean;
  readonly hasModifier: boolean;
}

/** Single characters obey the setting; arrows, named keys (Esc, F6) and chords (Ctrl+L) do not. */
export type KeyClass = "single" | "arrow" | "named" | "chord";

export type Gate = "act" | "ignore" | "switched_off";

export function mayAct(kind: KeyClass, facts: KeyFacts, areSingleKeysOn: boolean): Gate {
  if (facts.isComposing) return "ignore";
  if (kind === "chord") return facts.isRepeat ? "ignore" : "act";
  if (kind === "named") return facts.hasModifier || facts.isRepeat ? "ignore" : "act";
  // Arrows move the caret in text and may be held down in a list.
  if (kind === "arrow") return facts.hasModifier || facts.isTyping ? "ignore" : "act";
  if (facts.isRepeat || facts.isTyping || facts.hasModifier) return "ignore";
  return areSingleKeysOn ? "act" : "switched_off";
}

const TEXT_INPUTS: ReadonlySet<string> = new Set([
  "text",
  "password",
  "search",
  "number",
  "tel",
  "email",
  "url",
  "date",
]);

/** Is this where a person types? Ticks and radio buttons are not. */
export function isTypingTarget(target: {
  readonly tagName: string;
  readonly type?: string | undefined;
  readonly isContentEditable?: boolean | undefined;
}): boolean {
  const name = target.tagName.toUpperCase();
  if (name === "TEXTAREA" || name === "SELECT" || target.isContentEditable === true) return true;
  return name === "INPUT" && TEXT_INPUTS.has(target.type ?? "text");
}
