import { expect, test, type Page } from "@playwright/test";

import * as patients from "../../renderer/bridge/fake/patients.ts";
import { NOW } from "../../renderer/bridge/fake/time.ts";
import { identityOf } from "../../renderer/review/identity.ts";
import { goTo, idsOfGallery, openGallery, type Gallery } from "./support/gallery.ts";

let gallery: Gallery;
test.beforeAll(async () => {
  gallery = await openGallery();
});
test.afterAll(async () => gallery.close());

const IDENTIFIERS = Object.values(patients).flatMap((patient) => {
  const { born = "", identifiers } = identityOf(patient, NOW, "Europe/London");
  return [born, ...identifiers.map(({ value }) => value)];
});

/** How often an identifier is drawn, and which are drawn on more than one line. */
async function drawn(page: Page): Promise<{ readonly count: number; readonly broken: readonly string[] }> {
  return page.evaluate((identifiers) => {
    const linesOf = (range: Range): number => new Set(Array.from(range.getClientRects(), ({ top }) => top)).size;
    const lines: (readonly [string, number])[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      for (const text of identifiers) {
        const at = (node.textContent ?? "").indexOf(text);
        if (at === -1) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + text.length);
        lines.push([text, linesOf(range)]);
      }
    }
    return { count: lines.length, broken: lines.filter(([, count]) => count > 1).map(([text]) => text) };
  }, IDENTIFIERS);
}

test("an identifier and a date of birth are never broken inside, in a row, a banner, a sheet or a receipt (NUM-0001)", async () => {
  const { page } = gallery;
  const ids = (await idsOfGallery(gallery)).filter((id) => /^(queue|review|approve|deny|receipt)/.test(id));
  const findings: string[] = [];
  let total = 0;
  // The smallest window at 150 %, and one of its width at 200 % that is high.
  for (const [width, height] of [
    [683, 467],
    [512, 700],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const id of ids) {
      await goTo(page, id);
      const { count, broken } = await drawn(page);
      total += count;
      for (const text of broken) findings.push(`${id}, ${String(width)} × ${String(height)}: ${text}`);
    }
  }
  expect(total).toBeGreaterThan(300);
  expect(findings).toEqual([]);
});
