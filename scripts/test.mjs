// npm test: sets up, builds, runs every test and ends with the runners' own counts.
//   node scripts/test.mjs [e2e | faults | long] [-- arguments for the runner]
import { existsSync, readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { buildApp } from "./build.mjs";
import { run, runMain } from "./command.mjs";
import { hasDisplay, startVirtualDisplay } from "./display.mjs";
import { inRoot, PINNED_NODE, tool } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { setUp } from "./setup.mjs";
import { withPinnedNode } from "./setup/packages.mjs";
import { hasProgram } from "./setup/system-parts.mjs";
import {
  closingLine,
  countsOfPlaywright,
  countsOfVitest,
  failuresOfPlaywright,
  failuresOfVitest,
  flakesOfPlaywright,
} from "./test-counts.mjs";

/** @typedef {"vitest" | "playwright"} Runner */

/** @type {Record<string, readonly { runner: Runner, args: readonly string[] }[]>} */
const SUITES = {
  all: [
    { runner: "vitest", args: ["--project", "unit", "--project", "integration"] },
    { runner: "playwright", args: ["--project=screens"] },
  ],
  e2e: [{ runner: "playwright", args: ["--project=screens"] }],
  faults: [
    { runner: "vitest", args: ["--project", "faults"] },
    { runner: "playwright", args: ["--project=faults"] },
  ],
  long: [
    { runner: "vitest", args: ["--project", "long"] },
    { runner: "playwright", args: ["--project=long"] },
  ],
};

const RUNNERS = {
  vitest: {
    results: inRoot("test-results/vitest.json"),
    counts: countsOfVitest,
    failures: failuresOfVitest,
    /** Vitest tries nothing again. @type {(json: string) => string[]} */
    flakes: () => [],
    command: [
      tool("vitest/vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      "--outputFile.json=test-results/vitest.json",
    ],
  },
  playwright: {
    results: inRoot("test-results/playwright.json"),
    counts: countsOfPlaywright,
    failures: failuresOfPlaywright,
    flakes: flakesOfPlaywright,
    command: [tool("@playwright/test/cli.js"), "test", "--pass-with-no-tests"],
  },
};

await runMain(async () => {
  const [name = "all", ...rest] = process.argv.slice(2).filter((argument) => argument !== "--");
  const suite = SUITES[name];
  if (suite === undefined)
    throw new ScriptError("E_USAGE", `There is no test suite "${name}": e2e, faults, long, or none for all.`);

  // On Linux the tests' windows go to a display of their own, so that they disturb nobody and nobody disturbs them.
  const ownDisplay = process.platform === "linux" && (hasProgram("Xvfb") || !hasDisplay(process.env));
  await setUp({ electron: true, virtualDisplay: ownDisplay });
  await buildApp("production");

  const display = ownDisplay ? await startVirtualDisplay() : { env: process.env, stop: () => undefined };
  /** @type {string[]} */
  const closing = [];
  /** @type {string[]} */
  const failures = [];
  let failed = false;
  try {
    for (const { runner, args } of suite) {
      const { command, results, counts, failures: failuresOf, flakes: flakesOf } = RUNNERS[runner];
      rmSync(results, { force: true });
      const { status } = await run(PINNED_NODE, [...command, ...args, ...rest], {
        env: withPinnedNode(display.env),
        show: true,
      });
      const report = existsSync(results) ? readFileSync(results, "utf8") : undefined;
      const names = report === undefined ? [] : failuresOf(report);
      if (status !== 0 && names.length === 0)
        names.push(
          `${runner} ended with ${status} and no failed test: its output says why (an unhandled error, mostly)`,
        );
      failed ||= status !== 0;
      failures.push(...names.map((line) => `failed: ${line}`));
      if (report !== undefined) failures.push(...flakesOf(report).map((line) => `flaky: ${line}`));
      closing.push(closingLine(runner, report === undefined ? undefined : counts(report)));
    }
  } finally {
    display.stop();
  }
  process.stdout.write(`\n${[...failures, ...closing].join("\n")}\n`);
  return failed ? 1 : 0;
});
