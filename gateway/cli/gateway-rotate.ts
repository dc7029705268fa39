import { existsSync } from "node:fs";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { REQUEST_STATES, TERMINAL_STATES } from "#shared/protocol/claims/receipt.ts";
import type { GatewayJwk } from "#shared/protocol/claims/credential.ts";
import { gateSigned } from "#shared/protocol/verify/signed.ts";

import { STORE_FILE } from "../open-store.ts";
import type { RequestRow } from "../store/rows.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { command } from "./command.ts";
import { readConfig } from "./config.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { boundEndpoint, vouchOrSay, writeRegistration } from "./gateway-init.ts";
import { rotateRequestKey } from "./gateway-keys.ts";
import { registrationOf } from "./registration.ts";
import { rotateStoreKey } from "./rotate-store-key.ts";
import { readTemplates } from "./templates.ts";

/**
 * `gateway rotate`: a new request key for a stopped gateway, or with `--store-key` a new key of the store, also for one that
 * serves. The old request key signs nothing any more and stays in the
 * credential, to verify only, until every request that it signed has ended, and a month longer (protocol.md 3.13).
 */
export const gatewayRotate = command({
  name: "gateway rotate",
  usage: "[--store-key [--old-key-to FILE]] [--data FOLDER]",
  summary:
    "Gives a stopped gateway a new request key. The old one verifies what still waits. Where the directory's root key is at hand the change is vouched for at once. With --store-key the key of the store is changed instead, while the gateway serves or stopped: nothing that was wrapped with the old one is left in the store, and --old-key-to keeps it for the backups that need it.",
  takes: 0,
  options: { ...DATA_OPTION, "store-key": { type: "boolean", default: false }, "old-key-to": { type: "string" } },
  async run({ values, io }) {
    const folder = dataFolder(values.data, io);
    if (values["store-key"]) return await rotateStoreKey(folder, values["old-key-to"], io);
    const config = readConfig(folder);
    const templates = readTemplates(folder, config);
    const keys = whileStopped(folder, (waiting) => {
      const now = Math.floor(io.clock.nowMs() / 1000);
      return rotateRequestKey(folder, (key) => verifiesUntil(waiting, key, now));
    });
    const endpoint = config.ws_endpoint ?? boundEndpoint(config);
    const registration = registrationOf(makeNodeCrypto(), config, keys, templates, endpoint);
    writeRegistration(folder, registration);
    const vouched = vouchOrSay(config, registration, io);
    const retired = keys.retired.map(({ kid, verify_until }) => ({ kid, verify_until }));
    io.out(JSON.stringify({ iss: config.iss, kid: keys.request.kid, retired, vouched }));
    return 0;
  },
});

/** @throws CountersignError `E_STORE_LOCKED` while the gateway runs: it would go on signing with the key it has */
function whileStopped<T>(folder: string, work: (waiting: readonly RequestRow[]) => T): T {
  const file = path.join(folder, STORE_FILE);
  if (!existsSync(file)) return work([]);
  const store = openSqliteStore(file);
  try {
    return work(store.requestsIn(REQUEST_STATES.filter((state) => !TERMINAL_STATES.has(state))));
  } finally {
    store.close();
  }
}

/** A client that was away brings its decisions and reads its receipts for this long after a key's end (30 days). */
const KEEP_S = 30 * 24 * 3600;

/** The latest end of what `key` signed and what waits; of a key that signs nothing more, its own, until it is let go. */
function verifiesUntil(waiting: readonly RequestRow[], key: GatewayJwk, now: number): number | undefined {
  const own = waiting.filter(({ jws }) => gateSigned("request", jws).header.kid === key.kid);
  const ends = own.map(({ exp, grant_exp }) => Math.max(exp, grant_exp));
  const until = Math.max(key.verify_until ?? now, ...ends);
  return until + KEEP_S < now ? undefined : until;
}
