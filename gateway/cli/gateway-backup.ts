import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { verifyCheckpoint } from "#shared/ledger/note.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { isErrorCode } from "#shared/protocol/registry.ts";

import { STORE_FILE } from "../open-store.ts";
import { contentsOf } from "../backup/contents.ts";
import { writeBackup } from "../backup/write.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import type { CopyProgress } from "../store/sqlite/copy.ts";
import { ADMIN_PATHS, copyState, type CopyState } from "./admin.ts";
import { askGateway } from "./admin-client.ts";
import { command, need } from "./command.ts";
import { readConfig } from "./config.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { readKeys } from "./gateway-keys.ts";
import type { Io } from "./io.ts";
import { logOrigin } from "./registration.ts";

const NAME = "gateway backup";

/** `gateway backup`: a copy from which `gateway restore` makes the gateway again; while it serves, or stopped. */
export const gatewayBackup = command({
  name: NAME,
  usage: "--to FOLDER [--data FOLDER] [--with-keys]",
  summary:
    "Makes a backup in a new folder, of a gateway that serves or is stopped: store, checkpoint and configuration, audited after it is written. Private keys are in it only with --with-keys.",
  takes: 0,
  options: { ...DATA_OPTION, to: { type: "string" }, "with-keys": { type: "boolean", default: false } },
  async run({ values, io }) {
    const folder = dataFolder(values.data, io);
    const to = path.resolve(need(values.to, NAME, "to"));
    const config = readConfig(folder);
    if (!existsSync(path.join(folder, STORE_FILE))) {
      throw new CountersignError("E_CLI_INPUT", `There is no log in ${folder}: it never served.`);
    }
    const crypto = makeNodeCrypto();
    const { log: key } = readKeys(folder);
    const contents = contentsOf(folder, config);
    const held = await writeBackup({
      ...{ folder, to, contents, iss: config.iss, withKeys: values["with-keys"] },
      log: {
        name: logOrigin(config.iss),
        publicKey: decodeBase64url(key.jwk.x),
        sign: (data) => key.signBytes(data),
      },
      now: Math.floor(io.clock.nowMs() / 1000),
      copyStore: (file) => copyStore(folder, file, io),
    });
    const { made_at, keys, files, log, store_key } = held;
    const { size } = verifyCheckpoint(crypto, log.checkpoint, log.vkey);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    io.out(
      JSON.stringify({
        ...{ ok: true, backup: to, made_at, entries: log.entries, checkpoint: size, keys, files: files.length, bytes },
        ...(store_key === undefined ? {} : { store_key }),
        not_in_it: contents.elsewhere,
      }),
    );
    if (!keys)
      io.err(
        "The private keys are not in it. Keep an encrypted copy of them apart: without them it cannot serve again.",
      );
    return 0;
  },
});

/** The serving gateway copies its database itself: it has it locked. A stopped one's is opened here. */
async function copyStore(folder: string, file: string, io: Io): Promise<void> {
  const tell = progressTo(io);
  let state: CopyState;
  try {
    state = copyState.parse(await askGateway(folder, { method: "POST", path: ADMIN_PATHS.copy, body: { to: file } }));
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== "E_CLI_OFFLINE") throw error;
    const store = openSqliteStore(path.join(folder, STORE_FILE));
    try {
      await store.copyTo(file, tell);
    } finally {
      store.close();
    }
    return;
  }
  while (!state.done) {
    if (state.failed !== undefined) {
      const { code, message } = state.failed;
      throw new CountersignError(isErrorCode(code) ? code : "E_INTERNAL", message);
    }
    await setTimeout(POLL_MS);
    state = copyState.parse(await askGateway(folder, { method: "GET", path: ADMIN_PATHS.copy }));
    tell(state.copied, state.total);
  }
}

const POLL_MS = 100;
const SAY_EVERY_MS = 2000;

/** A line every two seconds, so that a short copy says nothing. */
function progressTo(io: Io): CopyProgress {
  let said = io.clock.nowMs();
  return (copied, total) => {
    const now = io.clock.nowMs();
    if (total === 0 || now - said < SAY_EVERY_MS) return;
    said = now;
    io.err(`Copying the store: ${String(Math.floor((copied / total) * 100))} %. It is checked after that.`);
  };
}
