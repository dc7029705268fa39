// Writes gateway/policy/cedar/shipped.json from the folder beside it: the schema and the policy set that a gateway serves
// with unless it has one of its own. Code is bundled for the kit, and a bundle has no folder beside it. Run it after
// changing the folder; test/gateway/policy/shipped.test.ts fails while they differ.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { inRoot, isMain } from "./project.mjs";

const FOLDER = inRoot("gateway/policy/cedar/shipped");
export const SHIPPED = inRoot("gateway/policy/cedar/shipped.json");
const SCHEMA = "schema.cedarschema";

/** @returns {string} the text of the file */
export function shippedText() {
  const names = readdirSync(FOLDER).sort();
  const read = (/** @type {string} */ name) => readFileSync(path.join(FOLDER, name), "utf8");
  const files = Object.fromEntries(names.filter((name) => name !== SCHEMA).map((name) => [name, read(name)]));
  return `${JSON.stringify({ schema: read(SCHEMA), files }, undefined, 2)}\n`;
}

if (isMain(import.meta.url)) {
  writeFileSync(SHIPPED, shippedText());
  process.stdout.write(`${path.relative(inRoot(), SHIPPED)} is written.\n`);
}
