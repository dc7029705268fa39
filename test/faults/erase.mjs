// Erases what a gateway's store holds about a patient, and is killed before or after the Nth statement of that:
// `erase.mjs FOLDER PATIENT before|after N`. The folder has the log's private key in `log-key.jwk`. Prints the statement
// before it begins; ends with status 0 where there were fewer.
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { killAt } from "./killed-statements.mjs";

const [folder = "", patient = "", when, count] = process.argv.slice(2);
const killer = killAt({ when });

const { eraseAll, openKept } = await import("./kept-store.ts");
/** @typedef {import("#shared/crypto/sign.ts").PrivateJwk} PrivateJwk */
/** @type {unknown} */
const logKey = JSON.parse(readFileSync(path.join(folder, "log-key.jwk"), "utf8"));
const kept = openKept(folder, /** @type {PrivateJwk} */ (logKey));
killer.countFrom(Number(count));
eraseAll(kept, patient);
killer.end();
kept.store.close();
