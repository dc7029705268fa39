import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The part of axe-core that a page is asked for. */
interface Axe {
  readonly run: (context: Document, options: RunOptions) => Promise<AxeResults>;
}

/**
 * Accessibility violations of what the page shows, by every rule of axe-core or by `only`, one line each. The whole
 * document is looked at in one call: the window has no frames.
 */
export async function violationsOf(page: Page, only: readonly string[] = []): Promise<readonly string[]> {
  if (await page.evaluate(() => !("axe" in globalThis))) await page.evaluate(SOURCE);
  return page.evaluate(
    async (rules) => {
      const { axe } = globalThis as unknown as { readonly axe: Axe };
      const options: RunOptions = { resultTypes: ["violations"] };
      if (rules.length > 0) options.runOnly = { type: "rule", values: rules };
      const { violations } = await axe.run(document, options);
      return violations.map(({ id, nodes }) => `${id}, ${String(nodes.length)} places: ${nodes[0]?.html ?? ""}`);
    },
    [...only],
  );
}
