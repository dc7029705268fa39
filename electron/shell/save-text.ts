import { app, dialog, type BrowserWindow } from "electron";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { CountersignError } from "#shared/protocol/error.ts";

/**
 * Asks the person where, and writes there. SECURITY: the page names neither the folder nor the text (T-37).
 * @returns false when the person changed their mind
 * @throws CountersignError `E_CLI_FILE`
 */
export async function saveText(window: BrowserWindow, name: string, text: string): Promise<boolean> {
  const defaultPath = path.join(app.getPath("documents"), name);
  const { canceled, filePath } = await dialog.showSaveDialog(window, { defaultPath });
  if (canceled) return false;
  try {
    await writeFile(filePath, text, { mode: 0o600 });
  } catch (cause) {
    throw new CountersignError("E_CLI_FILE", undefined, { cause });
  }
  return true;
}
