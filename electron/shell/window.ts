import { BrowserWindow, screen } from "electron";

import { APP_ORIGIN, DEMO_QUERY } from "#shared/ipc/channels.ts";
import type { Mode } from "#shared/ipc/contract.ts";

import { productName } from "./product-name.ts";
import { MIN_SIZE, placeWindow, type Bounds } from "./window-bounds.ts";

export interface WindowOptions {
  readonly mode: Mode;
  readonly preload: string;
  readonly devTools: boolean;
}

export interface MainWindow {
  readonly window: BrowserWindow;
  /** Puts the window where it was and from now on remembers where it goes; it is shown once this and its first paint are done. */
  readonly place: (remembered: Bounds | undefined, remember: (bounds: Bounds) => void) => void;
}

/**
 * The one main window, hidden until it has its place and its first paint. Never always on top, never takes the focus by
 * itself.
 */
export function makeWindow(options: WindowOptions): MainWindow {
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter((d) => d.id !== primary.id);
  const areas = [primary, ...others].map((d) => d.workArea);
  const window = new BrowserWindow({
    ...placeWindow(undefined, areas),
    minWidth: MIN_SIZE.width,
    minHeight: MIN_SIZE.height,
    show: false,
    title: productName(options.mode),
    autoHideMenuBar: true,
    backgroundColor: "#f4f6f8",
    webPreferences: {
      preload: options.preload,
      // SECURITY: Electron checklist 2–4: no Node in the page, its own context, sandboxed.
      nodeIntegration: false,
      contextIsolation: true,
      sandbox: true,
      // SECURITY: no dictionary, no developer tools where people work.
      spellcheck: false,
      devTools: options.devTools,
      // SECURITY: files dropped on the window open nothing.
      navigateOnDragDrop: false,
      safeDialogs: true,
    },
  });
  const isPainted = new Promise<void>((resolve) => {
    window.once("ready-to-show", () => {
      resolve();
    });
  });
  // SECURITY: the title is the app's own words; a page cannot set it (approval-experience.md 8).
  window.on("page-title-updated", (event) => {
    event.preventDefault();
  });
  // SECURITY: what is being signed is kept out of screen capture where the system can do that (macOS, Windows).
  window.setContentProtection(true);
  void window.loadURL(`${APP_ORIGIN}/index.html${options.mode === "demo" ? DEMO_QUERY : ""}`);
  return {
    window,
    place(remembered, remember) {
      window.setBounds(placeWindow(remembered, areas));
      const tell = () => {
        if (!window.isMinimized() && !window.isFullScreen()) remember(window.getBounds());
      };
      window.on("moved", tell);
      window.on("resized", tell);
      window.on("close", tell);
      void isPainted.then(() => {
        if (!window.isDestroyed()) window.show();
      });
    },
  };
}
