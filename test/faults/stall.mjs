// Preloaded into a gateway process: the commit after a SIGUSR2 takes COUNTERSIGN_TEST_STALL_MS, as on a disk that hangs.
// node:sqlite works in the thread that asks, so all of the process waits with it.
import process from "node:process";
import { DatabaseSync } from "node:sqlite";

const stallMs = Number(process.env["COUNTERSIGN_TEST_STALL_MS"] ?? 0);
let isNext = false;
process.on("SIGUSR2", () => {
  isNext = true;
});
const prepare = Reflect.get(DatabaseSync.prototype, "prepare");
/** @this {DatabaseSync} @param {string} text */
DatabaseSync.prototype.prepare = function prepared(text) {
  const statement = prepare.call(this, text);
  if (text !== "COMMIT") return statement;
  const run = statement.run.bind(statement);
  return Object.assign(statement, {
    run: () => {
      if (isNext) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
      isNext = false;
      return run();
    },
  });
};
