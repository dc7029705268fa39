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
  const feed = process.argv.find((argument) => argument.startsWith("--feed="));
  if (feed === undefined) window.loadFile("index.html");
  else window.loadFile("feed.html", { hash: encodeURIComponent(feed.slice(7)) });
});
app.on("window-all-closed", () => app.quit());
`,
  );
  writeFileSync(
    path.join(root, "index.html"),
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bare</title></head><body><p>Bare</p></body></html>\n`,
  );
  writeFileSync(
    path.join(root, "feed.html"),
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bare</title></head><body><p>Bare</p><script>
let n = 0;
new WebSocket(decodeURIComponent(location.hash.slice(1))).onmessage = ({ data }) => {
  document.querySelector("p").textContent = ++n + " " + data.slice(0, 40);
};
</script></body></html>\n`,
  );
  return root;
}
