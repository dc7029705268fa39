// Preloaded into a gateway's process: appends every name that it looks up and every connection that it opens, of its own
// accord, to a file. Nothing is changed.
import dgram from "node:dgram";
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import process from "node:process";

const file = process.env["COUNTERSIGN_TEST_OUTWARD"] ?? "";

/** @typedef {(this: unknown, ...args: unknown[]) => unknown} Call */

/**
 * @param {object} where
 * @param {string} name
 * @param {(args: readonly unknown[]) => string} said
 */
function watch(where, name, said) {
  const calls = /** @type {Record<string, Call>} */ (where);
  const real = /** @type {Call} */ (calls[name]);
  calls[name] = function (...args) {
    appendFileSync(file, `${said(args)}\n`);
    return Reflect.apply(real, this, args);
  };
}

watch(net.Socket.prototype, "connect", ([first]) => {
  /** @type {unknown} */
  const given = Array.isArray(first) ? first[0] : first;
  const options = /** @type {{ path?: string, host?: string, port?: number }} */ (given);
  return `connect ${options.path ?? options.host ?? "localhost"}:${String(options.port)}`;
});
watch(dgram.Socket.prototype, "send", () => "datagram");
for (const name of ["lookup", "resolve", "resolve4", "resolve6", "resolveAny", "resolveTxt", "resolveSrv"]) {
  watch(dns, name, ([host]) => `${name} ${String(host)}`);
  watch(dns.promises, name, ([host]) => `${name} ${String(host)}`);
}
syncBuiltinESMExports();
