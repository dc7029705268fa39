import { expect, test } from "@playwright/test";

import { FAKE_PIN } from "../../renderer/bridge/fake/fake-bridge.ts";
import { openGallery, type Gallery } from "./support/gallery.ts";

let gallery: Gallery;
test.beforeAll(async () => {
  gallery = await openGallery();
});
test.afterAll(async () => gallery.close());

for (const { where, label, begin, end } of [
  { where: "locked", label: "PIN", begin: undefined, end: "My requests" },
  { where: "settings", label: "Your PIN", begin: "Replace this key…", end: "Asking the directory" },
]) {
  test(`a PIN is sent with Enter and forgotten; a wrong one is said beside its field: ${where}`, async () => {
    const { page } = gallery;
    const pin = page.getByLabel(label, { exact: true });
    await gallery.show(where);
    if (begin !== undefined) await page.getByRole("button", { name: begin }).click();
    await pin.focus();
    await page.keyboard.type("000001");
    await page.keyboard.press("Enter");
    await expect(pin).toHaveAccessibleDescription(/PIN/);
    await expect(pin).toHaveValue("");
    await page.keyboard.type(FAKE_PIN);
    await page.keyboard.press("Enter");
    await expect(page.getByText(end).first()).toBeVisible();
    await expect(pin).toHaveCount(0);
  });
}

test("a PIN is nobody's until somebody is chosen: it is not sent", async () => {
  const { page } = gallery;
  const pin = page.getByLabel("PIN", { exact: true });
  await gallery.show("locked-notice");
  await pin.fill("000001");
  await pin.press("Enter");
  await expect(pin).toHaveValue("000001");
  await expect(pin).toHaveAccessibleDescription("");
  await page.getByRole("radio").first().check();
  await pin.press("Enter");
  await expect(pin).toHaveAccessibleDescription(/PIN/);
});

test("the replacement of a key begins in its PIN field and is left with its button", async () => {
  const { page } = gallery;
  await gallery.show("settings");
  await page.getByRole("button", { name: "Replace this key…" }).click();
  await expect(page.getByLabel("Your PIN")).toBeFocused();
  await page.getByRole("button", { name: "Not now" }).click();
  await expect(page.getByLabel("Your PIN")).toHaveCount(0);
});
