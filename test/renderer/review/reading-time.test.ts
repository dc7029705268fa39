import { expect, it } from "vitest";

import { shortReading } from "../../../renderer/review/reading-time.ts";

const SHORT = { left_s: 4, counts: true, was_away: false } as const;

it("nothing is said where nothing is missing", () => {
  expect(shortReading(undefined, 20_000, 500)).toBeUndefined();
});

it("what the guard of Approve waits for anyway is not said twice", () => {
  expect(shortReading(SHORT, 500, 500)).toBeUndefined();
  expect(shortReading(SHORT, 5_000, 2_500)).toBe("Read for 4 s more.");
});

it("time that did not count is said before anybody presses, while it is lost and once they are back", () => {
  expect(shortReading({ ...SHORT, counts: false, was_away: true }, 500, 500)).toMatch(/is not counted while/);
  expect(shortReading({ ...SHORT, was_away: true }, 500, 500)).toBe(
    "Not counted while this window was in the background: read for 4 s more.",
  );
});
