import { expect, it } from "vitest";

import { sayEvery, sayWhenLong } from "../../gateway/say-every.ts";
import { makeManualClock } from "./manual-clock.ts";

/** How far something is, for whoever waits for it. */

it("says the first time, the last, and every two seconds between", () => {
  const clock = makeManualClock();
  const said: number[] = [];
  const tell = sayEvery(clock, (done) => said.push(done));
  for (const done of [1, 2, 3, 4, 5]) {
    tell(done, 5);
    clock.advance(1000);
  }
  expect(said).toEqual([1, 3, 5]);
});

it("says nothing of what is done within two seconds, and of what takes longer every two seconds", () => {
  const clock = makeManualClock();
  const said: number[] = [];
  const tell = sayWhenLong(clock, (done: number) => said.push(done));
  for (const done of [1, 2, 3, 4, 5, 6]) {
    tell(done);
    clock.advance(1000);
  }
  expect(said).toEqual([3, 5]);
});
