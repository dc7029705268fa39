import { CountersignError } from "#shared/protocol/error.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * A gateway's WebSocket address: `wss:`, or `ws:` on a loopback address for development and tests (README decision 17).
 * @throws CountersignError `E_CLI_INPUT`
 */
export function parseEndpoint(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", "The gateway's address is not a URL.", { cause });
  }
  // SECURITY: encrypted transport only, protocol.md 3.4.1; plain sockets never leave this computer.
  const allowed = url.protocol === "wss:" || (url.protocol === "ws:" && LOOPBACK.has(url.hostname));
  if (!allowed) throw new CountersignError("E_CLI_INPUT", "The gateway's address must begin with wss://.");
  // SECURITY: no secrets in the URL, protocol.md 3.4.1: addresses end up in logs.
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new CountersignError("E_CLI_INPUT", "The gateway's address may hold no name, password or query.");
  }
  return url;
}
