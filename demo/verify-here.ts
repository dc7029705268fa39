import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";

import { check } from "../electron/records/check.ts";
import type { StartVerifyProcess } from "../electron/records/verifier.ts";

/** For a workstation without a window, which has no Electron to start a process with: the same checks, in this one. */
export const verifyHere: StartVerifyProcess = () => {
  const crypto = makeNodeCrypto();
  let heard: (reply: Parameters<Parameters<ReturnType<StartVerifyProcess>["onReply"]>[0]>[0]) => void = () => undefined;
  return {
    post({ id, input }) {
      queueMicrotask(() => {
        heard({ id, ok: true, output: check(crypto, input) });
      });
    },
    onReply(listener) {
      heard = listener;
    },
    onExit: () => undefined,
    kill: () => undefined,
  };
};
