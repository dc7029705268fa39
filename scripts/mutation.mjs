// npm run test:mutation [-- PART]: changes the code of one part, or of each, in small ways, one at a time; a change that
// no test notices survives and is listed. What is left and why: docs/testing.md.
import { mkdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { run, runMain } from "./command.mjs";
import { PARTS } from "./mutation-parts.mjs";
import { inRoot, PINNED_NODE, tool } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { setUp } from "./setup.mjs";
import { withPinnedNode } from "./setup/packages.mjs";

/** Least share of noticed changes, in per cent. */
const BAR = 90;

/** @param {string} name */
function scoreOf(name) {
  const file = inRoot("test-results/mutation", `${name}.json`);
  /** @type {unknown} */
  const json = JSON.parse(readFileSync(file, "utf8"));
  const report = /** @type {{ files: Record<string, { mutants: { status: string }[] }> }} */ (json);
  const all = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  /** @param {string[]} statuses */
  const count = (...statuses) => all.filter((status) => statuses.includes(status)).length;
  const noticed = count("Killed", "Timeout");
  const of = noticed + count("Survived", "NoCoverage");
  return { noticed, of, left: count("Ignored"), percent: of === 0 ? 100 : (100 * noticed) / of };
}

await runMain(async () => {
  const [asked] = process.argv.slice(2).filter((argument) => argument !== "--");
  const names = asked === undefined ? Object.keys(PARTS) : [asked];
  if (names.some((name) => !(name in PARTS)))
    throw new ScriptError("E_USAGE", `There is no part "${String(asked)}": ${Object.keys(PARTS).join(", ")}.`);
  await setUp({ electron: false });
  mkdirSync(inRoot("test-results/mutation"), { recursive: true });
  const closing = [];
  let held = true;
  for (const name of names) {
    const { status } = await run(
      PINNED_NODE,
      [tool("@stryker-mutator/core/bin/stryker.js"), "run", "stryker.config.js"],
      {
        env: { ...withPinnedNode(process.env), COUNTERSIGN_MUTATED: name },
        show: true,
      },
    );
    if (status !== 0) return status;
    const { noticed, of, left, percent } = scoreOf(name);
    held &&= percent >= BAR;
    closing.push(
      `${name}: ${percent.toFixed(1)} % noticed (${String(noticed)} of ${String(of)}; ${String(left)} on import, left out), bar ${String(BAR)} %`,
    );
  }
  process.stdout.write(`\n${closing.join("\n")}\n`);
  return held ? 0 : 1;
});
