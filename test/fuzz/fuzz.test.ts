import { expect, it } from "vitest";

import { fuzz } from "./run-fuzz.ts";
import { TARGETS } from "./targets.ts";

/**
 * Twenty times the bar, which the long run holds. CPU time leaves out the waiting for a core but not a slower core: on a
 * busy machine the same work costs two to three times as much, and what hangs takes seconds.
 */
const HANGS_MS = 1_000;

it("no mutated input crashes a parser, a gate or a view, or makes it hang", () => {
  const { found, calls } = fuzz({ seconds: 20, seed: Date.now() % 2 ** 31, longestMs: HANGS_MS });
  expect(found).toEqual([]);
  expect(Object.keys(calls).sort()).toEqual(TARGETS.map(({ name }) => name).sort());
}, 120_000);
