import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";

import { APP_ORIGIN } from "#shared/ipc/channels.ts";

import { launchApp, type RunningApp } from "../../../demo/tour/app.ts";

/** The gallery of screens in the app's own Electron, under the app's own policy, without a gateway. */
export interface Gallery {
  readonly running: RunningApp;
  readonly page: Page;
  /** Opens one state; `options` as in the address, e.g. `theme=dark`. */
  readonly show: (id: string, ...options: readonly string[]) => Promise<void>;
  readonly resize: (width: number, height: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openGallery(): Promise<Gallery> {
  const profile = mkdtempSync(path.join(os.tmpdir(), "countersign-gallery-"));
  const running = await launchApp({ profile, args: ["--countersign-demo=on"] });
  const { app, page } = running;
  let loads = 0;
  return {
    running,
    page,
    show: async (id, ...options) => {
      // Another query makes another document: nothing of the state before stays.
      await page.goto(`${APP_ORIGIN}/gallery.html?${String(loads++)}#${[id, ...options].join(";")}`);
      await page.locator("[data-prov]").first().waitFor();
      await page.evaluate(async () => document.fonts.ready);
      await isThere(page);
    },
    resize: async (width, height) => {
      const size = { width, height };
      await app.evaluate(({ BrowserWindow }, { width: w, height: h }) => {
        BrowserWindow.getAllWindows()[0]?.setContentSize(w, h);
      }, size);
      await page.waitForFunction(({ width: w }) => Math.abs(window.innerWidth - w) < 3, size);
    },
    close: async () => {
      await running.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** The code of some screens is read when they are first gone to. */
async function isThere(page: Page): Promise<void> {
  await page.locator("[data-coming]").waitFor({ state: "detached" });
}

/** Goes to a state in the same document: what is looked at is drawn anew, and loading it once saves a minute. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    window.location.hash = to;
  }, hash);
  await page.waitForFunction((to) => document.documentElement.dataset["drawn"] === `#${to}`, hash);
  await isThere(page);
}

export async function idsOfGallery({ page, show }: Gallery): Promise<readonly string[]> {
  await show("");
  return page.locator("li a").evaluateAll((links) => links.map((link) => link.getAttribute("href")?.slice(1) ?? ""));
}

/** Reads a request to its end with the keyboard alone and ticks every warning. `press` is how a key is pressed. */
export async function readWithKeys(
  page: Page,
  press: (key: string) => Promise<void> = (key) => page.keyboard.press(key),
): Promise<void> {
  // The bar's count as well as why Approve is off: that says first what the reader can do nothing about, such as a line that
  // is being looked at; and in a narrow bar the count is not drawn.
  const unseen = page.getByText(/fields? not seen/);
  for (let turn = 0; turn < 400 && (await unseen.count()) > 0; turn++) {
    await press("PageDown");
    await drawn(page);
  }
  for (const tick of await page.getByRole("checkbox", { name: /^I have read this/ }).all()) await tick.check();
}

/** So long a page may draw nothing by itself before it is asked to. */
const STILL_MS = 500;

/** Waits until what is in view now was drawn, and the app told of it. No clock of a test stops that. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(() => {
    const drawing = { isDone: false };
    const observer = new IntersectionObserver(() => {
      drawing.isDone = true;
    });
    observer.observe(document.body);
    // Held, because one that nobody holds may be collected before it has spoken, and a promise would wait for ever.
    Object.assign(globalThis, { drawing, drawingObserver: observer });
  });
  type Held = { readonly drawing: { readonly isDone: boolean } };
  const askedAt = Date.now() + STILL_MS;
  const look = async (): Promise<string> => {
    const state = await page.evaluate(() =>
      (globalThis as unknown as Held).drawing.isDone ? "drawn" : `nothing drawn, ${document.visibilityState}`,
    );
    // Seen once in some hundred runs on a virtual display: no frame for twenty seconds, with one due. A picture needs one.
    if (state !== "drawn" && Date.now() > askedAt) await page.screenshot({ clip: { x: 0, y: 0, width: 1, height: 1 } });
    return state;
  };
  await expect.poll(look, { intervals: [5, 10, 20, 50] }).toBe("drawn");
}

/** Text of everything that is not inside the agent's well: where no claim may be. */
export async function textOutsideClaims(page: Page): Promise<string> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: string[] = [document.title];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.parentElement?.closest("[data-prov]")?.getAttribute("data-prov") !== "C")
        texts.push(node.textContent ?? "");
    }
    return texts.join("\n");
  });
}

export async function centreOf(locator: Locator): Promise<{ readonly x: number; readonly y: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error("not drawn");
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
