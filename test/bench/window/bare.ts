import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * The same Electron with one window and one line of text in it, sandboxed like the app's: what every ratio of the window
 * bench is over (reliability.md 6.2).
 */
export function writeBareApp(folder: string): string {
  const root = path.join(folder, "bare");
  mkdirSync(root, { recursive: true });
  writeFileSync(path.join(root, "package.json"), JSON.stringify({ name: "bare", version: "1.0.0", main: "main.cjs" }));
  writeFileSync(
    path.join(root, "main.cjs"),
    `const { app, BrowserWindow } = require("electron");
app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 1280, height: 800, webPreferences: { sandbox: true } });
  window.loadFile("index.html");
});
app.on("window-all-closed", () => app.quit());
`,
  );
  writeFileSync(
    path.join(root, "index.html"),
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bare</title></head><body><p>Bare</p></body></html>\n`,
  );
  return root;
}
