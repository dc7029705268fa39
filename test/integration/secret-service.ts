import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

import { expect, vi } from "vitest";

/** Programs that a desktop's store for secrets needs here. */
export const SECRET_SERVICE = ["gnome-keyring-daemon", "dbus-daemon", "dbus-send"];

const TO_BUS = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"];

/** Whether somebody on this session bus answers for secrets. */
const answers = (env: NodeJS.ProcessEnv): boolean =>
  spawnSync("dbus-send", [...TO_BUS, "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"], {
    env,
    encoding: "utf8",
  }).stdout.includes("boolean true");

const until = (isThere: boolean, env: NodeJS.ProcessEnv): Promise<void> =>
  // The daemon says nothing in the foreground: its name on the bus is the only sign.
  vi.waitFor(() => expect(answers(env)).toBe(isThere), { timeout: 60_000, interval: 50 });

export interface SecretService {
  readonly stop: () => Promise<void>;
}

/** The desktop's store for secrets on this session bus, unlocked, with what it keeps below `home`; resolves when it answers. */
export async function startSecretService(env: NodeJS.ProcessEnv, home: string): Promise<SecretService> {
  const daemon = spawn("gnome-keyring-daemon", ["--foreground", "--unlock", "--components=secrets"], {
    env: { ...env, HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const isOver = once(daemon, "exit");
  daemon.stdin.end("password of the keyring");
  await until(true, env);
  return {
    async stop() {
      daemon.kill();
      await isOver;
      await until(false, env);
    },
  };
}
