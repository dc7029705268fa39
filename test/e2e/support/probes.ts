import type { CDPSession, ElectronApplication, Page } from "@playwright/test";

import { COMMAND_CHANNEL } from "#shared/ipc/channels.ts";

/** What main is asked by the page from now on, by the commands' names, in order. */
export async function watchCommands(app: ElectronApplication): Promise<() => Promise<readonly string[]>> {
  await app.evaluate(({ ipcMain }, channel) => {
    type Handler = (event: unknown, call: { readonly command: string }) => unknown;
    // Electron keeps its handlers here; there is no public way to listen beside one.
    const handlers = (ipcMain as unknown as { readonly _invokeHandlers: Map<string, Handler> })._invokeHandlers;
    const real = handlers.get(channel);
    if (real === undefined) throw new Error("the door is not where it was");
    const asked: string[] = [];
    Object.assign(globalThis, { asked });
    handlers.set(channel, (event, call) => {
      asked.push(call.command);
      return real(event, call);
    });
  }, COMMAND_CHANNEL);
  return () => app.evaluate(() => (globalThis as unknown as { readonly asked: string[] }).asked);
}

/** Makes the window's content this big, and waits until the page has noticed and nothing moves any more. */
export async function resizeWindow(app: ElectronApplication, page: Page, width: number, height: number): Promise<void> {
  await app.evaluate(
    ({ BrowserWindow }, size) => {
      BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height);
    },
    { width, height },
  );
  await page.waitForFunction((wanted) => Math.abs(window.innerWidth - wanted) < 20, width);
  await settle(app, page);
}

/** Moves the window, and waits until the page has noticed and nothing moves any more. */
export async function moveWindow(app: ElectronApplication, page: Page, by: number): Promise<void> {
  const place = await page.evaluate(() => ({ x: window.screenX, y: window.screenY }));
  await app.evaluate(({ BrowserWindow }, px) => {
    const [window] = BrowserWindow.getAllWindows();
    const [x = 0, y = 0] = window?.getPosition() ?? [];
    window?.setPosition(x + px, y + px);
  }, by);
  await page.waitForFunction(({ x, y }) => window.screenX !== x && window.screenY !== y, place);
  await settle(app, page);
}

/**
 * Waits until main and the page agree on place and size for a while: a window manager corrects both after it has granted
 * them, and each correction is another one.
 */
async function settle(app: ElectronApplication, page: Page): Promise<void> {
  let last = "";
  for (let agreed = 0; agreed < SETTLED;) {
    const now = JSON.stringify([
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds()),
      await page.evaluate(() => [window.screenX, window.screenY, window.innerWidth, window.innerHeight]),
    ]);
    agreed = now === last ? agreed + 1 : 0;
    last = now;
  }
}

/** Readings in a row; one takes some milliseconds, there and back through two processes. */
const SETTLED = 30;

/** The authenticator waits: no PIN is judged until it is let go. Works on the module that main took its scrypt from. */
export async function holdPinChecks(app: ElectronApplication): Promise<() => Promise<void>> {
  await app.evaluate(() => {
    type Scrypt = (...given: readonly unknown[]) => void;
    const load = process.getBuiltinModule.bind(process);
    const crypto = load("node:crypto") as unknown as { scrypt: Scrypt };
    const real = crypto.scrypt;
    const waiting: (() => void)[] = [];
    const put = (scrypt: Scrypt): void => {
      crypto.scrypt = scrypt;
      load("node:module").syncBuiltinESMExports();
    };
    put((...given) => waiting.push(() => real(...given)));
    Object.assign(globalThis, {
      letGo: () => {
        put(real);
        for (const go of waiting.splice(0)) go();
      },
    });
  });
  return () => app.evaluate(() => (globalThis as unknown as { readonly letGo: () => void }).letGo());
}

/** One for each page, kept: Chromium's page process can crash when its accessibility tree is let go while it is rebuilt. */
const inspectors = new WeakMap<Page, CDPSession>();

/** Everything of the page that somebody could read: markup, what assistive technology gets, and the window's title. */
export async function wholePage(app: ElectronApplication, page: Page): Promise<string> {
  const markup = await page.evaluate(() => `${document.title} ${document.documentElement.outerHTML}`);
  let inspector = inspectors.get(page);
  if (inspector === undefined) inspectors.set(page, (inspector = await page.context().newCDPSession(page)));
  const { nodes } = await inspector.send("Accessibility.getFullAXTree");
  const titles = await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((window) => `${window.getTitle()} ${window.webContents.getTitle()}`),
  );
  return [markup, JSON.stringify(nodes), ...titles].join("\n");
}

