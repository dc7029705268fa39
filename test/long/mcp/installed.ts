import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";

/**
 * A program of the MCP project, from the folder that `MCP_TOOLS` names (docs/testing.md, "MCP inspector and conformance
 * suite"); undefined where it is not installed. They are no dependencies: hundreds of packages for two programs.
 */
export function installed(name: "mcp-inspector" | "conformance"): string | undefined {
  const folder = process.env["MCP_TOOLS"];
  const file = folder === undefined ? undefined : path.resolve(folder, "node_modules/.bin", name);
  return file !== undefined && existsSync(file) ? file : undefined;
}
