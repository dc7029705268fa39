// Writes the tables of docs/protocol.md, section 5, from shared/protocol/registry.json. Run it after changing the registry;
// test/scripts/protocol-tables.test.ts fails while they differ.
import { readFileSync, writeFileSync } from "node:fs";
import { inRoot, isMain } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";

const DOCUMENT = inRoot("docs/protocol.md");
const REGISTRY = inRoot("shared/protocol/registry.json");
const BEGIN = "<!-- generated from shared/protocol/registry.json: node scripts/protocol-tables.mjs -->";
const END = "<!-- /generated -->";

/**
 * @typedef {{ codes: Record<string, { retry: string, text: string }> } & Record<string, unknown>} Registry
 */

/** Headings of the codes, by the word after `E_`; what is not named here stands under its own word. */
const GROUPS = {
  FMT: "Form of messages and signed objects",
  SIG: "Signatures",
  KEY: "Keys",
  GW: "The gateway's own keys and credential",
  CLM: "Claims",
  REQ: "Requests",
  POL: "Policy",
  DSP: "Display",
  AUZ: "Eligibility and grants",
  SOD: "Separation of duties",
  CHAIN: "The chain of a key",
  UV: "User verification",
  QRM: "Quorum",
  AUTH: "Sessions",
  ENROL: "Enrolment",
  STM: "Statements",
  LOG: "The log",
  QUERY: "Queries",
  AGENT: "Agents",
  OP: "Operations",
  EXEC: "Execution",
  STORE: "Storage",
  CLI: "The app and the command line",
};

/** @param {string} text */
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/**
 * Every code once, grouped by its first word, in the registry's order.
 * @param {Registry["codes"]} codes
 */
function codeTables(codes) {
  /** @type {Map<string, string[][]>} */
  const groups = new Map();
  for (const [code, { retry, text }] of Object.entries(codes)) {
    const word = code.split("_")[1] ?? "";
    const title = Object.entries(GROUPS).find(([prefix]) => prefix === word)?.[1] ?? "Others";
    groups.set(title, [...(groups.get(title) ?? []), [`\`${code}\``, retry, text]]);
  }
  const titles = [...Object.values(GROUPS), "Others"].filter((title) => groups.has(title));
  return titles.map(
    (title) => `**${title}**\n\n${table(["code", "retry", "what a person reads"], groups.get(title) ?? [])}`,
  );
}

/**
 * The text between the markers.
 * @param {Registry} registry
 */
export function protocolTables(registry) {
  const { codes, ...lists } = registry;
  /** @type {(list: unknown) => readonly string[]} */
  const namesIn = (list) =>
    Array.isArray(list) ? list.map(String) : Object.keys(/** @type {Record<string, unknown>} */ (list));
  const names = Object.entries(lists)
    .map(([name, list]) => [
      name,
      namesIn(list)
        .map((entry) => `\`${entry}\``)
        .join(" "),
    ])
    .filter(([, entries]) => entries !== "");
  return [
    "### 5.1 Names",
    table(["registry", "names"], names),
    "### 5.2 Codes",
    "`retry` tells the client what can help: `never` the same again, `later`, after `reauth`, after `refresh` of the request, or `resign` a new decision.",
    ...codeTables(codes),
  ].join("\n\n");
}

/**
 * The document with its tables as the registry says.
 * @param {string} document
 * @param {Registry} registry
 */
export function withTables(document, registry) {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from === -1 || to < from) {
    throw new ScriptError(
      "E_COMMAND_FAILED",
      `docs/protocol.md lacks the two markers of its generated tables: ${BEGIN}`,
    );
  }
  return `${document.slice(0, from)}${BEGIN}\n\n${protocolTables(registry)}\n\n${document.slice(to)}`;
}

/** @returns {{ document: string, registry: Registry }} */
export function readBoth() {
  /** @type {unknown} */
  const parsed = JSON.parse(readFileSync(REGISTRY, "utf8"));
  return { document: readFileSync(DOCUMENT, "utf8"), registry: /** @type {Registry} */ (parsed) };
}

if (isMain(import.meta.url)) {
  const { document, registry } = readBoth();
  writeFileSync(DOCUMENT, withTables(document, registry));
}