/** Nobody has used the workstation for `seconds`, says the system and main's clock. Resolves when main has looked. */
export async function idleFor(app: ElectronApplication): Promise<(seconds: number) => Promise<void>> {
  await app.evaluate(({ powerMonitor }) => {
    const real = performance.now.bind(performance);
    const state = { aheadMs: 0, idleS: 0, looked: (): void => {} };
    performance.now = () => real() + state.aheadMs;
    powerMonitor.getSystemIdleTime = () => {
      // After the answer was used.
      setImmediate(state.looked);
      return state.idleS;
    };
    Object.assign(globalThis, {
      idleFor: async (seconds: number) => {
        state.idleS = seconds;
        state.aheadMs += seconds * 1000;
        await new Promise<void>((resolve) => {
          state.looked = resolve;
        });
      },
    });
  });
  return (seconds) =>
    app.evaluate(
      (_electron, to) => (globalThis as unknown as { readonly idleFor: (s: number) => Promise<void> }).idleFor(to),
      seconds,
    );
}

/** A key of the keyboard, by main's way: the keys of the inspector reach the page without being shown to main first. */
export async function pressOnDesk(app: ElectronApplication, keyCode: string): Promise<void> {
  await app.evaluate(({ BrowserWindow }, key) => {
    const page = BrowserWindow.getAllWindows()[0]?.webContents;
    for (const type of ["keyDown", "char", "keyUp"] as const) page?.sendInputEvent({ type, keyCode: key });
  }, keyCode);
}

/** The person looks at another program, as main sees it: how a desktop moves the focus is not for a test to depend on. */
export async function lookAway(app: ElectronApplication, isAway = true): Promise<void> {
  await app.evaluate(({ BrowserWindow }, away) => {
    const [window] = BrowserWindow.getAllWindows();
    if (window !== undefined) window.isFocused = () => !away;
  }, isAway);
}

export interface Notice {
  readonly title: string;
  readonly body: string;
  readonly actions: readonly string[];
  readonly hasReply: boolean;
}

/** What main hands to the desktop's notifications from now on; none is shown. */
export async function recordNotices(
  app: ElectronApplication,
): Promise<{ all: () => Promise<readonly Notice[]>; click: () => Promise<void> }> {
  await app.evaluate(({ Notification }) => {
    const shown: Electron.Notification[] = [];
    Notification.isSupported = () => true;
    Notification.prototype.show = function (this: Electron.Notification) {
      shown.push(this);
    };
    Object.assign(globalThis, { shown });
  });
  type Held = { readonly shown: Electron.Notification[] };
  return {
    all: () =>
      app.evaluate(() =>
        (globalThis as unknown as Held).shown.map(({ title, body, actions, hasReply }) => ({
          title,
          body,
          actions: actions.map(({ text }) => text ?? ""),
          hasReply,
        })),
      ),
    click: () =>
      app.evaluate(() => {
        (globalThis as unknown as Held).shown.at(-1)?.emit("click");
      }),
  };
}

export interface Menus {
  readonly application: readonly string[];
  readonly tray: readonly string[];
  /** What the tray said under the pointer, each time it was set. */
  readonly toolTips: readonly string[];
}

/** Labels of the application's menu, and of the tray's as it is set from now on. */
export async function menusOf(app: ElectronApplication): Promise<() => Promise<Menus>> {
  await app.evaluate(({ Tray }) => {
    const labels: string[] = [];
    const toolTips: string[] = [];
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own tray
    const real = Tray.prototype.setContextMenu;
    Tray.prototype.setContextMenu = function (this: Electron.Tray, menu) {
      labels.splice(0, labels.length, ...(menu?.items ?? []).map(({ label }) => label));
      real.call(this, menu);
    };
    Tray.prototype.setToolTip = (text) => void toolTips.push(text);
    Object.assign(globalThis, { labels, toolTips });
  });
  return () =>
    app.evaluate(({ Menu }) => {
      const { labels, toolTips } = globalThis as unknown as { readonly labels: string[]; readonly toolTips: string[] };
      const application = (Menu.getApplicationMenu()?.items ?? []).map(({ label }) => label);
      return { application, tray: labels, toolTips };
    });
}

/** Whether the demonstration's strip is there, reaches across the window at its top, and has nothing over it. */
export async function demoStrip(page: Page): Promise<"on top" | "covered" | "not there"> {
  return page.evaluate(() => {
    const strip = Array.from(document.querySelectorAll("aside")).find(
      ({ textContent }) => textContent === "DEMO - nothing here is real",
    );
    if (strip === undefined) return "not there";
    const { left, top, right, bottom } = strip.getBoundingClientRect();
    const isAcross = left === 0 && top === 0 && Math.abs(right - window.innerWidth) < 1 && bottom > 20;
    const places = [1, (left + right) / 2, right - 1].flatMap((x) => [1, bottom - 1].map((y) => [x, y] as const));
    return isAcross && places.every(([x, y]) => document.elementFromPoint(x, y) === strip) ? "on top" : "covered";
  });
}
