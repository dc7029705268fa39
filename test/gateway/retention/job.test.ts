import { expect, it } from "vitest";

import { watchClock } from "../../../gateway/clock-watch.ts";
import { retainDaily } from "../../../gateway/retention/job.ts";
import { whileTimeIsBelieved, type TimelyKeeper } from "../../../gateway/retention/timely.ts";
import { makeManualClock } from "../manual-clock.ts";

const DAY_MS = 24 * 3600 * 1000;

it("runs a minute after the start and then daily, batch by batch, and says counts alone; a fault is said and tried again", () => {
  const clock = makeManualClock();
  const said: unknown[] = [];
  const say = (event: string, fields?: object): void => void said.push([event, fields]);
  const asked: number[] = [];
  let isBroken = false;
  const keeper = {
    runBatch(after: number, isDry: boolean) {
      if (isBroken) throw new TypeError("Patient/104");
      expect(isDry).toBe(false);
      asked.push(after);
      return { erased: 2, held: 1, open: 0, ...(after === 0 ? { next: 7 } : {}) };
    },
  };
  const erased: number[] = [];
  const job = retainDaily(keeper, {
    ...{ clock, logger: { info: say, warn: say, error: say }, onErased: (keys) => void erased.push(keys) },
  });
  clock.advance(59_000);
  expect(asked).toEqual([]);
  clock.advance(2000);
  expect(asked).toEqual([0, 7]);
  expect(said).toEqual([["retention.done", { erased: 4, held: 2, open: 0 }]]);
  expect(erased).toEqual([2, 2]);
  isBroken = true;
  clock.advance(DAY_MS + 1000);
  expect(said.at(-1)).toEqual(["retention.fault", { error: "TypeError" }]);
  isBroken = false;
  clock.advance(DAY_MS + 1000);
  expect(asked).toEqual([0, 7, 0, 7]);
  job.close();
  clock.advance(3 * DAY_MS);
  expect(asked).toHaveLength(4);
});

it("erases nothing by its age while the clock was set ten years off, and does so again once it was set back", () => {
  const clock = makeManualClock();
  let setMs = 0;
  const wall = { nowMs: () => clock.nowMs() + setMs, after: (ms: number, fn: () => void) => clock.after(ms, fn) };
  const watch = watchClock(
    wall,
    () => clock.nowMs(),
    () => undefined,
  );
  const asked: number[] = [];
  const keeper = {
    erase: () => ({ keys: 1, entry: 5 }),
    runBatch: (after: number) => (asked.push(after), { erased: 0, held: 0, open: 0 }),
  };
  const said: unknown[] = [];
  const say = (event: string, fields?: object): void => void said.push([event, fields]);
  const careful = whileTimeIsBelieved(keeper as unknown as TimelyKeeper, () => watch.fault());
  const job = retainDaily(careful, { clock, logger: { info: say, warn: say, error: say } });
  setMs = 10 * 365.25 * DAY_MS;
  clock.advance(61_000);
  expect(said).toEqual([["retention.fault", { error: "E_CLOCK" }]]);
  expect(asked).toEqual([]);
  expect(careful.erase({ rid: "r" }, { order: "1", by: "dpo" }).keys).toBe(1);
  setMs = 0;
  clock.advance(DAY_MS);
  expect(asked).toEqual([0]);
  job.close();
  watch.close();
});
