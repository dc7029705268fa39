import { app, dialog, type BrowserWindow } from "electron";
import path from "node:path";

/** Asks the person where a file goes; undefined when they changed their mind. SECURITY: the page names no folder (T-37). */
export async function askWhere(window: BrowserWindow, name: string): Promise<string | undefined> {
  const defaultPath = path.join(app.getPath("documents"), name);
  const { canceled, filePath } = await dialog.showSaveDialog(window, { defaultPath });
  return canceled || filePath === "" ? undefined : filePath;
}
