import { existsSync } from "node:fs";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

import { STORE_FILE } from "../open-store.ts";
import type { RegisteredAgent } from "../ports.ts";
import { recordedRequest, type Recorded } from "../policy/review/recorded.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import type { Store } from "../store/store.ts";
import { readAgents, readConfig, type GatewayConfig } from "./config.ts";

/** The requests that a stopped gateway, or a copy of its data folder, has kept. */
export interface KeptRequests {
  readonly config: GatewayConfig;
  /** How many signed requests there are, revisions included. */
  readonly total: number;
  one(rid: string): Recorded;
  /** The newest revision of every request, the oldest first. */
  all(): Generator<Recorded>;
}

const PAGE = 256;

/** @throws CountersignError `E_CLI_INPUT`, `E_STORE_LOCKED` while the gateway serves */
export function withKeptRequests<T>(folder: string, work: (kept: KeptRequests) => T): T {
  const config = readConfig(folder);
  const file = path.join(folder, STORE_FILE);
  if (!existsSync(file))
    throw new CountersignError("E_CLI_INPUT", `There are no requests in ${folder}: it never served.`);
  const agents = new Map(readAgents(folder, config).map((agent) => [agent.sub, agent]));
  const store = openSqliteStore(file);
  try {
    return work(keptIn(store, config, (sub) => agents.get(sub)));
  } finally {
    store.close();
  }
}

function keptIn(
  store: Store,
  config: GatewayConfig,
  registered: (sub: string) => RegisteredAgent | undefined,
): KeptRequests {
  return {
    config,
    total: [...pages(store)].reduce((sum, page) => sum + page.length, 0),
    one(rid) {
      const row = store.currentRequest(rid);
      if (row === undefined) throw new CountersignError("E_REQ_UNKNOWN");
      return recordedRequest(row, store, registered);
    },
    *all() {
      for (const page of pages(store)) {
        for (const { dig } of page) {
          const row = store.requestByDigest(dig);
          if (row !== undefined && store.currentRequest(row.rid)?.rev === row.rev)
            yield recordedRequest(row, store, registered);
        }
      }
    },
  };
}

function* pages(store: Store): Generator<readonly { readonly n: number; readonly dig: string }[]> {
  for (let after = 0; ;) {
    const page = store.signedObjects("request", after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.n;
  }
}
