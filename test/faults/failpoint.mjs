// Preloaded into a gateway process (`NODE_OPTIONS=--import`): kills it at a named place, with nothing of the product
// changed for it. COUNTERSIGN_TEST_DIE is `before PATTERN` or `after PATTERN`: the commit of the transaction that ran a
// statement like the pattern. It happens once the file COUNTERSIGN_TEST_ARMED exists.
import { existsSync } from "node:fs";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";

const [when, ...words] = (process.env["COUNTERSIGN_TEST_DIE"] ?? "").split(" ");
const pattern = words.join(" ");
const armed = process.env["COUNTERSIGN_TEST_ARMED"] ?? "";

/** No handler, no flush, no farewell: as a power cut or the kernel would do it. */
const die = () => process.kill(process.pid, "SIGKILL");

/** @typedef {(...values: import("node:sqlite").SQLInputValue[]) => import("node:sqlite").StatementResultingChanges} Run */

if (pattern !== "") {
  const prepare = Reflect.get(DatabaseSync.prototype, "prepare");
  let isReached = false;
  /**
   * @this {DatabaseSync}
   * @param {string} text
   */
  DatabaseSync.prototype.prepare = function prepared(text) {
    const statement = prepare.call(this, text);
    const run = /** @type {Run} */ (statement.run.bind(statement));
    /** @type {Run} */
    const watched = (...values) => {
      const isCommit = text === "COMMIT";
      if (!isCommit && text.includes(pattern)) isReached = true;
      const dies = isCommit && isReached && existsSync(armed);
      if (dies && when === "before") die();
      const result = run(...values);
      if (dies && when === "after") die();
      if (isCommit || text === "ROLLBACK") isReached = false;
      return result;
    };
    return Object.assign(statement, { run: watched });
  };
}
