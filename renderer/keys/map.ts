import type { KeyClass } from "./gating.ts";

/** Everything a key can ask for. None of these signs: `sign` does not exist here (P6, AC20). */
export type Command =
  | "next"
  | "previous"
  | "first"
  | "last"
  | "page_down"
  | "page_up"
  | "escape"
  | "deny"
  | "approve"
  | "claims"
  | "raw"
  | "next_change"
  | "previous_change"
  | "forward"
  | "more_time"
  | "next_request"
  | "revoke"
  | "search"
  | "go_queue"
  | "go_history"
  | "go_insights"
  | "go_settings"
  | "lock"
  | "palette"
  | "help"
  | "next_region"
  | "previous_region"
  | `reason_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

export interface KeyBinding {
  /** As tinykeys spells it: `g q` is a sequence, `$mod` Ctrl or Cmd. */
  readonly keys: string;
  readonly command: Command;
  readonly kind: KeyClass;
}

const single = (keys: string, command: Command): KeyBinding => ({ keys, command, kind: "single" });
const arrow = (keys: string, command: Command): KeyBinding => ({ keys, command, kind: "arrow" });
const named = (keys: string, command: Command): KeyBinding => ({ keys, command, kind: "named" });

/** The keyboard map of approval-experience.md 9. Shift is free on single keys: uppercase equals lowercase. */
export const KEY_MAP: readonly KeyBinding[] = [
  single("j", "next"),
  single("k", "previous"),
  arrow("ArrowDown", "next"),
  arrow("ArrowUp", "previous"),
  arrow("Home", "first"),
  arrow("End", "last"),
  arrow("PageDown", "page_down"),
  arrow("PageUp", "page_up"),
  named("Escape", "escape"),
  single("d", "deny"),
  single("a", "approve"),
  single("e", "claims"),
  single("r", "raw"),
  single("]", "next_change"),
  single("[", "previous_change"),
  single("f", "forward"),
  single("m", "more_time"),
  single("n", "next_request"),
  single("z", "revoke"),
  single("/", "search"),
  single("g q", "go_queue"),
  single("g h", "go_history"),
  single("g i", "go_insights"),
  single("g s", "go_settings"),
  { keys: "$mod+l", command: "lock", kind: "chord" },
  { keys: "$mod+k", command: "palette", kind: "chord" },
  single("?", "help"),
  named("F6", "next_region"),
  { keys: "Shift+F6", command: "previous_region", kind: "chord" },
  single("1", "reason_1"),
  single("2", "reason_2"),
  single("3", "reason_3"),
  single("4", "reason_4"),
  single("5", "reason_5"),
  single("6", "reason_6"),
  single("7", "reason_7"),
  single("8", "reason_8"),
  single("9", "reason_9"),
];

/** The binding as tinykeys reads it: Shift is optional on every press of a single-key binding. */
export function pattern(binding: KeyBinding): string {
  if (binding.kind !== "single") return binding.keys;
  return binding.keys
    .split(" ")
    .map((press) => `[Shift]+${press}`)
    .join(" ");
}
