import { stat } from "node:fs";

import { describe, expect, it } from "vitest";

import { systemClock } from "../../electron/clock.ts";

/** Runs in a turn of its own, after which the platform has a fixed order: what is due at once, then timers. */
const inTurn = async (fn: () => void): Promise<void> =>
  await new Promise((resolve) => {
    stat(import.meta.dirname, () => {
      fn();
      setTimeout(resolve, 5);
    });
  });

describe("the clock of this computer", () => {
  it("waits for no millisecond where there is nothing to wait for, but for the end of the turn", async () => {
    const said: string[] = [];
    await inTurn(() => {
      setTimeout(() => said.push("a timer"), 0);
      systemClock().after(0, () => said.push("at once"));
      systemClock().after(-1, () => said.push("what was due before"));
      said.push("the turn");
    });
    expect(said).toEqual(["the turn", "at once", "what was due before", "a timer"]);
  });

  it("does nothing of what was cancelled, at once or later", async () => {
    const said: string[] = [];
    await inTurn(() => {
      systemClock().after(0, () => said.push("at once"))();
      systemClock().after(1, () => said.push("later"))();
    });
    expect(said).toEqual([]);
  });
});
