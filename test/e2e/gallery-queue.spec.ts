import { expect, test } from "@playwright/test";

import { violationsOf } from "./support/axe.ts";
import { openGallery, type Gallery } from "./support/gallery.ts";

let gallery: Gallery;
test.beforeAll(async () => {
  gallery = await openGallery();
});
test.afterAll(async () => gallery.close());

test("`a` opens nothing in the queue and says what to do", async () => {
  const { page } = gallery;
  await gallery.show("queue");
  await page.keyboard.press("a");
  await expect(page.getByRole("status").filter({ hasText: "Open the request first." })).toHaveCount(1);
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("a row says one sentence in a fixed order", async () => {
  await gallery.show("queue");
  await expect(
    gallery.page.getByRole("link", {
      name: "Tier 3. WATERS, Shauna (Mrs), born 14 July 1945. New order. HYDROmorphone 1 mg per mL Oral Solution. Due 14:45 GMT, 13 min. Conflict. New.",
    }),
  ).toBeVisible();
});

test("the dot of a new request is drawn in forced colours, where backgrounds are not", async () => {
  const { page } = gallery;
  await page.emulateMedia({ forcedColors: "active" });
  await gallery.show("queue");
  const dot = page.getByRole("listitem").filter({ hasText: /^New$/ }).locator("span").first();
  const { drawn, ground } = await dot.evaluate((element) => {
    const { borderTopWidth, borderTopColor, backgroundColor, width } = getComputedStyle(element);
    return { drawn: [borderTopColor, parseFloat(borderTopWidth) * 2 >= parseFloat(width)], ground: backgroundColor };
  });
  expect(drawn).toEqual(["rgb(0, 0, 0)", true]);
  expect(ground).not.toBe("rgb(0, 0, 0)");
  await page.emulateMedia({ forcedColors: "none" });
});

test("Ctrl+K goes to places and changes settings by name, decides nothing, and is closed where a sheet is open", async () => {
  const { page } = gallery;
  await gallery.show("queue");
  const input = page.getByRole("combobox", { name: "Type a place or a setting" });
  await page.keyboard.press("Control+k");
  await expect(input).toBeFocused();
  const options = page.getByRole("dialog").getByRole("option");
  for (const name of await options.allInnerTexts()) expect(name).not.toMatch(/approv|sign|den[iy]|revoke/i);
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.type("sett");
  await expect(options).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeFocused();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("search");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("searchbox", { name: "Search" })).toBeFocused();
  await page.keyboard.press("Control+k");
  await page.keyboard.press("Escape");
  await expect(input).toHaveCount(0);
  await gallery.show("review-routine");
  await page.keyboard.press("d");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toHaveCount(1);
  await expect(page.getByRole("dialog", { name: "Deny" })).toBeVisible();
});

test("the coming lock is said as an alert, and nothing behind it is there for assistive technology", async () => {
  const { page } = gallery;
  await gallery.show("idle-locking");
  await expect(page.getByRole("alert")).toHaveText("Countersign locks in 20 seconds");
  const reachable = await page
    .locator("h1, h2, h3, a, button, input, [tabindex]")
    .evaluateAll((all) => all.filter((one) => one.closest("[inert]") === null).map((one) => one.textContent));
  expect(reachable).toEqual(["Countersign locks in 20 seconds"]);
});

test("letters are quiet while a person types, and when they are switched off (WCAG 2.1.4)", async () => {
  const { page } = gallery;
  await gallery.show("queue");
  await page.keyboard.press("/");
  const search = page.getByRole("searchbox", { name: "Search" });
  await expect(search).toBeFocused();
  await page.keyboard.type("jd");
  await expect(search).toHaveValue("jd");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await gallery.show("settings");
  await page.getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
  await page.getByRole("heading", { name: "Settings" }).click();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("F6 goes round the parts of the screen", async () => {
  const { page } = gallery;
  await gallery.show("queue");
  const regions: (string | undefined)[] = [];
  for (let press = 0; press < 4; press++) {
    await page.keyboard.press("F6");
    regions.push(await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset["region"]));
  }
  expect(regions).toEqual(["bar", "list", "footer", "bar"]);
});

test("an empty list says that nothing waits only where that is known", async () => {
  const { page, show } = gallery;
  await show("queue-empty");
  await expect(page.getByText("Nothing needs you.", { exact: true })).toBeVisible();
  await show("queue-empty-offline");
  await expect(page.getByText("It is not known whether anything needs you.", { exact: true })).toBeVisible();
  await expect(page.getByText("Nothing needs you.")).toHaveCount(0);
});

test("every place of the app is in sight in the smallest window at 200 %", async () => {
  const { page, show } = gallery;
  await page.setViewportSize({ width: 512, height: 350 });
  for (const id of ["queue", "records", "insights", "settings"]) {
    await show(id);
    const hidden = await page.getByRole("navigation").evaluate((nav) => nav.scrollWidth - nav.clientWidth);
    expect(hidden, id).toBeLessThanOrEqual(0);
  }
});
