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
  flakesOfVitest,
  sumOf,
  whyFailed,
} from "./test-counts.mjs";

/** @typedef {"vitest" | "playwright"} Runner */
/** @typedef {{ name: string, runner: Runner, args: readonly string[] }} Lane `name`: of its report in test-results/ */

const GALLERY = lane("gallery", "playwright", "--project=gallery");
const SCREENS = lane("screens", "playwright", "--project=screens");

/**
 * Tracks that run beside each other, each one lane after the other: the screens, which mostly wait for their gateways, beside
 * what mostly computes, and then whatever is left of them beside the gallery.
 * @type {Record<string, readonly (readonly Lane[])[]>}
 */
const SUITES = {
  all: [[lane("vitest", "vitest", "--project=unit", "--project=integration"), GALLERY], [SCREENS]],
  e2e: [[SCREENS, GALLERY]],
  faults: [[lane("vitest", "vitest", "--project=faults"), lane("faults", "playwright", "--project=faults")]],
  long: [[lane("vitest", "vitest", "--project=long"), lane("long", "playwright", "--project=long")]],
};

const RUNNERS = {
  vitest: {
    counts: countsOfVitest,
    failures: failuresOfVitest,
    flakes: flakesOfVitest,
    command: [tool("vitest/vitest.mjs"), "run", "--reporter=default", "--reporter=json"],
    /** @type {(report: string) => { args: string[], env: NodeJS.ProcessEnv }} */
    reportTo: (report) => ({
      args: [`--outputFile.json=${report}`],
      // Hundreds of processes of the same code: each starts twice as fast from compiled code. Keyed by content, so never stale.
      env: { NODE_COMPILE_CACHE: inRoot("node_modules/.cache/countersign-commands") },
    }),
  },
  playwright: {
    counts: countsOfPlaywright,
    failures: failuresOfPlaywright,
    flakes: flakesOfPlaywright,
    command: [tool("@playwright/test/cli.js"), "test", "--pass-with-no-tests"],
    /** @type {(report: string) => { args: string[], env: NodeJS.ProcessEnv }} */
    reportTo: (report) => ({
      // A run empties the folder that it writes to.
      args: [`--output=${report.replace(/\.json$/u, "")}`],
      env: { PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    }),
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

  // On a display that somebody looks at, windows would take each other's focus.
  const tracks = ownDisplay ? suite : [suite.flat()];
  /** @type {Awaited<ReturnType<typeof runLane>>[]} */
  const results = [];
  await Promise.all(
    tracks.map(async (lanes, n) => {
      for (const one of lanes) results.push(await runLane(one, rest, { ownDisplay, isShown: n === 0 }));
    }),
  );
  const closing = Object.keys(RUNNERS).flatMap((runner) => {
    const counts = results.filter((one) => one.runner === runner).map((one) => one.counts);
    return counts.length === 0 ? [] : [closingLine(runner, sumOf(counts))];
  });
  process.stdout.write(`\n${[...results.flatMap(({ failures }) => failures), ...closing].join("\n")}\n`);
  return results.some(({ hasFailed }) => hasFailed) ? 1 : 0;
});

/**
 * @param {string} name
 * @param {Runner} runner
 * @param {readonly string[]} args
 * @returns {Lane}
 */
function lane(name, runner, ...args) {
  return { name, runner, args };
}

/**
 * Runs one lane to its end, on a display of its own where there is none to be seen.
 * @param {Lane} lane
 * @param {readonly string[]} rest more arguments for its runner
 * @param {{ ownDisplay: boolean, isShown: boolean }} how what is not shown as it comes is shown when it ended
 */
async function runLane({ name, runner, args }, rest, { ownDisplay, isShown }) {
  const { command, counts, failures: failuresOf, flakes: flakesOf, reportTo } = RUNNERS[runner];
  const file = inRoot(`test-results/${name}.json`);
  rmSync(file, { force: true });
  const to = reportTo(file);
  const display = ownDisplay ? await startVirtualDisplay() : { env: process.env, stop: () => undefined };
  try {
    const { status, output } = await run(PINNED_NODE, [...command, ...args, ...to.args, ...rest], {
      env: { ...withPinnedNode(display.env), ...to.env },
      show: isShown,
    });
    process.stdout.write(output);
    const report = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    const failed = report === undefined ? [] : failuresOf(report);
    const names = whyFailed(runner, { status, hasReport: report !== undefined, failed });
    const flakes = report === undefined ? [] : flakesOf(report);
    return {
      runner,
      hasFailed: names.length > 0,
      counts: report === undefined ? undefined : counts(report),
      failures: [...names.map((line) => `failed: ${line}`), ...flakes.map((line) => `flaky: ${line}`)],
    };
  } finally {
    display.stop();
  }
}
