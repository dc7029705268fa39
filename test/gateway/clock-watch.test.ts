import { expect, it } from "vitest";

import { watchClock } from "../../gateway/clock-watch.ts";

/** Two clocks that a test moves: one that anybody can set, and one that nobody can. */
function arrange() {
  const seen: [boolean, number][] = [];
  let [wall, elapsed] = [1_000_000, 0];
  let tick: () => void = () => undefined;
  const clock = {
    nowMs: () => wall,
    after(_delayMs: number, fn: () => void) {
      tick = fn;
      return () => {
        tick = () => undefined;
      };
    },
  };
  const watch = watchClock(
    clock,
    () => elapsed,
    (isWrong, offMs) => void seen.push([isWrong, offMs]),
  );
  return {
    seen,
    watch,
    pass(ms: number, wallMs = ms) {
      elapsed += ms;
      wall += wallMs;
      tick();
    },
    set: (ms: number) => (wall += ms),
  };
}

it.each([31_000, -31_000, 3_600_000])(
  "C3 a clock that is set off by %i ms is not believed, and is again once it is set back",
  (ms) => {
    const t = arrange();
    t.pass(1000);
    expect(t.watch.fault()).toBeUndefined();
    t.set(ms);
    // Asked before the next look: already known.
    expect(t.watch.fault()?.code).toBe("E_CLOCK");
    t.pass(1000);
    t.set(-ms);
    t.pass(1000);
    expect(t.watch.fault()).toBeUndefined();
    expect(t.seen).toEqual([
      [true, ms],
      [false, 0],
    ]);
  },
);

it("C3 small corrections are followed, and many of them are no jump", () => {
  const t = arrange();
  for (let i = 0; i < 1000; i++) t.pass(1000, 1200);
  expect([t.watch.fault(), t.seen]).toEqual([undefined, []]);
});

it("C3 steps of a second and more add up, so that a clock cannot be led away in small ones", () => {
  const t = arrange();
  for (let i = 0; i < 16; i++) t.pass(1000, 3000);
  expect(t.watch.fault()?.code).toBe("E_CLOCK");
});

it("looks no more once it is closed", () => {
  const t = arrange();
  t.watch.close();
  t.set(60_000);
  t.pass(1000);
  expect(t.seen).toEqual([]);
});
