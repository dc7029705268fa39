import type { Page } from "@playwright/test";

import type { Started } from "./started.ts";

export interface Flood {
  /** Tasks of more than 50 ms in the page while the requests came. */
  readonly longTasks: number;
  readonly longestTaskMs: number;
  /** Milliseconds from a key to the frame that answers it. */
  readonly idleP99: number;
  readonly inputP99: number;
  readonly keys: number;
}

/** What the page notes of itself. */
interface Watch {
  /** Milliseconds of each long task. */
  tasks: number[];
  /** Milliseconds from each key to its frame. */
  keys: number[];
}

const IDLE_KEYS = 200;

/** Presses keys in the queue, first at rest and then for as long as `arrive` lasts, and watches the page's main thread. */
export async function flooded({ page }: Started, arrive: () => Promise<void>): Promise<Flood> {
  await page.locator("[data-row]").first().focus();
  await page.evaluate(() => {
    const watch: Watch = { tasks: [], keys: [] };
    Object.assign(globalThis, { watch });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) watch.tasks.push(duration);
    }).observe({ type: "longtask" });
    // There before the first key, and for all of them: one that is put in place for each key may come after it.
    const onKey = (event: KeyboardEvent): void => {
      requestAnimationFrame(() => watch.keys.push(performance.now() - event.timeStamp));
    };
    window.addEventListener("keydown", onKey, { capture: true });
  });
  for (let key = 0; key < IDLE_KEYS; key++) await press(page, key);
  const idle = await taken(page);
  const arrived = new AbortController();
  const arriving = arrive().finally(() => arrived.abort());
  for (let key = 0; !arrived.signal.aborted; key++) await press(page, key);
  await arriving;
  const during = await taken(page);
  return {
    longTasks: during.tasks.length,
    longestTaskMs: Math.max(0, ...during.tasks),
    idleP99: p99(idle.keys),
    inputP99: p99(during.keys),
    keys: during.keys.length,
  };
}

/** Down and up in turns, so that the focus stays where rows are drawn already. */
const press = (page: Page, key: number): Promise<void> => page.keyboard.press(key % 2 === 0 ? "j" : "k");

/** What was noted since it was last asked for, the last key's frame included. */
const taken = (page: Page): Promise<Watch> =>
  page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const { watch } = globalThis as unknown as { readonly watch: Watch };
    const noted = { ...watch };
    watch.tasks = [];
    watch.keys = [];
    return noted;
  });

const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;
