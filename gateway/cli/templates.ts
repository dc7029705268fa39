import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { template, type Template } from "#shared/protocol/template.ts";

import type { GatewayConfig } from "./config.ts";
import { readJson } from "./files.ts";

/**
 * The built-in templates and the hospital's own.
 * @throws CountersignError `E_CLI_INPUT` for a file that is no template or uses a name twice
 */
export function readTemplates(folder: string, config: Pick<GatewayConfig, "templates">): readonly Template[] {
  if (config.templates === undefined) return builtinTemplates;
  const own = path.resolve(folder, config.templates);
  if (!existsSync(own)) throw new CountersignError("E_CLI_INPUT", `The folder of templates, ${own}, does not exist.`);
  const files = readdirSync(own)
    .filter((name) => name.endsWith(".json"))
    .sort();
  const all = [...builtinTemplates, ...files.map((name) => readTemplate(path.join(own, name)))];
  const twice = all.find((one, i) => all.findIndex(({ id }) => id === one.id) !== i);
  if (twice !== undefined) throw new CountersignError("E_CLI_INPUT", `Two templates have the id ${twice.id}.`);
  return all;
}

function readTemplate(file: string): Template {
  const parsed = template.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.map(String).join(".") ?? "";
  throw new CountersignError("E_CLI_INPUT", `${file} is not a template: ${where} ${issue?.message ?? ""}`);
}
