import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";

import { makeAnswering } from "./answering.ts";
import type { CheckReply, CheckRequest } from "./messages.ts";

/**
 * Entry of the process that verifies history: hundreds of signatures a page are no work for the process that holds keys and
 * socket, and nothing that a gateway sends there can stop it. Started by main at the first look and ended at lock. It opens
 * no network and no file, and keeps nothing from one question to the next, but facts (numbers and codes, nothing of a patient)
 * until the question about them.
 */
const answering = makeAnswering(makeNodeCrypto());

function answer(request: CheckRequest): CheckReply {
  try {
    return answering(request);
  } catch {
    // SECURITY: nothing of the input, which holds patients, goes anywhere in an error.
    return { id: request.id, ok: false };
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
