import { expect, test } from "vitest";

import { countdown, remaining } from "../../renderer/time/remaining.ts";

test.each([
  [-5, "now"],
  [0, "now"],
  [1, "1 s"],
  [59, "59 s"],
  [60, "1 min"],
  [119, "1 min"],
  [3599, "59 min"],
  [3600, "1 h"],
  [12_480, "3 h 28 min"],
  [172_800, "2 days"],
])("%i s left is said as %j: whole minutes, whole seconds only under one minute", (seconds, text) => {
  expect(remaining(seconds)).toBe(text);
});

test("a hold counts down in seconds and stops at zero", () => {
  expect([countdown(75), countdown(8), countdown(0), countdown(-3)]).toEqual(["1:15", "0:08", "0:00", "0:00"]);
});
