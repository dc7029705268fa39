import type { CommandInput, Settings } from "#shared/ipc/contract.ts";

import type { Command } from "../keys/map.ts";
import { palette as text } from "../words/en-gb/palette.ts";

/**
 * What the palette can run: going to a screen, finding, how things look, locking and help. SECURITY: a list of what it may,
 * so that a command that decides can never come into it (approval-experience.md P6; AC20).
 */
export type PaletteCommand = Extract<
  Command,
  "go_queue" | "go_history" | "go_insights" | "go_settings" | "search" | "lock" | "help"
>;

export interface Entry {
  readonly id: string;
  readonly label: string;
  /** The key that does the same. */
  readonly key?: string;
  readonly run:
    | { readonly kind: "command"; readonly command: PaletteCommand }
    | { readonly kind: "settings"; readonly change: CommandInput<"set_settings"> };
}

const command = (name: PaletteCommand, label: string, key: string): Entry => ({
  ...{ id: name, label, key },
  run: { kind: "command", command: name },
});

const SIZES = [100, 125, 150, 175, 200] as const;
const THEMES = ["system", "light", "dark", "high-contrast"] as const;

/**
 * Everything the palette offers, as things stand: a setting is offered only where it would change something, and never one
 * that the organisation has set.
 */
export const entriesOf = (settings: Settings): readonly Entry[] =>
  allEntries(settings).filter(
    ({ run }) => !settings.managed.some((name) => run.kind === "settings" && name in run.change),
  );

function allEntries(settings: Settings): readonly Entry[] {
  const change = (id: string, label: string, input: CommandInput<"set_settings">): Entry => ({
    ...{ id, label },
    run: { kind: "settings", change: input },
  });
  const at = SIZES.findIndex((size) => size === settings.text_size);
  const [larger, smaller] = [SIZES[at + 1], at > 0 ? SIZES[at - 1] : undefined];
  return [
    command("go_queue", text.queue, "g q"),
    command("search", text.search, "/"),
    command("go_history", text.history, "g h"),
    command("go_insights", text.insights, "g i"),
    command("go_settings", text.settings, "g s"),
    command("lock", text.lock, "Ctrl+L"),
    command("help", text.help, "?"),
    ...(larger === undefined ? [] : [change("larger", text.larger(larger), { text_size: larger })]),
    ...(smaller === undefined ? [] : [change("smaller", text.smaller(smaller), { text_size: smaller })]),
    ...THEMES.filter((theme) => theme !== settings.theme).map((theme) =>
      change(`theme-${theme}`, text.themes[theme], { theme }),
    ),
    settings.density === "compact"
      ? change("density", text.comfortable, { density: "comfortable" })
      : change("density", text.compact, { density: "compact" }),
    settings.single_keys
      ? change("single-keys", text.singleKeysOff, { single_keys: false })
      : change("single-keys", text.singleKeysOn, { single_keys: true }),
  ];
}

/** Entries that hold every word typed, in their order; all of them for nothing typed. */
export function matching(entries: readonly Entry[], typed: string): readonly Entry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
}
