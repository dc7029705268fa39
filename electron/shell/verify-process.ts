import { utilityProcess } from "electron";

import type { CheckReply } from "../records/messages.ts";
import type { StartVerifyProcess } from "../records/verifier.ts";

/** Starts the process that verifies history. @param file the built `verify-process.js` */
export const verifyProcess =
  (file: string): StartVerifyProcess =>
  () => {
    const child = utilityProcess.fork(file, [], { serviceName: "Countersign verifier", stdio: "ignore" });
    return {
      post(request) {
        child.postMessage(request);
      },
      onReply(listener) {
        child.on("message", (reply: CheckReply) => {
          listener(reply);
        });
      },
      onExit(listener) {
        child.once("exit", listener);
      },
      kill() {
        child.kill();
      },
    };
  };
