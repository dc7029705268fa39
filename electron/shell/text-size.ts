import type { WebContents } from "electron";

import type { Settings } from "#shared/ipc/contract.ts";

/**
 * The person's text size is the zoom of the page: all of it grows together, and a window that has room for less gets the
 * layout of a smaller one, with the decision bar in its place (approval-experience.md 10.2, WCAG 1.4.4, 1.4.10). Letters
 * that grow alone leave a window of 1440 × 900 no line of the request at 200 %.
 * @returns applies the size as it is now
 */
export function followTextSize(
  page: Pick<WebContents, "setZoomFactor" | "isDestroyed" | "on">,
  textSize: () => Settings["text_size"],
): () => void {
  const apply = (): void => {
    if (!page.isDestroyed()) page.setZoomFactor(textSize() / 100);
  };
  // Chromium keeps a zoom for each address by itself: what the settings say stands above it, after a crash of the page too.
  page.on("did-finish-load", apply);
  apply();
  return apply;
}
