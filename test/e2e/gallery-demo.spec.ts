import { expect, test } from "@playwright/test";

import { goTo, idsOfGallery, openGallery, type Gallery } from "./support/gallery.ts";
import { demoStrip } from "./support/probes.ts";

let gallery: Gallery;
test.beforeAll(async () => {
  gallery = await openGallery();
});
test.afterAll(async () => gallery.close());

test("in the demonstration every state of every screen lies under the strip, in the smallest window at 200 %", async () => {
  const { page } = gallery;
  await page.setViewportSize({ width: 512, height: 350 });
  const findings: string[] = [];
  for (const id of await idsOfGallery(gallery)) {
    await goTo(page, `${id};demo`);
    const strip = await demoStrip(page);
    if (strip !== "on top") findings.push(`${id}: ${strip}`);
  }
  expect(findings).toEqual([]);
});

test("the real thing has no strip on any screen", async () => {
  const { page } = gallery;
  const screens = (await idsOfGallery(gallery)).filter((id) => /^(setup|locked|queue|history|settings)/.test(id));
  expect(screens.length).toBeGreaterThan(10);
  for (const id of screens) {
    await goTo(page, id);
    expect(await demoStrip(page), id).toBe("not there");
  }
});
