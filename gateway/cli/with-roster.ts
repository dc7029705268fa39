import { existsSync } from "node:fs";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import type { Roster } from "../agents/roster.ts";
import type { Assembled } from "../assemble.ts";
import { STORE_FILE } from "../open-store.ts";
import type { TimelyKeeper } from "../retention/timely.ts";
import { askGateway } from "./admin-client.ts";
import { readConfig } from "./config.ts";
import type { Io } from "./io.ts";
import { jsonLogger } from "./json-logger.ts";
import { openGateway } from "./open-gateway.ts";

/**
 * Asks the gateway that serves `folder`; where none does, opens its store for the one answer. What is done there is as
 * durable as by a serving gateway, and nothing else of it begins.
 * @throws CountersignError `E_STORE_LOCKED` while one serves that cannot be asked, and what the roster throws
 */
export async function withRoster(
  folder: string,
  io: Io,
  request: { readonly method: "GET" | "POST"; readonly path: string; readonly body?: unknown },
  work: (roster: Roster, keeper: TimelyKeeper, rekeying: Assembled["rekeying"]) => unknown,
): Promise<unknown> {
  readConfig(folder);
  try {
    return await askGateway(folder, request);
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "E_CLI_OFFLINE") throw error;
  }
  if (!existsSync(path.join(folder, STORE_FILE))) {
    throw new CountersignError("E_CLI_INPUT", `Nothing was ever asked of the gateway in ${folder}: it never served.`);
  }
  const logger = jsonLogger((line) => io.err(line), io.clock, "error");
  const { assembled, doors } = await openGateway(folder, { clock: io.clock, logger, wsEndpoint: "", idle: true });
  try {
    return work(assembled.roster, assembled.keeper, assembled.rekeying);
  } finally {
    await doors.close();
    await assembled.close();
  }
}
