import { expect, test } from "@playwright/test";

import { goTo, idsOfGallery, openGallery, type Gallery } from "./support/gallery.ts";
import { demoStrip } from "./support/probes.ts";

let gallery: Gallery;
test.beforeAll(async () => {
  gallery = await openGallery();
});
test.afterAll(async () => gallery.close());

for (const [window, width, height] of [
  ["1024×700", 1024, 700],
  ["1024×700 at 200 %", 512, 350],
] as const) {
  test(`in the demonstration every state of every screen lies under the strip, ${window}`, async () => {
    test.setTimeout(200_000);
    const { page } = gallery;
    await page.setViewportSize({ width, height });
    const findings: string[] = [];
    for (const id of await idsOfGallery(gallery)) {
      await goTo(page, `${id};demo`);
      const strip = await demoStrip(page);
      if (strip !== "on top") findings.push(`${id}: ${strip}`);
    }
    expect(findings).toEqual([]);
  });
}

test("the real thing has no strip in any state", async () => {
  test.setTimeout(200_000);
  const { page } = gallery;
  const only = /^(scenarios|lesson)/;
  for (const id of (await idsOfGallery(gallery)).filter((one) => !only.test(one))) {
    await goTo(page, id);
    expect(await demoStrip(page), id).toBe("not there");
  }
});
