import fc from "fast-check";
import { expect, it } from "vitest";

import { RateBucket } from "../../../gateway/transport/rate-bucket.ts";
import { Strikes } from "../../../gateway/transport/strikes.ts";

it("lets a burst through and then the rate", () => {
  const bucket = new RateBucket(20, 60, 0);
  const taken = (nowMs: number) => Array.from({ length: 100 }, () => bucket.take(nowMs)).filter(Boolean).length;
  expect(taken(0)).toBe(60);
  expect(taken(1000)).toBe(20);
  expect(taken(1049)).toBe(0);
  expect(taken(1050)).toBe(1);
  expect(taken(1_000_000)).toBe(60);
});

it("never lets more through than burst plus rate times time, whatever the clock does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -500, max: 2000 }), { maxLength: 300 }), (steps) => {
      const bucket = new RateBucket(20, 60, 0);
      let nowMs = 0;
      let latestMs = 0;
      let taken = 0;
      for (const step of steps) {
        nowMs += step;
        latestMs = Math.max(latestMs, nowMs);
        if (bucket.take(nowMs)) taken++;
      }
      expect(taken).toBeLessThanOrEqual(60 + (latestMs * 20) / 1000);
    }),
  );
});

it("is full again when nothing would be lost by forgetting it", () => {
  const bucket = new RateBucket(20, 60, 0);
  bucket.take(0);
  expect(bucket.full(0)).toBe(false);
  expect(bucket.full(49)).toBe(false);
  expect(bucket.full(50)).toBe(true);
});

it("counts faults within the window only, and for ever without one", () => {
  const recent = new Strikes(3, 1000);
  expect([recent.hit(0), recent.hit(1), recent.hit(1000)]).toEqual([false, false, false]);
  expect(recent.hit(1000)).toBe(true);
  const ever = new Strikes(3);
  expect([ever.hit(0), ever.hit(1e6), ever.hit(1e9)]).toEqual([false, false, true]);
});
