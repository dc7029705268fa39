// Opens a gateway's database and brings its schema up to date, and is killed before or after the Nth statement of that:
// `migrate.mjs FILE before|after N`. Ends with status 0 where there were fewer.
import process from "node:process";
import { DatabaseSync, StatementSync } from "node:sqlite";

const [file = "", when, count] = process.argv.slice(2);
let left = Number(count);
const die = () => process.kill(process.pid, "SIGKILL");

const exec = Reflect.get(DatabaseSync.prototype, "exec");
/** @this {DatabaseSync} @param {string} text */
DatabaseSync.prototype.exec = function watched(text) {
  left--;
  if (left === 0 && when === "before") die();
  exec.call(this, text);
  if (left === 0 && when === "after") die();
};

/** @type {Function} */
const run = Reflect.get(StatementSync.prototype, "run");
Reflect.set(
  StatementSync.prototype,
  "run",
  /** @this {StatementSync} @param {...unknown} values */
  function watched(...values) {
    left--;
    if (left === 0 && when === "before") die();
    /** @type {unknown} */
    const done = Reflect.apply(run, this, values);
    if (left === 0 && when === "after") die();
    return done;
  },
);

const { openSqliteStore } = await import("../../gateway/store/sqlite.ts");
openSqliteStore(file).close();
