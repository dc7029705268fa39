// npm run bench -- NAME: measures test/bench/NAME.ts and writes bench-results/NAME.json.
// A bench's default export is an async function that returns its figures as plain data.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { buildApp } from "./build.mjs";
import { run, runMain } from "./command.mjs";
import { hasDisplay, startVirtualDisplay } from "./display.mjs";
import { inRoot, PINNED_NODE } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { setUp } from "./setup.mjs";
import { hasProgram } from "./setup/system-parts.mjs";

const FOLDER = inRoot("test/bench");
/** Benches of the app itself: they need Electron, the built app and a display. */
const OF_THE_APP = new Set(["ui"]);

/** @param {string} file */
async function measure(file) {
  /** @type {unknown} */
  const module = await import(pathToFileURL(file).href);
  const bench = /** @type {{ default?: () => Promise<unknown> }} */ (module).default;
  if (typeof bench !== "function") throw new ScriptError("E_USAGE", `${file} has no function as its default export.`);
  const figures = await bench();
  const machine = {
    node: process.version,
    cores: os.availableParallelism(),
    cpu: os.cpus()[0]?.model ?? "",
    memoryBytes: os.totalmem(),
  };
  const result = { bench: path.basename(file, ".ts"), measuredAt: new Date().toISOString(), machine, figures };
  mkdirSync(inRoot("bench-results"), { recursive: true });
  writeFileSync(inRoot("bench-results", `${result.bench}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\nwritten to bench-results/${result.bench}.json\n`);
}

await runMain(async () => {
  const names = existsSync(FOLDER)
    ? readdirSync(FOLDER)
        .filter((name) => name.endsWith(".ts"))
        .map((name) => path.basename(name, ".ts"))
    : [];
  const [first, ...more] = process.argv.slice(2);
  const name = first === "--measure" ? more[0] : first;
  if (name === undefined || !names.includes(name)) {
    throw new ScriptError(
      "E_USAGE",
      `Name the bench to run: npm run bench -- NAME. There are: ${names.join(", ") || "none yet"}.`,
    );
  }
  const file = path.join(FOLDER, `${name}.ts`);
  if (first === "--measure") {
    await measure(file);
    return 0;
  }
  const ofTheApp = OF_THE_APP.has(name);
  const ownDisplay = ofTheApp && process.platform === "linux" && (hasProgram("Xvfb") || !hasDisplay(process.env));
  await setUp({ electron: ofTheApp, virtualDisplay: ownDisplay });
  if (ofTheApp) await buildApp("production");
  const display = ownDisplay ? await startVirtualDisplay() : { env: process.env, stop: () => undefined };
  try {
    const { status } = await run(
      PINNED_NODE,
      ["--expose-gc", "--disable-warning=ExperimentalWarning", inRoot("scripts/bench.mjs"), "--measure", name, ...more],
      { env: display.env, show: true },
    );
    return status;
  } finally {
    display.stop();
  }
});
