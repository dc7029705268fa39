import process from "node:process";
import { expect, it } from "vitest";

import { fuzz } from "./run-fuzz.ts";

/** The bar of one call, in milliseconds of CPU time. */
const LONGEST_MS = 50;
/** Ten minutes in `npm run test:long`; a seed of an earlier run repeats it. */
const seconds = Number(process.env["COUNTERSIGN_FUZZ_SECONDS"] ?? 600);
const seed = Number(process.env["COUNTERSIGN_FUZZ_SEED"] ?? Date.now() % 2 ** 31);

it(
  "as the short fuzz test, for long",
  () => {
    const { found, ...figures } = fuzz({ seconds, seed, longestMs: LONGEST_MS });
    process.stdout.write(`fuzz: ${JSON.stringify(figures)}\n`);
    expect(found).toEqual([]);
  },
  (seconds + 120) * 1000,
);
