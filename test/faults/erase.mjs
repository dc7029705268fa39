// Erases what a gateway's store holds about a patient, and is killed before or after the Nth statement of that:
// `erase.mjs FOLDER PATIENT before|after N`. The folder has the log's private key in `log-key.jwk`. Prints each statement
// before it begins; ends with status 0 where there were fewer.
import { readFileSync, writeSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { DatabaseSync, StatementSync } from "node:sqlite";

const [folder = "", patient = "", when, count] = process.argv.slice(2);
let left = Infinity;

/** No handler, no flush, no farewell: as a power cut or the kernel would do it. */
const die = () => process.kill(process.pid, "SIGKILL");

/**
 * @param {object} of
 * @param {string} name
 * @param {(self: unknown, values: readonly unknown[]) => unknown} textOf
 */
function watch(of, name, textOf) {
  /** @type {unknown} */
  const found = Reflect.get(of, name);
  const real = /** @type {(...values: readonly unknown[]) => unknown} */ (found);
  Reflect.set(
    of,
    name,
    /** @this {unknown} @param {...unknown} values */
    function watched(...values) {
      left--;
      if (left === 0) writeSync(1, `${String(textOf(this, values))}\n`);
      if (left === 0 && when === "before") die();
      /** @type {unknown} */
      const done = Reflect.apply(real, this, values);
      if (left === 0 && when === "after") die();
      return done;
    },
  );
}
watch(DatabaseSync.prototype, "exec", (_self, [text]) => text);
for (const name of ["run", "get", "all"]) {
  watch(StatementSync.prototype, name, (self) => /** @type {StatementSync} */ (self).sourceSQL);
}

const { eraseAll, openKept } = await import("./kept-store.ts");
/** @typedef {import("#shared/crypto/sign.ts").PrivateJwk} PrivateJwk */
/** @type {unknown} */
const logKey = JSON.parse(readFileSync(path.join(folder, "log-key.jwk"), "utf8"));
const kept = openKept(folder, /** @type {PrivateJwk} */ (logKey));
left = Number(count);
eraseAll(kept, patient);
left = Infinity;
kept.store.close();
