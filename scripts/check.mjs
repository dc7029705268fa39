// npm run check: types of every project, lint with the layer rules, format, dead code, unit tests.
//   node scripts/check.mjs [--tested]   without the unit tests, where npm test has just run them
import { availableParallelism } from "node:os";
import path from "node:path";
import process from "node:process";
import { run, runMain } from "./command.mjs";
import { inRoot, PINNED_NODE, tool } from "./project.mjs";
import { setUp } from "./setup.mjs";

const PROJECTS = [".", "shared", "shared/crypto", "electron", "renderer", "gateway", "demo", "test", "scripts"];

/** @param {string} project */
function typesOf(project) {
  const cache = inRoot("node_modules/.cache/tsc", `${project.replaceAll(/[./]/g, "_")}.tsbuildinfo`);
  const args = [
    "--project",
    project,
    "--incremental",
    "--tsBuildInfoFile",
    cache,
    "--pretty",
    process.stdout.isTTY ? "true" : "false",
  ];
  return {
    name: `types ${project === "." ? "(configuration)" : project}`,
    args: [tool("typescript/bin/tsc"), ...args],
  };
}

/** The largest parts are linted by themselves: types of everything at once need more memory than a process is given. */
const LINTED_ALONE = [["test"], ["gateway", "shared"]];

/**
 * @param {string} name
 * @param {readonly string[]} what
 */
function lintOf(name, what) {
  const cache = `node_modules/.cache/eslint/${name.replaceAll(" ", "-")}/`;
  return {
    name: `lint ${name}`,
    args: [tool("eslint/bin/eslint.js"), "--max-warnings=0", "--cache", "--cache-location", cache, ...what],
  };
}

const UNIT_TESTS = "unit tests";
const TASKS = [
  ...LINTED_ALONE.map((folders) => lintOf(folders.join(" and "), folders)),
  lintOf("the rest", [".", ...LINTED_ALONE.flat().flatMap((folder) => ["--ignore-pattern", `${folder}/**`])]),
  ...PROJECTS.map(typesOf),
  { name: "format", args: [tool("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "--cache", "."] },
  { name: "dead code", args: [tool("knip/bin/knip.js"), "--no-config-hints"] },
  { name: UNIT_TESTS, args: [tool("vitest/vitest.mjs"), "run", "--project", "unit", "--reporter=dot"] },
];

await runMain(async () => {
  await setUp({ electron: false });
  const isTested = process.argv.includes("--tested");
  const queue = TASKS.filter(({ name }) => !(isTested && name === UNIT_TESTS));
  /** @type {{ name: string, output: string }[]} */
  const failures = [];
  let unitTests = "";

  const worker = async () => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      const startedMs = performance.now();
      const { status, output } = await run(PINNED_NODE, task.args, {
        env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
      });
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      process.stdout.write(`${status === 0 ? "✓" : "✗"} ${task.name} (${seconds} s)\n`);
      if (status !== 0) failures.push({ name: task.name, output });
      if (task.name === UNIT_TESTS) unitTests = output.match(/^\s*Tests .*$/m)?.[0].trim() ?? "";
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));

  for (const { name, output } of failures) process.stdout.write(`\n━━ ${name} ━━\n${output.trimEnd()}\n`);
  if (unitTests !== "") process.stdout.write(`\n${unitTests}\n`);
  if (failures.length === 0) process.stdout.write("check: everything is clean\n");
  else
    process.stdout.write(
      `check: failed: ${failures.map(({ name }) => name).join(", ")} (in ${path.basename(inRoot())})\n`,
    );
  return failures.length === 0 ? 0 : 1;
});
