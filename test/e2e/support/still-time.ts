import type { Page } from "@playwright/test";

/** So far ahead of its own time a page's clock is stopped: that it may be asked and told before it is there. */
const AHEAD_MS = 1000;

/**
 * Stops the page's time, so that a test may look late at what does not last. A page that a busy machine tells too late has
 * passed the moment that was named; it stands still by then, and is told one that is to come.
 */
export async function stopTime(page: Page, aheadMs = AHEAD_MS): Promise<void> {
  const stopAhead = async (): Promise<void> => page.clock.pauseAt((await page.evaluate(() => Date.now())) + aheadMs);
  await stopAhead().catch(async (error: unknown) => {
    if (!String(error).includes("to the past")) throw error;
    await stopAhead();
  });
}
