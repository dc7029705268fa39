import { partNamed } from "./scripts/mutation-parts.mjs";

const { name, mutate } = partNamed();

/** Read by `npm run test:mutation`. */
export default {
  plugins: ["@stryker-mutator/vitest-runner"],
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutation.config.ts", related: false },
  mutate: [...mutate],
  ignorePatterns: ["/out", "/dist", "/demo", "/electron", "/renderer", "/test-results", "/bench-results", "/docs"],
  coverageAnalysis: "perTest",
  // What runs once, on import, cannot be changed for one test alone: a run for each would take hours.
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: `test-results/mutation/${name}.incremental.json`,
  tempDirName: "test-results/mutation/sandbox",
  reporters: ["clear-text", "progress-append-only", "json"],
  jsonReporter: { fileName: `test-results/mutation/${name}.json` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: true },
};
