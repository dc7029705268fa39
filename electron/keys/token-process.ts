import { CountersignError } from "#shared/protocol/error.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { makeToken } from "./pkcs11/token.ts";
import { tokenFault } from "./pkcs11/token-fault.ts";
import type { TokenReply, TokenRequest } from "./pkcs11/token-messages.ts";

/**
 * Entry of the process that holds a smart card: a module of a card's maker runs here and not in main, which it cannot crash
 * or hang. Started by main for one person's key and ended at lock. It opens no network and no file of its own.
 */
let token: ReturnType<typeof makeToken> | undefined;

/** The native part is no part of the default package (README decision 5): where it is missing there are no cards, and it is said so. */
async function start(): Promise<ReturnType<typeof makeToken>> {
  try {
    const { loadCryptoki } = await import("./pkcs11/cryptoki.ts");
    return makeToken(loadCryptoki);
  } catch (cause) {
    throw tokenFault("module", "koffi", cause);
  }
}

async function answer(request: TokenRequest): Promise<TokenReply> {
  const { id } = request;
  try {
    token ??= await start();
    return { id, ok: true, output: run(token, request) };
  } catch (error) {
    // SECURITY: nothing of the input, which holds the PIN, goes back in an error.
    const fault = error instanceof CountersignError ? error : new CountersignError("E_CLI_TOKEN");
    return {
      id,
      ok: false,
      code: fault.code,
      message: fault.message === fault.code ? sentenceOf(fault.code) : fault.message,
    };
  }
}

function run(token: ReturnType<typeof makeToken>, request: TokenRequest): unknown {
  switch (request.call) {
    case "check":
      return token.check(request.input);
    case "make":
      return token.make(request.input);
    case "open":
      return token.open(request.input);
    case "present":
      return token.present(request.input);
    case "sign":
      return token.sign(request.input);
    case "forget":
      return token.forget(request.input);
    default:
      return request satisfies never;
  }
}

/** Electron's utility process has a port; a plain child of Node, as in tests, a channel. */
interface ParentPort {
  on(event: "message", listener: (message: { readonly data: TokenRequest }) => void): void;
  postMessage(reply: TokenReply): void;
}
const parent: { readonly parentPort?: ParentPort } = process;
if (parent.parentPort) {
  const port = parent.parentPort;
  port.on("message", ({ data }) => {
    void answer(data).then((reply) => {
      port.postMessage(reply);
    });
  });
} else {
  process.on("message", (data: TokenRequest) => {
    void answer(data).then((reply) => process.send?.(reply));
  });
  process.on("disconnect", () => {
    process.exit(0);
  });
}
