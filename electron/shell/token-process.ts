import { utilityProcess } from "electron";

import type { StartTokenProcess } from "../keys/pkcs11/token-client.ts";
import type { TokenReply } from "../keys/pkcs11/token-messages.ts";

/**
 * Starts the process that holds a smart card. SECURITY: a card maker's module never runs in main: it may crash, hang or read
 * what is in its process (Electron `utilityProcess`; reliability.md 4.1).
 * @param file the built `token-process.js`
 */
export const tokenProcess =
  (file: string): StartTokenProcess =>
  () => {
    const child = utilityProcess.fork(file, [], { serviceName: "Countersign smart card", stdio: "ignore" });
    return {
      post(request) {
        child.postMessage(request);
      },
      onReply(listener) {
        child.on("message", (reply: TokenReply) => {
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
