import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";

import { check } from "./check.ts";
import type { CheckReply, CheckRequest } from "./messages.ts";

/**
 * Entry of the process that verifies history: hundreds of signatures a page are no work for the process that holds keys and
 * socket, and nothing that a gateway sends there can stop it. Started by main at the first look and ended at lock. It opens
 * no network and no file, and keeps nothing from one question to the next.
 */
const crypto = makeNodeCrypto();

function answer({ id, input }: CheckRequest): CheckReply {
  try {
    return { id, ok: true, output: check(crypto, input) };
  } catch {
    // SECURITY: nothing of the input, which holds patients, goes anywhere in an error.
    return { id, ok: false };
  }
}

/** Electron's utility process has a port; a plain child of Node, as in tests, a channel. */
interface ParentPort {
  on(event: "message", listener: (message: { readonly data: CheckRequest }) => void): void;
  postMessage(reply: CheckReply): void;
}
const parent: { readonly parentPort?: ParentPort } = process;
if (parent.parentPort) {
  const port = parent.parentPort;
  port.on("message", ({ data }) => {
    port.postMessage(answer(data));
  });
} else {
  process.on("message", (data: CheckRequest) => {
    process.send?.(answer(data));
  });
  process.on("disconnect", () => {
    process.exit(0);
  });
}
