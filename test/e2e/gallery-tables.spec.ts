import { expect, test, type Page } from "@playwright/test";

import { goTo, openGallery, type Gallery } from "./support/gallery.ts";

let gallery: Gallery;
test.beforeAll(async () => {
  gallery = await openGallery();
  await gallery.show("");
  await gallery.resize(1024, 700);
});
test.afterAll(async () => gallery.close());

/** Lower edge of the headings and upper edge of what has the focus, on the screen. */
const edges = (page: Page, head: string) =>
  page.evaluate((selector) => {
    const box = (element: Element | null) => element?.getBoundingClientRect() ?? new DOMRect();
    const scroller = box(document.querySelector("main"));
    const [heading, focused] = [box(document.querySelector(selector)), box(document.activeElement)];
    return {
      // Zero: the headings lie at the top of what scrolls.
      below: Math.round(heading.top - scroller.top),
      hidden: focused.top < heading.bottom - 1 && focused.bottom > heading.top + 1 && heading.bottom > 0,
      isInside: focused.bottom <= window.innerHeight + 1,
    };
  }, head);

async function walkUp(page: Page, head: string, key: string, steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await page.keyboard.press(key);
    const { hidden, isInside } = await edges(page, head);
    expect({ i, hidden, isInside }).toEqual({ i, hidden: false, isInside: true });
  }
}

test("headings of the history's columns stay in sight, and the focus never lies under them (2.4.11)", async () => {
  const { page } = gallery;
  await goTo(page, "records-page");
  const head = ".MuiDataGrid-topContainer";
  await page.locator("main").evaluate((main) => {
    main.scrollTop = main.scrollHeight;
  });
  await expect.poll(async () => (await edges(page, head)).below).toBe(0);
  await page.locator(".MuiDataGrid-row").last().locator(".MuiDataGrid-cell").nth(1).focus();
  await walkUp(page, head, "ArrowUp", 12);
});

test("headings of what this computer keeps stay in sight, and the focus never lies under them (2.4.11)", async () => {
  const { page } = gallery;
  await goTo(page, "history-many");
  await page.locator("main").evaluate((main) => {
    main.scrollTop = main.scrollHeight;
  });
  await expect.poll(async () => (await edges(page, "thead th")).below).toBe(0);
  await page.locator("tbody button").last().focus();
  await walkUp(page, "thead th", "Shift+Tab", 12);
});

test("headings of a record's checked steps stay in sight", async () => {
  const { page } = gallery;
  await goTo(page, "record");
  await page.getByRole("button", { name: "Show every step" }).click();
  const { isLong, below } = await page
    .getByRole("table")
    .filter({ has: page.getByRole("columnheader", { name: "Step" }) })
    .evaluate((table) => {
      const scroller = document.querySelector("main") ?? document.body;
      const top = scroller.getBoundingClientRect().top;
      scroller.scrollTop += table.getBoundingClientRect().bottom - top - 200;
      const head = table.querySelector("thead th");
      return {
        isLong: table.getBoundingClientRect().height > scroller.clientHeight,
        below: Math.round((head?.getBoundingClientRect().top ?? NaN) - top),
      };
    });
  expect({ isLong, below }).toEqual({ isLong: true, below: 0 });
});

test("headings of a table of figures stay in sight in its own region", async () => {
  const { page } = gallery;
  await goTo(page, "insights");
  await page.getByRole("button", { name: "Data as tables" }).click();
  const moved = await page.getByRole("region").evaluateAll((regions) =>
    regions
      .filter((region) => region.querySelector("thead") !== null && region.scrollHeight > region.clientHeight + 20)
      .map((region) => {
        region.scrollTop = region.scrollHeight;
        const head = region.querySelector("thead th");
        return Math.round((head?.getBoundingClientRect().top ?? NaN) - region.getBoundingClientRect().top);
      }),
  );
  expect(moved.length).toBeGreaterThan(0);
  for (const distance of moved) expect(distance).toBe(0);
});

test("in a window too narrow for its columns the grid scrolls in its own region, and the page does not", async () => {
  const { page } = gallery;
  // 1440 × 900 at 200 %.
  await page.setViewportSize({ width: 720, height: 450 });
  await goTo(page, "records-page");
  const main = page.locator("main");
  expect(await main.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(1);
});
