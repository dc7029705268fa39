import { inLanguage } from "../language.ts";

/** The palette (approval-experience.md 9): places, settings, lock and help. Nothing in it decides. */
export const palette = inLanguage({
  title: "Go to or change",
  input: "Type a place or a setting",
  never: "Nothing here approves or denies.",
  none: "Nothing here has these words.",
  found: (count: number): string => (count === 1 ? "1 entry" : `${String(count)} entries`),
  close: "Close",
  queue: "Go to the queue",
  search: "Search the queue",
  history: "Go to history",
  insights: "Go to insights",
  settings: "Go to settings",
  lock: "Lock",
  help: "List of keys",
  larger: (size: number): string => `Larger text, ${String(size)} %`,
  smaller: (size: number): string => `Smaller text, ${String(size)} %`,
  themes: {
    system: "Theme as the system has it",
    light: "Light theme",
    dark: "Dark theme",
    "high-contrast": "High-contrast theme",
  },
  compact: "Compact rows",
  comfortable: "Comfortable rows",
  singleKeysOff: "Single-key shortcuts off",
  singleKeysOn: "Single-key shortcuts on",
} as const);
