import { describe, expect, it } from "vitest";

import type { Directory } from "../../../gateway/directory/directory.ts";
import { makeWaitingRoom } from "../../../gateway/directory/waiting.ts";
import { makeManualClock } from "../manual-clock.ts";

const LOOK_MS = 500;

/** A directory where the second person confirms, in another process, right after the gateway has looked what changed. */
function arrange({ isFull = false } = {}) {
  const at = { isConfirmed: false, isInLog: false, isFull };
  const told: boolean[] = [];
  const faults: unknown[] = [];
  const view = {
    deliver(): void {
      if (at.isConfirmed && at.isFull) throw new Error("no room");
      at.isInLog = at.isConfirmed;
      at.isConfirmed = true;
    },
  };
  const desk = { state: () => ({ kind: at.isConfirmed ? "done" : "pending" }) };
  const clock = makeManualClock();
  const room = makeWaitingRoom({ view, desk } as unknown as Directory, clock, (error) => faults.push(error));
  room.onSettled("ticket", () => told.push(at.isInLog));
  return { at, told, faults, clock, close: () => room.close() };
}

describe("who waits for the second person", () => {
  it("is told that the key counts when it is in the log, also where it was confirmed while the gateway looked", () => {
    const t = arrange();
    t.clock.advance(LOOK_MS);
    expect(t.told).toEqual([true]);
    t.clock.advance(LOOK_MS);
    expect([t.told, t.faults]).toEqual([[true], []]);
    t.close();
  });

  it("is not told while there is no room for it in the log, and is at the first look after that", () => {
    const t = arrange({ isFull: true });
    t.clock.advance(2 * LOOK_MS);
    expect(t.told).toEqual([]);
    expect(t.faults.length).toBeGreaterThan(0);
    t.at.isFull = false;
    t.clock.advance(LOOK_MS);
    expect(t.told).toEqual([true]);
    t.close();
  });
});
