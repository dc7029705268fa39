import { expect, test, type Locator } from "@playwright/test";

import { opioid } from "../../../renderer/bridge/fake/conflicts.ts";
import { hiddenCharacter, refill } from "../../../renderer/bridge/fake/orders.ts";
import { bulkAssign, externalReferral, phoneChange } from "../../../renderer/bridge/fake/others.ts";
import { violationsOf } from "../support/axe.ts";
import { readWithKeys } from "../support/gallery.ts";
import { ready, takeSeat, type Seat } from "../support/seat.ts";

let seat: Seat;
test.beforeAll(async () => {
  seat = await takeSeat();
});
test.afterAll(async () => seat.close());

/** Every screen of the app, one after the other; `look` sees each. */
async function tour(look: (screen: string) => Promise<void>): Promise<void> {
  const { page, approve, sign } = seat;
  for (const claims of [opioid, hiddenCharacter, phoneChange, externalReferral, bulkAssign]) {
    await seat.open(claims);
    await look(`review: ${claims.task.goal}`);
  }
  await page.getByRole("button", { name: "Queue" }).first().click();
  await page.getByRole("heading", { name: "My requests" }).waitFor();
  await look("queue");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await look("keys");
  await page.keyboard.press("Escape");
  await seat.open(refill);
  await readWithKeys(page);
  for (const [key, name] of [
    ["d", "Deny"],
    ["f", "Forward"],
    ["m", "More time"],
  ] as const) {
    await page.keyboard.press(key);
    await page.getByRole("dialog", { name }).waitFor();
    await look(name);
    await page.keyboard.press("Escape");
  }
  await ready(approve);
  await approve.click();
  await look("approve");
  await ready(sign);
  await sign.click();
  await page.getByRole("heading", { name: "Approval recorded" }).waitFor();
  await look("receipt");
  for (const place of ["History", "Settings"]) {
    await page.getByRole("navigation").getByRole("button", { name: place }).click();
    await page.getByRole("heading", { level: 1, name: place }).waitFor();
    await look(place);
  }
  await page.keyboard.press("Control+l");
  await page.getByRole("heading", { name: "Sign in to Countersign" }).waitFor();
  await look("locked");
  await page.getByRole("button", { name: "Enrol another person…" }).click();
  await page.getByRole("heading", { name: "Set up this workstation" }).waitFor();
  await look("set up");
}

test("AC23 axe finds nothing on any screen, light and dark, left to right and right to left (by direction: there is no Arabic catalogue yet); forced colours draw every border", async () => {
  test.setTimeout(240_000);
  const { page } = seat;
  await page.emulateMedia({ reducedMotion: "reduce" });
  const direct = (dir: string) =>
    page.evaluate((to) => {
      document.documentElement.dir = to;
    }, dir);
  const findings: string[] = [];
  let screens = 0;
  await tour(async (screen) => {
    screens++;
    for (const dir of ["ltr", "rtl"]) {
      await direct(dir);
      for (const found of await violationsOf(page)) findings.push(`${screen}, ${dir}: ${found}`);
      // Another theme is the same page in other colours.
      await page.emulateMedia({ colorScheme: "dark" });
      for (const found of await violationsOf(page, ["color-contrast"]))
        findings.push(`${screen}, ${dir}, dark: ${found}`);
      await page.emulateMedia({ colorScheme: "light" });
    }
    await direct("ltr");
  });
  console.log(`axe: ${String(screens)} screens, two themes, two directions, ${String(findings.length)} findings`);
  expect(screens).toBeGreaterThan(14);
  expect(findings).toEqual([]);

  await seat.unlock();
  await page.emulateMedia({ forcedColors: "active" });
  const bordered = async (what: Locator) => {
    const { width, style } = await what.first().evaluate((element) => {
      const { borderTopWidth, borderTopStyle } = getComputedStyle(element);
      return { width: parseFloat(borderTopWidth), style: borderTopStyle };
    });
    expect(width, String(what)).toBeGreaterThanOrEqual(1);
    expect(style, String(what)).not.toBe("none");
  };
  await seat.open(phoneChange);
  await bordered(page.locator("tr[data-change] td:nth-of-type(2) > *"));
  await seat.open(opioid);
  await bordered(seat.approve);
  await bordered(page.getByRole("button", { name: "Deny…" }));
  await bordered(page.getByRole("region", { name: "Conflicts" }).locator("[data-alert]"));
  await page.evaluate(
    (key) => window.countersign?.copy_reference({ key }),
    (await seat.snapshot()).rows.map(({ key }) => key)[0]!,
  );
  const toast = page.getByRole("status").filter({ hasText: "Copied" });
  await bordered(toast);
  await page.emulateMedia({ forcedColors: "none" });
});
