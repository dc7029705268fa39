import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

import type { Mode } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

/** What is fixed when the app starts and can never be changed from the page. */
export interface Launch {
  readonly mode: Mode;
  /** Which kind of gateway this start of the app works with (README decision 4). */
  readonly accepts: "production" | "demo";
  /** Keys without the operating system's store: demonstration and tests only (README decision 7). */
  readonly softwareKeys: boolean;
  /** The PKCS#11 module of the site's cards, if IT named one. */
  readonly cardModule?: string;
  /** The organisation's settings, where they are not in their place: development alone. */
  readonly managedFile?: string;
  /** File with a ticket, its code and a PIN, for an enrolment without hands. */
  readonly demoFile?: string;
}

const DEMO_SWITCH = "--countersign-demo=";
const MANAGED_SWITCH = "--countersign-managed=";
const CARD_SWITCH = "--countersign-pkcs11=";

/**
 * Reads the command line. SECURITY: the demonstration exists only in a build that is not for production: unpackaged, or
 * packaged on the assembled runtime, whose version ends in `-dev` (README decision 4; H13).
 */
export function readLaunch(input: {
  readonly argv: readonly string[];
  readonly version: string;
  readonly isPackaged: boolean;
}): Launch {
  const isDevelopment = !input.isPackaged || input.version.endsWith("-dev");
  const valueOf = (name: string) => input.argv.find((arg) => arg.startsWith(name))?.slice(name.length);
  // SECURITY: native code to load is named where the app is started and never by the page (T-37).
  const module = valueOf(CARD_SWITCH);
  const card = module === undefined || !path.isAbsolute(module) ? {} : { cardModule: module };
  if (!isDevelopment) return { mode: "live", accepts: "production", softwareKeys: false, ...card };
  const managedFile = valueOf(MANAGED_SWITCH);
  const parts = { ...card, ...(managedFile === undefined ? {} : { managedFile }) };
  const asked = valueOf(DEMO_SWITCH);
  if (asked === undefined) return { mode: "live", accepts: "demo", softwareKeys: false, ...parts };
  const demo = { mode: "demo", accepts: "demo", softwareKeys: true, ...parts } as const;
  return asked === "" || asked === "on" ? demo : { ...demo, demoFile: asked };
}

/**
 * A second start hands its command line to the one that runs; Chromium drops a message of more than 32 KiB, and then takes the
 * receiver for hung and kills it (ProcessSingleton on Linux). Half of that is far above any start of this app.
 */
const MOST_HANDED_OVER = 16 * 1024;

/** SECURITY: false for a command line that would end the app at work: a link may be as long as whoever wrote it likes (F21). */
export const canBeHandedOver = (argv: readonly string[], folder: string): boolean =>
  [folder, ...argv].reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0) <= MOST_HANDED_OVER;

/** Enrols by itself: for the demonstration's window and for tests. */
export interface DemoEnrolment {
  readonly ticket: string;
  readonly code: string;
  readonly pin: string;
  /** Where the menu of scenarios is served, on this computer. */
  readonly host?: string;
}

/** @throws CountersignError `E_CLI_INPUT` */
export async function readDemoFile(file: string): Promise<DemoEnrolment> {
  try {
    const value = parseStrict(await readFile(file, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const { ticket, code, pin, host } = value;
      const text = typeof ticket === "string" ? ticket : JSON.stringify(ticket);
      if (typeof code === "string" && typeof pin === "string") {
        if (host === undefined) return { ticket: text, code, pin };
        if (typeof host === "string") return { ticket: text, code, pin, host };
      }
    }
  } catch (cause) {
    throw new CountersignError("E_CLI_INPUT", "The demonstration's file cannot be read.", { cause });
  }
  throw new CountersignError("E_CLI_INPUT", "The demonstration's file has no ticket, code and PIN.");
}

/** Where the modules of OpenSC, of p11-kit and of common distributions are. */
const CARD_MODULES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib64/opensc-pkcs11.so",
    "/usr/lib64/pkcs11/opensc-pkcs11.so",
  ],
  darwin: ["/Library/OpenSC/lib/opensc-pkcs11.so"],
  win32: ["C:\\Program Files\\OpenSC Project\\OpenSC\\pkcs11\\opensc-pkcs11.dll"],
};

/** The module for cards: the one named at start, or OpenSC where it is installed, or none. */
export const findCardModule = (launch: Launch): string | undefined =>
  launch.cardModule ?? CARD_MODULES[process.platform]?.find((file) => existsSync(file));
