import { CountersignError } from "#shared/protocol/error.ts";
import { isErrorCode } from "#shared/protocol/registry.ts";

import type { TokenCall, TokenCalls, TokenReply, TokenRequest } from "./token-messages.ts";

/** A running token process: Electron's `utilityProcess`, or a child of Node in tests. */
export interface TokenProcess {
  post(request: TokenRequest): void;
  onReply(listener: (reply: TokenReply) => void): void;
  /** It is gone, for whatever reason; called once. */
  onExit(listener: () => void): void;
  kill(): void;
}
export type StartTokenProcess = () => TokenProcess;

/** Asks the process that holds the card, one call after another as they come. */
export interface TokenClient {
  /** @throws CountersignError what the process answered, or `E_CLI_TOKEN` when it ended or did not answer in time */
  ask<C extends TokenCall>(call: C, input: TokenCalls[C]["input"]): Promise<TokenCalls[C]["output"]>;
  /** Ends the process; the card's session ends with it. */
  end(): void;
}

/** A card makes a key in some seconds; one that takes longer hangs, as modules do when a reader is pulled out. */
const ANSWER_MS = 30_000;

export function makeTokenClient(start: StartTokenProcess): TokenClient {
  const waiting = new Map<number, { resolve: (output: unknown) => void; reject: (error: CountersignError) => void }>();
  const child = start();
  let last = 0;
  let isOver = false;
  const gone = () =>
    new CountersignError("E_CLI_TOKEN", "The smart card's module stopped. Lock and unlock to try again.");

  child.onReply((reply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.ok) asked?.resolve(reply.output);
    else asked?.reject(new CountersignError(isErrorCode(reply.code) ? reply.code : "E_CLI_TOKEN", reply.message));
  });
  child.onExit(() => {
    isOver = true;
    for (const asked of waiting.values()) asked.reject(gone());
    waiting.clear();
  });
  return {
    ask(call, input) {
      if (isOver) return Promise.reject(gone());
      return new Promise((resolve, reject) => {
        const id = ++last;
        const timer = setTimeout(() => {
          child.kill();
        }, ANSWER_MS);
        waiting.set(id, {
          resolve: (output) => {
            clearTimeout(timer);
            // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- both ends are of one build
            resolve(output as TokenCalls[typeof call]["output"]);
          },
          reject(error) {
            clearTimeout(timer);
            reject(error);
          },
        });
        // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- a call and its own input
        child.post({ id, call, input } as TokenRequest);
      });
    },
    end() {
      isOver = true;
      child.kill();
    },
  };
}
