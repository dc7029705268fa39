import type { CDPSession, Page } from "@playwright/test";

import { spread } from "../measure/interleaved.ts";
import { listed } from "./workplace.ts";
import type { Started } from "./started.ts";

export interface Frames {
  readonly frames: number;
  /** Milliseconds of the main thread for one frame: script, style and layout. */
  readonly median: number;
  readonly p95: number;
}

const FRAMES = 240;
const STEP_PX = 240;

/** Shows what waits behind the bar and opens the group of the agent that floods the list: every row is then in it. */
export async function openAll(page: Page, count: number): Promise<void> {
  await listed(page, count);
  const show = page.getByRole("button", { name: "Show", exact: true });
  if (await show.isVisible()) await show.click();
  const group = page.getByRole("button", { name: "Show them" });
  if (await group.isVisible()) await group.click();
}

/**
 * Scrolls the queue a fixed way in every frame, down and at its end up again, and reads what each frame cost the page's
 * main thread.
 */
export async function scrolled({ page }: Started): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.evaluate(() => document.querySelector("[data-region='list']")?.scrollTo(0, 0));
  const costs: number[] = [];
  let before = await busyMs(session);
  let step = STEP_PX;
  for (let frame = 0; frame < FRAMES; frame++) {
    const hasMoved = await page.evaluate(
      (px) =>
        new Promise<boolean>((resolve) => {
          const list = document.querySelector("[data-region='list']");
          const from = list?.scrollTop;
          list?.scrollBy(0, px);
          const to = list?.scrollTop;
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(from !== to)));
        }),
      step,
    );
    if (!hasMoved) step = -step;
    const after = await busyMs(session);
    // Two frames are waited for: one that scrolls, one that ends what it began.
    costs.push((after - before) / 2);
    before = after;
  }
  await session.detach();
  const sorted = costs.toSorted((a, b) => a - b);
  return { frames: FRAMES, median: spread(costs).median, p95: sorted[Math.floor(FRAMES * 0.95)] ?? Number.NaN };
}

async function busyMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return (of("ScriptDuration") + of("RecalcStyleDuration") + of("LayoutDuration")) * 1000;
}
