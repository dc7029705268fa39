import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { step } from "../../scripts/progress.mjs";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Runs a step of the given length and returns what it printed. */
async function printedBy(lengthMs: number, isTerminal: boolean, fail = false): Promise<string> {
  let printed = "";
  const work = step("Fetching", () => new Promise((resolve, reject) => setTimeout(fail ? reject : resolve, lengthMs)), {
    write: (text) => void (printed += text),
    isTerminal,
    nowMs: () => Date.now(),
  }).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(lengthMs);
  await work;
  return printed;
}

describe("progress", () => {
  test("a step that is over at once says nothing", async () => {
    expect(await printedBy(900, false)).toBe("");
  });
  test("a longer step says what it does, then how long it took", async () => {
    expect(await printedBy(2500, false)).toBe("… Fetching\n✓ Fetching (2.5 s)\n");
  });
  test("a very long step keeps saying that it is alive", async () => {
    expect(await printedBy(22_000, false)).toBe(
      "… Fetching\n… Fetching (11.0 s)\n… Fetching (21.0 s)\n✓ Fetching (22.0 s)\n",
    );
  });
  test("a terminal has one line, rewritten", async () => {
    const printed = await printedBy(2500, true);
    expect(printed.split("\n")).toHaveLength(2);
    expect(printed).toMatch(/✓ Fetching \(2\.5 s\)\n$/);
  });
  test("a step that fails claims no success", async () => {
    expect(await printedBy(2500, false, true)).not.toContain("✓");
  });
});
