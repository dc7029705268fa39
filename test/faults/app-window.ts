import { once } from "node:events";

import { _electron, type ElectronApplication, type Page } from "@playwright/test";
import { expect, vi } from "vitest";

import type { AppEvent, AppSnapshot, CommandInput, CommandName, Phase, Reply } from "#shared/ipc/contract.ts";

import { electronBinary, watchedArguments } from "../../demo/tour/app.ts";
import { buildEnvironment } from "../../scripts/build.mjs";
import type { Asked } from "./everywhere.ts";

/** The built app in a window, driven by its page: one start of it. */
export interface AppWindow extends Asked {
  readonly electron: ElectronApplication;
  readonly page: Page;
  /** What main wrote to its log. */
  readonly log: () => string;
  readonly ask: <C extends CommandName>(command: C, input: CommandInput<C>) => Promise<Reply<unknown>>;
  readonly snapshot: () => Promise<AppSnapshot>;
  readonly phase: <K extends Phase["kind"]>(kind: K) => Promise<Extract<Phase, { kind: K }>>;
  readonly close: () => Promise<void>;
}

export interface AppOptions {
  readonly profile: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const START_MS = 60_000;

/** Waits until what is looked at is as wanted; also where a file opens its site before its tests. */
export const until = async (look: () => unknown, wanted: unknown): Promise<void> => {
  await vi.waitFor(async () => expect(await look()).toEqual(wanted), { timeout: 30_000, interval: 50 });
};

export async function startApp({ profile, args, env }: AppOptions): Promise<AppWindow> {
  const electron = await _electron.launch({
    executablePath: electronBinary(),
    args: watchedArguments({ profile, args }),
    env: { ...buildEnvironment(), ...env } as Record<string, string>,
    timeout: START_MS,
  });
  let log = "";
  const child = electron.process();
  child.stderr?.on("data", (text: Buffer) => (log += text.toString()));
  const page = await electron.firstWindow({ timeout: START_MS });
  const told: AppEvent[] = [];
  await page.exposeFunction("told", (event: AppEvent) => void told.push(event));
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.evaluate(() => {
    const { told: tell } = globalThis as unknown as { readonly told: (event: unknown) => void };
    window.countersign?.onEvent((event) => tell(event));
  });

  const ask: AppWindow["ask"] = (command, input) =>
    page.evaluate(
      ([name, given]) => {
        const bridge = window.countersign as unknown as Record<string, (input: unknown) => Promise<Reply<unknown>>>;
        return bridge[name]!(given);
      },
      [command, input] as const,
    );
  const snapshot = async (): Promise<AppSnapshot> => {
    const reply = await ask("get_snapshot", undefined);
    if (!reply.ok) throw new Error(reply.error.code);
    return reply.value as AppSnapshot;
  };
  // Electron and the desktop write there too; these are main's own lines.
  const lines = (what: RegExp): string[] =>
    log.split("\n").filter((line) => /^countersign: /.test(line) && what.test(line));
  return {
    ...{ electron, page, ask, snapshot },
    log: () => log,
    events: { all: told },
    get faults() {
      return lines(/fault|failed|could not/);
    },
    get damaged() {
      return lines(/set aside/);
    },
    async phase(kind) {
      await until(async () => (await snapshot()).phase.kind, kind);
      return (await snapshot()).phase as never;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const isOver = once(child, "exit");
      await electron.close();
      await isOver;
    },
  };
}
