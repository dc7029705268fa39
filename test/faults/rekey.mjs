// Changes the key of a gateway's store, and is killed before or after the Nth statement or step with a file of that:
// `rekey.mjs FOLDER before|after N`. The folder has the log's private key in `log-key.jwk`. Prints it before it begins; ends
// with status 0 where there were fewer.
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { killAt } from "./killed-statements.mjs";

const [folder = "", when, count] = process.argv.slice(2);
/** @type {unknown} */
const logKey = JSON.parse(readFileSync(path.join(folder, "log-key.jwk"), "utf8"));
const killer = killAt({ when, files: true });

const { openKept, rekey } = await import("./kept-store.ts");
/** @typedef {import("#shared/crypto/sign.ts").PrivateJwk} PrivateJwk */
const kept = openKept(folder, /** @type {PrivateJwk} */ (logKey));
killer.countFrom(Number(count));
rekey(kept);
killer.end();
kept.store.close();
