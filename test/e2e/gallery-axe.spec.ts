import { expect, test } from "@playwright/test";

import { violationsOf } from "./support/axe.ts";
import { goTo, idsOfGallery, openGallery, type Gallery } from "./support/gallery.ts";

let gallery: Gallery;
test.beforeAll(async () => {
  gallery = await openGallery();
});
test.afterAll(async () => gallery.close());

test("axe finds nothing in any state of any screen, light and dark", async () => {
  test.setTimeout(600_000);
  const { page, running } = gallery;
  // Half-way through a fade the contrast is nobody's.
  await page.emulateMedia({ reducedMotion: "reduce" });
  const ids = await idsOfGallery(gallery);
  const findings: string[] = [];
  for (const id of ids) {
    await goTo(page, `${id};theme=light`);
    for (const found of await violationsOf(page)) findings.push(`${id}: ${found}`);
    // Another theme is the same page in other colours: only they are looked at again.
    await goTo(page, `${id};theme=dark`);
    for (const found of await violationsOf(page, ["color-contrast"])) findings.push(`${id}, dark: ${found}`);
  }
  console.log(`axe: ${String(ids.length)} states in two themes checked, ${String(findings.length)} findings`);
  expect(ids.length).toBeGreaterThan(50);
  expect(findings).toEqual([]);
  // A violation of the content security policy or of Trusted Types is an error in the console.
  expect(running.complaints).toEqual([]);
});
