import { app, dialog, Menu, protocol, session } from "electron";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import path from "node:path";

import { APP_SCHEME } from "#shared/ipc/channels.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { openDoor, type Answer } from "./ipc/door.ts";
import { canBeHandedOver, readLaunch } from "./launch.ts";
import { loadAppFiles } from "./shell/app-files.ts";
import { appProtocol, appScheme } from "./shell/app-protocol.ts";
import { closeSideDoors, denyPermissions, guardEveryPage } from "./shell/harden.ts";
import { delivered, filesOf } from "./shell/page-files.ts";
import { productName } from "./shell/product-name.ts";
import { makeWindow } from "./shell/window.ts";

/**
 * Composition root: wiring only. What has to happen before the app is ready happens at once; then the window, which has a
 * page to read; and while it reads, all the rest (start-workstation.ts).
 */

const launch = readLaunch({ argv: process.argv, version: app.getVersion(), isPackaged: app.isPackaged });
const name = productName(launch.mode);
const here = import.meta.dirname;

// SECURITY: Electron checklist 4: every page of this app is sandboxed, whatever its own preferences say. Chromium's sandbox
// does not work for root at all, so tests that run as root say --no-sandbox; for anybody else that switch changes nothing here.
if (!(process.getuid?.() === 0 && app.commandLine.hasSwitch("no-sandbox"))) app.enableSandbox();
// SECURITY: the demonstration keeps to a profile of its own (approval-experience.md S13).
if (launch.mode === "demo" && !app.commandLine.hasSwitch("user-data-dir")) {
  app.setPath("userData", `${app.getPath("userData")}-demo`);
}
protocol.registerSchemesAsPrivileged([appScheme]);
guardEveryPage(app);
// The default menu offers reloading and developer tools; macOS needs one for copying and quitting.
if (process.platform !== "darwin") Menu.setApplicationMenu(null);

if (!canBeHandedOver(process.argv, process.cwd())) {
  say("was started with more than it reads");
  app.exit(1);
  // SECURITY: one instance for each profile: two would sign from the same chain (T-30).
} else if (app.requestSingleInstanceLock()) {
  // Not awaited at top level: an ES module that waits for `ready` while it loads never becomes ready.
  void app.whenReady().then(start).catch(stopWith);
} else {
  app.quit();
}

/** Codes and names only: nothing of a request is ever written to a log (protocol.md 3.19). */
function say(what: string, error?: unknown): void {
  const detail = error instanceof CountersignError ? error.code : error instanceof Error ? error.name : "";
  process.stderr.write(`countersign: ${what}${detail === "" ? "" : ` ${detail}`}\n`);
}

function stopWith(error: unknown): void {
  say("could not start", error);
  dialog.showErrorBox(`${name} could not start`, error instanceof CountersignError ? error.message : String(error));
  app.exit(1);
}

async function start(): Promise<void> {
  const files = loadAppFiles(path.join(here, "../renderer"));
  denyPermissions(session.defaultSession);
  closeSideDoors(session.defaultSession);
  protocol.handle(
    APP_SCHEME,
    appProtocol(files, () => encodeBase64url(randomBytes(18))),
  );
  const pageHasItsFiles = delivered(session.defaultSession, filesOf(files, "/index.html"));
  const answer = Promise.withResolvers<Answer>();
  const closeDoor = openDoor(answer.promise, () => {
    say("refused a message from a stranger");
  });
  const { window, place } = makeWindow({
    mode: launch.mode,
    preload: path.join(here, "../preload/preload.cjs"),
    // SECURITY: no developer tools where people work (reliability.md 1.5).
    devTools: !app.isPackaged,
  });
  // The page first: whatever is loaded here before it has its own keeps it waiting.
  const isOver = (["did-finish-load", "did-fail-load"] as const).map((name) => once(window.webContents, name));
  await Promise.race([pageHasItsFiles, ...isOver]);
  const { startWorkstation } = await import("./start-workstation.ts");
  await startWorkstation({ launch, window, placeWindow: place, answer: answer.resolve, closeDoor, say });
}
