import { app, dialog, type BrowserWindow } from "electron";

import type { Workstation } from "../ipc/workstation-port.ts";
import { deepLinkIn, parseDeepLink } from "./deep-link.ts";

/** What the window's own life means for the person at work. */
export function watchWindow(window: BrowserWindow, workstation: Workstation): void {
  const focus = (): void => {
    workstation.focus(window.isFocused() && window.isVisible() && !window.isMinimized());
  };
  window.on("focus", focus);
  window.on("blur", focus);
  window.on("show", focus);
  window.on("hide", focus);
  window.on("minimize", focus);
  window.on("restore", focus);
  focus();
  // Whatever a page showed before it was loaded is not on the screen: a decision about it is refused.
  window.webContents.on("did-start-loading", () => {
    workstation.pageGone();
  });
  window.webContents.on("render-process-gone", (_event, { reason }) => {
    workstation.pageGone();
    if (reason !== "clean-exit") window.reload();
  });
}

/** Links from other programs, at start, while running, and on macOS: they open and never decide (approval-experience.md 6). */
export function watchLinks(workstation: Workstation, raise: () => void): void {
  const show = (rid: string | undefined): void => {
    if (rid !== undefined) workstation.show(rid);
  };
  show(deepLinkIn(process.argv));
  app.on("second-instance", (_event, argv) => {
    raise();
    show(deepLinkIn(argv));
  });
  app.on("open-url", (event, url) => {
    event.preventDefault();
    raise();
    show(parseDeepLink(url));
  });
  // Only an installed app claims the scheme; a checkout must not take it from one.
  if (app.isPackaged) app.setAsDefaultProtocolClient("countersign");
}

/** Ends in order: the key is given up, files are closed, then the app is gone. */
export function watchEnd(workstation: Workstation, close: () => void): void {
  app.on("window-all-closed", () => {
    app.quit();
  });
  app.once("will-quit", (event) => {
    event.preventDefault();
    close();
    // Not `quit`: asked for from inside this event it is not heard.
    void workstation.stop().finally(() => {
      app.exit(0);
    });
  });
}

/** Says that a file was damaged, with what was done and what to do. The app's own words, nothing of what was in it. */
export function tellDamage(window: BrowserWindow, folder: string): void {
  void dialog.showMessageBox(window, {
    type: "warning",
    title: window.getTitle(),
    message: "A file of your decisions on this computer is damaged.",
    detail: `The readable part is in use. The damaged file was set aside in ${folder}. Nothing was lost silently: tell IT. (E_CLI_JOURNAL)`,
  });
}
