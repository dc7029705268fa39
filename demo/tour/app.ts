import { createRequire } from "node:module";
import path from "node:path";
import { _electron, type ElectronApplication, type Page } from "@playwright/test";

/** The real app, started for the tour. */
export interface RunningApp {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** What the page wrote to its console as errors or warnings; the tour ends with none. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Path of the Electron that setup prepared. */
export function electronBinary(): string {
  const found: unknown = createRequire(import.meta.url)("electron");
  if (typeof found !== "string") throw new Error("Electron is not set up. Run npm start.");
  return found;
}

export interface LaunchOptions {
  readonly profile: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Switches that every start of the app from this checkout needs. As root Electron cannot use its sandbox (runtime.md). */
export function appArguments({ profile, args }: LaunchOptions): string[] {
  const isRoot = process.getuid?.() === 0;
  return [ROOT, `--user-data-dir=${profile}`, ...(isRoot ? ["--no-sandbox"] : []), ...args];
}

/** As {@link appArguments}, for a start by Playwright: the app waits until Playwright has attached. */
export const watchedArguments = (options: LaunchOptions): string[] => [
  "-r",
  path.join(import.meta.dirname, "wait-for-debugger.cjs"),
  ...appArguments(options),
];

/** A start takes two seconds; a machine that does much else may need far longer. */
const START_MS = 60_000;

export async function launchApp(options: LaunchOptions): Promise<RunningApp> {
  const app = await _electron.launch({
    executablePath: electronBinary(),
    args: watchedArguments(options),
    env: { ...process.env, ...options.env } as Record<string, string>,
    timeout: START_MS,
  });
  const page = await app.firstWindow({ timeout: START_MS });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("crash", () => complaints.push("the page's process crashed"));
  await page.waitForLoadState("domcontentloaded", { timeout: START_MS });
  return { app, page, complaints, close: () => app.close() };
}
