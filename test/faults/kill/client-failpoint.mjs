// Preloaded into a workstation's process (`NODE_OPTIONS=--import`): kills it at a place of its work with the disk and the
// network, with nothing of the product changed for it. COUNTERSIGN_TEST_DIE is `before|after sync|rename|send N`: the Nth of
// them since its start.
import { open } from "node:fs/promises";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";
import process from "node:process";

const [when, what, count] = (process.env["COUNTERSIGN_TEST_DIE"] ?? "").split(" ");
let left = Number(count);

const die = () => process.kill(process.pid, "SIGKILL");

/**
 * @template {object} T
 * @param {T} owner
 * @param {string & keyof T} name
 */
function watch(owner, name) {
  const real = /** @type {(...input: unknown[]) => unknown} */ (owner[name]);
  Reflect.set(
    owner,
    name,
    /** @this {unknown} @param {unknown[]} input */ function watched(...input) {
      left--;
      if (left === 0 && when === "before") die();
      const result = real.apply(this, input);
      if (left !== 0 || when !== "after") return result;
      if (!(result instanceof Promise)) return (die(), result);
      return result.finally(die);
    },
  );
}

if (what === "sync") {
  const any = await open(process.execPath);
  watch(Object.getPrototypeOf(any), "sync");
  await any.close();
} else if (what === "rename") {
  watch(fsPromises, "rename");
  syncBuiltinESMExports();
} else if (what === "send") {
  watch(Socket.prototype, "write");
}
