import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { prepareMcp, type McpSide } from "../agents/mcp/door.ts";
import type { McpServerOptions, ServerPlace } from "../agents/mcp/options.ts";
import { pinsIn } from "../agents/mcp/pins.ts";
import { PINS_FILE } from "../agents/pins-file.ts";
import type { Clock } from "../ports.ts";
import type { Logger } from "../transport/logger.ts";
import type { GatewayConfig } from "./config.ts";
import { readText } from "./files.ts";

type Mcp = NonNullable<GatewayConfig["mcp"]>;
type Server = Mcp["servers"][string];

/**
 * The MCP side as `gateway.json` says it. Apart, so that commands without it need not load the SDK.
 * @throws CountersignError `E_CLI_INPUT` for a token or a file of accepted tools that cannot be read
 */
export function mcpSide(
  folder: string,
  { mcp, fhir_base }: { readonly mcp: Mcp; readonly fhir_base: string },
  around: { readonly clock: Clock; readonly logger: Logger },
): McpSide {
  const servers = Object.entries(mcp.servers).map(([name, server]) => [name, serverOf(folder, server)] as const);
  return prepareMcp({
    ...{ ...around, crypto: makeNodeCrypto(), fhirBase: fhir_base, servers: Object.fromEntries(servers) },
    ...{ pins: pinsIn(path.join(folder, PINS_FILE)), acceptsFirst: mcp.accept === "first", waitS: mcp.wait_s },
  });
}

function serverOf(folder: string, server: Server): McpServerOptions {
  return {
    place: placeOf(folder, server),
    errorsMeanNothingDone: server.errors === "nothing-done",
    ...(server.map === undefined ? {} : { map: server.map }),
  };
}

function placeOf(folder: string, server: Server): ServerPlace {
  if ("command" in server) {
    const { command, env, cwd } = server;
    return { command, env, ...(cwd === undefined ? {} : { cwd: path.resolve(folder, cwd) }) };
  }
  if (server.token === undefined) return { url: server.url };
  const token = readText(path.resolve(folder, server.token)).trim();
  if (token === "") throw new CountersignError("E_CLI_INPUT", `${server.token} is empty.`);
  return { url: server.url, authorization: `Bearer ${token}` };
}
