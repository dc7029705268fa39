// Opens a gateway's database and brings its schema up to date, and is killed before or after the Nth statement of that:
// `migrate.mjs FILE before|after N`. Ends with status 0 where there were fewer.
import process from "node:process";
import { DatabaseSync } from "node:sqlite";

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

const { openSqliteStore } = await import("../../gateway/store/sqlite.ts");
openSqliteStore(file).close();
