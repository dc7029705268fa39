import { describe, expect, it } from "vitest";

import type { Settings } from "#shared/ipc/contract.ts";

import { SETTINGS } from "../../../renderer/bridge/fake/snapshot.ts";
import { entriesOf, matching } from "../../../renderer/palette/entries.ts";

const labels = (settings: Settings): readonly string[] => entriesOf(settings).map(({ label }) => label);

describe("the palette", () => {
  it("holds places, settings, lock and help, and no word of a decision (P6, AC20)", () => {
    expect(entriesOf(SETTINGS).flatMap(({ run }) => (run.kind === "command" ? [run.command] : []))).toEqual([
      "go_queue",
      "search",
      "go_history",
      "go_insights",
      "go_settings",
      "lock",
      "help",
    ]);
    for (const label of labels(SETTINGS)) expect(label).not.toMatch(/approv|sign|den[iy]|revoke|forward/i);
  });

  it("offers only what would change something", () => {
    expect(labels(SETTINGS)).not.toContain("Theme as the system has it");
    expect(labels(SETTINGS).filter((label) => label.endsWith("text, 125 %"))).toEqual(["Larger text, 125 %"]);
    expect(
      labels({ ...SETTINGS, text_size: 200, theme: "dark" }).filter((label) => /text,|theme/i.test(label)),
    ).toEqual(["Smaller text, 175 %", "Theme as the system has it", "Light theme", "High-contrast theme"]);
  });

  it("offers nothing that the organisation has set", () => {
    const managed = labels({ ...SETTINGS, managed: ["theme", "text_size"] });
    expect(managed.filter((label) => /text,|theme/i.test(label))).toEqual([]);
    expect(managed).toContain("Compact rows");
  });

  it("gives every entry a name of its own", () => {
    const ids = entriesOf({ ...SETTINGS, text_size: 150 }).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("finds entries by parts of their words, in any order and case", () => {
    const found = (typed: string) => matching(entriesOf(SETTINGS), typed).map(({ id }) => id);
    expect(found("HIST")).toEqual(["go_history"]);
    expect(found("theme dark")).toEqual(["theme-dark"]);
    expect(found("  ")).toHaveLength(entriesOf(SETTINGS).length);
    expect(found("approve")).toEqual([]);
  });
});
