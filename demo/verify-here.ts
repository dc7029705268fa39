import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";

import { makeAnswering } from "../electron/records/answering.ts";
import type { StartVerifyProcess } from "../electron/records/verifier.ts";

/** For a workstation without a window, which has no Electron to start a process with: the same checks, in this one. */
export const verifyHere: StartVerifyProcess = () => {
  const answer = makeAnswering(makeNodeCrypto());
  let heard: (reply: Parameters<Parameters<ReturnType<StartVerifyProcess>["onReply"]>[0]>[0]) => void = () => undefined;
  return {
    post(request) {
      queueMicrotask(() => {
        heard(answer(request));
      });
    },
    onReply(listener) {
      heard = listener;
    },
    onExit: () => undefined,
    kill: () => undefined,
  };
};
