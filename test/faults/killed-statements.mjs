// Kills its process before or after the Nth of what it does with its disk from `countFrom` on: statements of SQLite, and
// with `files` writes, flushes and renames of files. Prints what it was about to do.
import fs, { writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import { DatabaseSync, StatementSync } from "node:sqlite";

/** No handler, no flush, no farewell: as a power cut or the kernel would do it. */
const die = () => process.kill(process.pid, "SIGKILL");

/** @param {{ readonly when: string | undefined, readonly files?: boolean }} how */
export function killAt({ when, files = false }) {
  let left = Infinity;

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
        const isNow = left === 0;
        if (isNow) print(`${String(textOf(this, values))}\n`);
        if (isNow && when === "before") die();
        /** @type {unknown} */
        const done = Reflect.apply(real, this, values);
        if (isNow && when === "after") die();
        return done;
      },
    );
  }
  const write = writeSync;
  /** @param {string} text */
  const print = (text) => void write(1, text);
  watch(DatabaseSync.prototype, "exec", (_self, [text]) => text);
  for (const name of ["run", "get", "all"]) {
    watch(StatementSync.prototype, name, (self) => /** @type {StatementSync} */ (self).sourceSQL);
  }
  if (files) {
    for (const name of ["openSync", "writeFileSync", "fsyncSync", "closeSync", "renameSync"])
      watch(fs, name, () => name);
    syncBuiltinESMExports();
  }
  return {
    /** @param {number} count */
    countFrom: (count) => void (left = count),
    end: () => void (left = Infinity),
  };
}
