import { expect, test, type Locator } from "@playwright/test";

import { centreOf, openGallery, readWithKeys, type Gallery } from "./support/gallery.ts";
import { ready } from "./support/seat.ts";

let gallery: Gallery;
let approve: Locator;
test.beforeAll(async () => {
  gallery = await openGallery();
  approve = gallery.page.getByRole("button", { name: "Approve…" });
});
test.afterAll(async () => gallery.close());

const sheet = () => gallery.page.getByRole("dialog", { name: "Sign approval" });

for (const [window, width, height] of [
  ["1024×700", 1024, 700],
  ["1440×900", 1440, 900],
  ["1024×700 at 200 %", 512, 350],
] as const) {
  test(`the buttons stay where they are while the request is read and Approve becomes ready, ${window}`, async () => {
    const { page } = gallery;
    const before = await page.evaluate(() => ({ width: innerWidth, height: innerHeight }));
    await page.setViewportSize({ width, height });
    await gallery.show("review-routine", "live");
    const buttons = [page.getByRole("button", { name: "Deny…" }), approve];
    const unread = await Promise.all(buttons.map(centreOf));
    await readWithKeys(page);
    await ready(approve);
    const read = await Promise.all(buttons.map(centreOf));
    await page.setViewportSize(before);
    expect(read).toEqual(unread);
  });
}

test("Enter in a field moves on and never signs", async () => {
  const { page } = gallery;
  await gallery.show("review-tier-2", "live");
  await readWithKeys(page);
  await ready(approve);
  await approve.click();
  await sheet().getByLabel("Initials").fill("GE");
  await page.keyboard.press("Enter");
  await expect(sheet().getByLabel("Year of birth")).toBeFocused();
});
