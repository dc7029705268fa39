import { expect, test, type Page } from "@playwright/test";

import { APP_ORIGIN } from "#shared/ipc/channels.ts";

import { goTo, idsOfGallery, openGallery, type Gallery } from "./support/gallery.ts";

let gallery: Gallery;
let ids: readonly string[];
test.beforeAll(async () => {
  gallery = await openGallery();
  ids = await idsOfGallery(gallery);
  await gallery.resize(1024, 700);
});
test.afterAll(async () => gallery.close());

/** What is wider than its own box, and so cut off or under something else: buttons, headings, and all of an action or a banner. */
async function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const wide = (element: Element): boolean =>
      element.scrollWidth > element.clientWidth + 1 &&
      // One pixel is text for screen readers alone.
      element.clientWidth > 1 &&
      getComputedStyle(element).display !== "inline";
    const page = document.documentElement.scrollWidth > window.innerWidth ? ["the page"] : [];
    const parts = document.querySelectorAll("button, h1, h2, h3, label, [data-prov='A'], [data-region='banner'] *");
    return [
      ...page,
      ...Array.from(parts)
        .filter(wide)
        .map((element) => element.outerHTML.slice(0, 160)),
    ];
  });
}

test("words a third longer, with accents, cut nothing off on any screen (en-XA)", async () => {
  test.setTimeout(200_000);
  const { page } = gallery;
  await page.goto(`${APP_ORIGIN}/gallery.html?lang=en-XA`);
  const findings: string[] = [];
  for (const id of ids) {
    await goTo(page, id);
    for (const found of await cutOff(page)) findings.push(`${id}: ${found}`);
  }
  expect(findings).toEqual([]);
});

test("written from the right, nothing is cut off on any screen (ar-XB)", async () => {
  test.setTimeout(200_000);
  const { page, running } = gallery;
  await page.goto(`${APP_ORIGIN}/gallery.html?lang=ar-XB`);
  expect(await page.evaluate(() => document.documentElement.dir)).toBe("rtl");
  const findings: string[] = [];
  for (const id of ids) {
    await goTo(page, id);
    for (const found of await cutOff(page)) findings.push(`${id}: ${found}`);
  }
  expect(findings).toEqual([]);
  expect(running.complaints).toEqual([]);
});

test("written from the right, doses, names of medicines and numbers keep their own direction", async () => {
  const { page } = gallery;
  await page.goto(`${APP_ORIGIN}/gallery.html?lang=ar-XB`);
  await goTo(page, "review-medication");
  const dose = page.locator("[data-prov='A']", { hasText: /HYDROmorphone/ }).first();
  expect(await dose.evaluate((element) => getComputedStyle(element).direction)).toBe("ltr");
  const deny = await page.getByRole("region").locator("button[aria-keyshortcuts='d']").boundingBox();
  const width = await page.evaluate(() => window.innerWidth);
  // Deny begins the line, Approve ends it: on the right side here.
  expect((deny?.x ?? 0) > width / 2).toBe(true);
});
