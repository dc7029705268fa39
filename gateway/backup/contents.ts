import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import { PINS_FILE } from "../agents/pins-file.ts";
import { CONFIG_FILE, type GatewayConfig } from "../cli/config.ts";
import { REGISTRATION_FILE } from "../cli/gateway-init.ts";
import { RETIRED_FILE, SECRET_FILES } from "../cli/gateway-keys.ts";

/** The small files of a data folder, as paths relative to it. */
export interface Contents {
  readonly open: readonly string[];
  /** Private keys, and the token for the record where there is one. */
  readonly secret: readonly string[];
  /** What gateway.json names that lies elsewhere, or is a folder of its own: not part of a backup. */
  readonly elsewhere: readonly string[];
}

/** What belongs to a backup beside database and checkpoint. */
export function contentsOf(folder: string, config: GatewayConfig): Contents {
  const named = {
    open: [config.agents, config.policy, config.tls?.cert, ...templateFiles(folder, config)],
    secret: [config.fhir_read_token, config.tls?.key, ...tokensOf(config)],
  };
  const isGiven = (file: string | undefined): file is string => file !== undefined;
  const relative = (file: string): string =>
    path.relative(folder, path.resolve(folder, file)).split(path.sep).join("/");
  const isInside = (file: string): boolean => !relative(file).startsWith("../") && !path.isAbsolute(relative(file));
  const isThere = (file: string): boolean => existsSync(path.join(folder, file));
  const own = (files: readonly (string | undefined)[]): string[] =>
    files.filter(isGiven).filter(isInside).map(relative);
  const outside = (files: readonly (string | undefined)[]): string[] =>
    files.filter(isGiven).filter((file) => !isInside(file));
  return {
    open: [CONFIG_FILE, REGISTRATION_FILE, RETIRED_FILE, PINS_FILE, ...own(named.open)].filter(isThere),
    secret: [...SECRET_FILES, ...own(named.secret)].filter(isThere),
    elsewhere: [config.directory, ...outside([...named.open, ...named.secret])],
  };
}

/** Bearer tokens for MCP servers. */
const tokensOf = ({ mcp }: GatewayConfig): readonly (string | undefined)[] =>
  Object.values(mcp?.servers ?? {}).map((server) => ("url" in server ? server.token : undefined));

function templateFiles(folder: string, { templates }: GatewayConfig): readonly string[] {
  if (templates === undefined) return [];
  const own = path.resolve(folder, templates);
  if (!existsSync(own) || !statSync(own).isDirectory()) return [];
  return readdirSync(own)
    .filter((name) => name.endsWith(".json"))
    .map((name) => path.join(own, name));
}
