import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Page } from "@playwright/test";

/** Numbered screenshots, in light and dark. */
export interface Camera {
  take(name: string): Promise<void>;
}

export function makeCamera(page: Page, folder: string): Camera {
  mkdirSync(folder, { recursive: true });
  let count = 0;
  return {
    async take(name) {
      const base = `${String(++count).padStart(2, "0")}-${name}`;
      for (const scheme of ["light", "dark"] as const) {
        // Without motion: a picture shows the end of a change of colour, not its middle.
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
        await page.screenshot({ path: path.join(folder, `${base}-${scheme}.png`) });
      }
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "no-preference" });
    },
  };
}
