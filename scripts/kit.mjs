// npm run kit: the gateway kit as an npm package. Node refuses to run TypeScript inside node_modules, so the package holds
// JavaScript and type declarations: dist/kit (a folder) and dist/kit/countersign-VERSION.tgz.
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import process from "node:process";
import { run, runMain } from "./command.mjs";
import { step } from "./progress.mjs";
import { inRoot, isMain, PINNED_NODE, tool } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";
import { setUp } from "./setup.mjs";

/** What the package offers, by the name it is imported with. */
const ENTRIES = {
  agent: "gateway/agent.ts",
  gateway: "gateway/index.ts",
  protocol: "gateway/protocol.ts",
  cli: "gateway/cli.ts",
};

/** What is read, by its place in the project. @type {Record<string, string>} */
const TEXTS = {
  LICENSE: "LICENSE",
  "SECURITY.md": "SECURITY.md",
  docs: "docs",
  "scripts/data/kit-readme.md": "README.md",
};

/**
 * @typedef {{ name: string, version: string, description: string, license: string, author: string, dependencies: Record<string, string> }} Manifest
 */

/**
 * The manifest of the package: its dependencies are the packages that the built code imports, at the versions tested here.
 * @param {Manifest} project the project's own package.json
 * @param {readonly string[]} imported names of packages
 */
export function kitManifest(project, imported) {
  /** @type {Record<string, string>} */
  const dependencies = {};
  for (const name of [...imported].sort()) {
    const version = project.dependencies[name];
    if (version === undefined) {
      throw new ScriptError(
        "E_COMMAND_FAILED",
        `The kit imports ${name}, which is not among the dependencies in package.json.`,
      );
    }
    dependencies[name] = version;
  }
  const { name, version, description, license, author } = project;
  return {
    name,
    version,
    description,
    license,
    author,
    type: "module",
    // Before 22.16 node:sqlite makes no backups and gives no rows as lists.
    engines: { node: ">=22.16" },
    bin: { countersign: "./lib/cli.js" },
    exports: {
      "./agent": { types: "./types/gateway/agent.d.ts", default: "./lib/agent.js" },
      "./gateway": { types: "./types/gateway/index.d.ts", default: "./lib/gateway.js" },
      "./protocol": { types: "./types/gateway/protocol.d.ts", default: "./lib/protocol.js" },
    },
    // The declarations keep the project's own spelling of imports.
    imports: { "#shared/*.ts": { types: "./types/shared/*.d.ts" } },
    files: ["lib", "types", "docs", "SECURITY.md"],
    dependencies,
  };
}

/** @param {string} specifier @returns {string} the package of an import, with its scope */
function packageOf(specifier) {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** @param {string} folder @returns {Promise<string[]>} the packages that the code imports */
async function bundle(folder) {
  const { build } = await import("vite");
  const input = Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, inRoot(file)]));
  const result = await build({
    configFile: false,
    root: inRoot(),
    logLevel: "warn",
    publicDir: false,
    build: {
      ssr: true,
      outDir: path.join(folder, "lib"),
      emptyOutDir: false,
      target: "node22",
      minify: false,
      rolldownOptions: {
        input,
        preserveEntrySignatures: "strict",
        output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "shared/[name]-[hash].js" },
      },
    },
  });
  if (Array.isArray(result) || !("output" in result))
    throw new ScriptError("E_COMMAND_FAILED", "The bundler returned no output.");
  const files = result.output.flatMap((chunk) =>
    chunk.type === "chunk" ? [...chunk.imports, ...chunk.dynamicImports] : [],
  );
  const own = new Set(result.output.map((chunk) => chunk.fileName));
  return [...new Set(files.filter((file) => !own.has(file) && !isBuiltin(file)).map(packageOf))];
}

/**
 * Declarations take the shape of a JSON file from the file itself, and the compiler drops the attribute that such an import
 * needs.
 * @param {string} types
 */
function completeJsonImports(types) {
  for (const file of readdirSync(types, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".d.ts"),
  )) {
    const place = path.join(types, file);
    const text = readFileSync(place, "utf8");
    const complete = text.replace(
      /^(import \w+ from "(.+\.json)");$/gm,
      (_line, /** @type {string} */ start, /** @type {string} */ json) => {
        copyFileSync(inRoot(path.dirname(file), json), path.join(path.dirname(place), json));
        return `${start} with { type: "json" };`;
      },
    );
    if (complete !== text) writeFileSync(place, complete);
  }
}

/** @param {string} folder */
async function declare(folder) {
  const project = path.join(folder, "tsconfig.json");
  const files = Object.values(ENTRIES).map((file) => inRoot(file));
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    noCheck: true, // npm run check does that
    rootDir: inRoot(),
    outDir: path.join(folder, "types"),
    typeRoots: [inRoot("node_modules/@types")],
  };
  writeFileSync(
    project,
    JSON.stringify({ extends: inRoot("gateway/tsconfig.json"), compilerOptions, include: [], files }),
  );
  const { status, output } = await run(PINNED_NODE, [tool("typescript/bin/tsc"), "--project", project]);
  rmSync(project);
  if (status !== 0)
    throw new ScriptError(
      "E_COMMAND_FAILED",
      "The kit's types do not compile; the compiler's own words are above.",
      output,
    );
  completeJsonImports(path.join(folder, "types"));
}

/**
 * Builds the kit and packs it. Runs on the pinned Node.
 * @param {string} folder emptied first
 * @returns {Promise<string>} the packed file
 */
export async function makeKit(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const imported = await step("Building the gateway kit", () => bundle(folder));
  await step("Writing its types", () => declare(folder));
  chmodSync(path.join(folder, "lib/cli.js"), 0o755);
  /** @type {unknown} */
  const project = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
  const manifest = kitManifest(/** @type {Manifest} */ (project), imported);
  writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  for (const [from, to] of Object.entries(TEXTS))
    cpSync(inRoot(from), path.join(folder, to), {
      recursive: true,
      filter: (source) => path.basename(source) !== "images",
    });
  const { status, output } = await run("npm", ["pack", "--silent"], {
    cwd: folder,
    shell: process.platform === "win32",
  });
  if (status !== 0)
    throw new ScriptError("E_COMMAND_FAILED", "npm could not pack the kit; its own words are above.", output);
  return path.join(folder, `${manifest.name}-${manifest.version}.tgz`);
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    if (!process.argv.includes("--on-pinned-node")) {
      await setUp({ electron: false });
      const { status } = await run(PINNED_NODE, [inRoot("scripts/kit.mjs"), "--on-pinned-node"], { show: true });
      return status;
    }
    process.stdout.write(`The kit is ${path.relative(inRoot(), await makeKit(inRoot("dist/kit")))}\n`);
    return 0;
  });
}
