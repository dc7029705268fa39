import { execFileSync, fork, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import { onTestFinished } from "vitest";

import type { StartTokenProcess, TokenProcess } from "../../../electron/keys/pkcs11/token-client.ts";
import type { TokenReply } from "../../../electron/keys/pkcs11/token-messages.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

const MODULES = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"];
const found = MODULES.find((file) => existsSync(file));
const canRun = found !== undefined && spawnSync("softhsm2-util", ["--version"]).status === 0;

/** The module of SoftHSM, a card in software, where it is installed. */
export const SOFT_TOKEN_MODULE = canRun ? found : undefined;
/** Said by tests that need it and cannot run. */
export const NO_SOFT_TOKEN = "skipped: SoftHSM is not installed (apt-get install softhsm2)";
export const CARD_PIN = "482915";

/** Makes cards in a folder. Returns the environment in which the module sees them and no others. */
export function makeCards(folder: string, labels: readonly string[]): NodeJS.ProcessEnv {
  const tokens = path.join(folder, "tokens");
  mkdirSync(tokens);
  const conf = path.join(folder, "softhsm2.conf");
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const env = { ...process.env, SOFTHSM2_CONF: conf };
  for (const label of labels) {
    const words = ["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", CARD_PIN];
    execFileSync("softhsm2-util", words, { env, stdio: "ignore" });
  }
  return env;
}

/** A card of its own, and the real token process started as a child that sees this card alone. */
export async function makeSoftToken(labels: readonly string[] = ["OKAFOR"]): Promise<{
  readonly start: StartTokenProcess;
  readonly children: readonly { kill(signal: NodeJS.Signals): boolean }[];
  /** Everything that went to the process. */
  readonly posted: readonly string[];
  /** Takes the card out, and puts it back. */
  remove(): void;
  insert(): void;
}> {
  const folder = await makeTemporaryFolder();
  const tokens = path.join(folder, "tokens");
  const env = makeCards(folder, labels);
  const children: ReturnType<typeof fork>[] = [];
  const posted: string[] = [];
  onTestFinished(() => {
    for (const child of children) child.kill("SIGKILL");
  });
  return {
    children,
    posted,
    start(): TokenProcess {
      const child = fork(path.resolve("electron/keys/token-process.ts"), [], {
        env,
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      });
      children.push(child);
      return {
        post(request) {
          posted.push(request.call);
          child.send(request);
        },
        onReply(listener) {
          child.on("message", (reply) => {
            listener(reply as TokenReply);
          });
        },
        onExit(listener) {
          child.once("exit", listener);
        },
        kill() {
          child.kill("SIGKILL");
        },
      };
    },
    remove() {
      renameSync(tokens, `${tokens}.out`);
      mkdirSync(tokens);
    },
    insert() {
      renameSync(tokens, `${tokens}.empty`);
      renameSync(`${tokens}.out`, tokens);
    },
  };
}
