import { availableParallelism } from "node:os";
import process from "node:process";

import { defineConfig } from "vitest/config";

const NEEDS_MORE_THAN_ONE_PROCESS = ["test/integration/**", "test/blackbox/**", "test/packaging/**"];
const FAULTS = ["test/faults/**"];
const LONG = ["test/long/**", "**/*.long.test.ts"];
const OTHER_RUNNERS = ["test/e2e/**", "test/bench/**", "**/node_modules/**"];

export default defineConfig({
  test: {
    passWithNoTests: true,
    // Only what hangs should meet a limit: a test that passes in a second may need many on a machine that does much else.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // As in playwright.config.ts: what passes at the second try stops nobody's change, and is named at the end of the run.
    retry: process.env["CI"] === undefined ? 0 : 1,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: [...NEEDS_MORE_THAN_ONE_PROCESS, ...FAULTS, ...LONG, ...OTHER_RUNNERS],
          // Modules are read once for many files and not for each: half of the time. A test has nothing of another's to
          // meet, because nothing runs on import, and clocks, folders and sockets are arguments.
          isolate: false,
          // Also on two cores; what starts processes and windows comes after, one file at a time.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: NEEDS_MORE_THAN_ONE_PROCESS.map((folder) => `${folder}/*.test.ts`),
          exclude: [...LONG, ...OTHER_RUNNERS],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "faults",
          include: ["test/faults/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "long",
          include: ["test/long/**/*.test.ts", "test/**/*.long.test.ts"],
          exclude: OTHER_RUNNERS,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
