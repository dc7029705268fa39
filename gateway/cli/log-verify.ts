import { existsSync } from "node:fs";
import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { makeVkey, verifyCheckpoint } from "#shared/ledger/note.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { CHECKPOINT_FILE, STORE_FILE } from "../open-store.ts";
import { checkpointFile } from "../audit/checkpoint-file.ts";
import { goThrough } from "../audit/begin.ts";
import { makeRound } from "../audit/round.ts";
import { sayWhenLong } from "../say-every.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { command } from "./command.ts";
import { readConfig } from "./config.ts";
import { readText } from "./files.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { readKeys } from "./gateway-keys.ts";
import { logOrigin } from "./registration.ts";

/**
 * `log verify`: builds the tree again from every entry and compares it with every signed checkpoint at hand: the
 * database's, the one beside it, and those that someone else kept (protocol.md 3.16).
 */
export const logVerify = command({
  name: "log verify",
  usage: "[--data FOLDER] [--checkpoint FILE…]",
  summary:
    "Checks the whole log of a stopped gateway, or of a copy of its data folder: entries, tree, checkpoints, and that every signed object is in it. Says how far it is where that takes long, and can be interrupted. --checkpoint adds one that somebody else kept.",
  takes: 0,
  options: { ...DATA_OPTION, checkpoint: { type: "string", multiple: true } },
  async run({ values, io }) {
    const folder = dataFolder(values.data, io);
    const config = readConfig(folder);
    const crypto = makeNodeCrypto();
    const vkey = makeVkey(crypto, logOrigin(config.iss), decodeBase64url(readKeys(folder).log.jwk.x));
    const kept = (values.checkpoint ?? []).map(readText);
    const file = path.join(folder, STORE_FILE);
    if (!existsSync(file)) throw new CountersignError("E_CLI_INPUT", `There is no log in ${folder}: it never served.`);
    const stopping = new AbortController();
    void io.stopped().then(() => stopping.abort());
    const say = sayWhenLong(io.clock, (done: number, of: number) =>
      io.err(`auditing ${String(done)} of ${String(of)}`),
    );
    const store = openSqliteStore(file);
    try {
      const own = [store.newestCheckpoint()?.note, checkpointFile(path.join(folder, CHECKPOINT_FILE)).read()];
      const notes = [...own, ...kept].filter((note) => note !== undefined);
      await goThrough(makeRound({ crypto, store, signed: { vkey, notes } }), {
        signal: stopping.signal,
        onProgress: ({ done, of }) => say(done, of),
      });
      const sizes = notes.map((note) => verifyCheckpoint(crypto, note, vkey).size);
      io.out(JSON.stringify({ ok: true, entries: store.logSize(), checkpoints: sizes }));
      return 0;
    } catch (error) {
      if (error !== stopping.signal.reason) throw error;
      io.err("Interrupted: nothing was found in what was gone through so far, and the rest was not looked at.");
      return 1;
    } finally {
      store.close();
    }
  },
});
