import { readFile } from "node:fs/promises";
import path from "node:path";

import { commands, type CommandInput } from "#shared/ipc/contract.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";

/** What the organisation has set for this computer; the rest is its people's (approval-experience.md S12). */
export type ManagedSettings = CommandInput<"set_settings">;

/** Where only an administrator can write. Never taken from the environment: a person could point it elsewhere. */
const FOLDERS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: "/Library/Application Support/Countersign",
  win32: "C:\\ProgramData\\Countersign",
};

export const managedSettingsFile = (platform: NodeJS.Platform): string =>
  (platform === "win32" ? path.win32 : path.posix).join(FOLDERS[platform] ?? "/etc/countersign", "settings.json");

/**
 * Reads the organisation's settings; none where there is no file. SECURITY: one that cannot be used stops the start: times
 * in another zone, or another certificate authority, than the organisation meant are worse than no app.
 * @throws CountersignError `E_CLI_INPUT` naming the file and what is wrong with it
 */
export async function readManagedSettings(file: string): Promise<ManagedSettings> {
  const refuse = (what: string, cause?: unknown): never => {
    const why = `${file}, in which your organisation sets up Countersign for this computer, cannot be used: ${what}. Ask IT.`;
    throw new CountersignError("E_CLI_INPUT", why, { cause });
  };
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const isMissing =
      cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
    return isMissing ? {} : refuse("it cannot be read", cause);
  }
  let json: unknown;
  try {
    json = parseStrict(text.trim());
  } catch (cause) {
    return refuse("it is not JSON", cause);
  }
  const parsed = commands.set_settings.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : issue?.path.map(String).join(".");
    return refuse(where ? `there is no such setting or value: ${where}` : "it is not a list of settings", parsed.error);
  }
  return parsed.data;
}
