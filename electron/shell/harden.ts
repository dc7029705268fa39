import type { App, Session, WebContents } from "electron";

import { isOwnPage } from "../ipc/sender.ts";

/** SECURITY: Electron checklist 5: nothing the page could ask for is granted; notifications come from main. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => {
    answer(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  const pickNothing = (event: { preventDefault(): void }) => {
    event.preventDefault();
  };
  session.on("select-hid-device", pickNothing);
  session.on("select-serial-port", pickNothing);
  session.on("select-usb-device", pickNothing);
}

/** SECURITY: no text leaves the machine for a spelling dictionary, and no download is ever accepted. */
export function closeSideDoors(session: Session): void {
  session.setSpellCheckerEnabled(false);
  session.setSpellCheckerLanguages([]);
  session.on("will-download", (event) => {
    event.preventDefault();
  });
}

/** What stops a page from becoming another page, or from making one. Applied to every web contents ever created. */
export function guardNavigation(contents: WebContents): void {
  const stay = (event: { preventDefault(): void; readonly url: string }) => {
    // SECURITY: Electron checklist 13: navigation only within the app's own origin, compared by URL parser.
    if (!isOwnPage({ url: event.url, parent: null })) event.preventDefault();
  };
  contents.on("will-navigate", stay);
  contents.on("will-frame-navigate", stay);
  contents.on("will-redirect", stay);
  // SECURITY: Electron checklist 14: no new windows.
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
  // SECURITY: Electron checklist 11, 12: no webviews.
  contents.on("will-attach-webview", (event) => {
    event.preventDefault();
  });
}

/** Guards every web contents from its creation on. */
export function guardEveryPage(app: App): void {
  app.on("web-contents-created", (_event, contents) => {
    guardNavigation(contents);
  });
}
