import { expect, test } from "@playwright/test";

import { opioid } from "../../../renderer/bridge/fake/conflicts.ts";
import { bisoprolol, hiddenCharacter, refill } from "../../../renderer/bridge/fake/orders.ts";
import { bulkAssign, externalReferral, phoneChange } from "../../../renderer/bridge/fake/others.ts";
import { centreOf, readWithKeys } from "../support/gallery.ts";
import { resizeWindow, watchCommands } from "../support/probes.ts";
import { ready, takeSeat, type Seat } from "../support/seat.ts";

let seat: Seat;
let asked: () => Promise<readonly string[]>;
test.beforeAll(async () => {
  seat = await takeSeat();
  asked = await watchCommands(seat.app);
});
test.afterAll(async () => seat.close());

/** Enter and Space, twenty times each, held down: every press after the first is a repeat. */
async function leanOnKeys(): Promise<void> {
  for (const key of ["Enter", "Space"]) {
    for (let press = 0; press < 20; press++) await seat.page.keyboard.down(key);
    await seat.page.keyboard.up(key);
  }
}

const decided = async () => (await asked()).filter((command) => command === "decide");

test("AC01 every review and every sheet opens with its heading focused; Enter and Space, held down, decide nothing", async () => {
  const { page } = seat;
  const focused = () =>
    page.evaluate(
      () => `${document.activeElement?.tagName ?? ""} ${document.activeElement?.getAttribute("tabindex") ?? ""}`,
    );
  for (const claims of [refill, bisoprolol, opioid, hiddenCharacter, phoneChange, externalReferral, bulkAssign]) {
    await seat.open(claims);
    expect(await focused(), claims.task.goal).toBe("H1 -1");
    await leanOnKeys();
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  await seat.open(refill);
  await readWithKeys(page);
  await ready(seat.approve);
  for (const [key, name] of [
    ["a", "Sign approval"],
    ["d", "Deny"],
    ["f", "Forward"],
    ["m", "More time"],
  ] as const) {
    await page.keyboard.press(key);
    await expect(page.getByRole("dialog", { name }).getByRole("heading", { name })).toBeFocused();
    expect(await focused(), name).toMatch(/^H[1-6] -1$/);
    await leanOnKeys();
    await expect(page.getByRole("dialog", { name })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  expect(await decided()).toEqual([]);
  expect(seat.judge.submitted).toEqual([]);
});

test("AC02 Approve names how many fields are unseen until each action field and alert was in view; PageDown alone is enough", async () => {
  const { page, approve } = seat;
  await resizeWindow(seat.app, page, 1024, 700);
  for (const claims of [refill, opioid, phoneChange]) {
    await seat.open(claims);
    // The test's own look at what came into view, to compare the app's with.
    // It has looked once before the first key: what was there on arrival may be gone by the frame after it.
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const unmet = new Set(document.querySelectorAll("main [data-prov='A'], main [data-alert]"));
          const observer = new IntersectionObserver((entries) => {
            for (const { isIntersecting, target } of entries) if (isIntersecting) unmet.delete(target);
            resolve();
          });
          for (const element of unmet) observer.observe(element);
          Object.assign(globalThis, { unmet });
        }),
    );
    const look = () =>
      approve.evaluate((button) => ({
        why: document.getElementById(button.getAttribute("aria-describedby") ?? "")?.textContent ?? "",
        isDisabled: button.getAttribute("aria-disabled"),
        unmet: (globalThis as unknown as { readonly unmet: Set<Element> }).unmet.size,
      }));
    const first = await look();
    expect(first.unmet).toBeGreaterThan(0);
    expect(first).toMatchObject({ isDisabled: "true", why: expect.stringMatching(/^[1-9]\d* fields? not seen/) });
    const early: unknown[] = [];
    await expect(async () => {
      await page.keyboard.press("PageDown");
      const now = await look();
      if (now.unmet > 0 && !/fields? not seen/.test(now.why)) early.push(now);
      expect(now.why).not.toMatch(/not seen/);
    }).toPass({ intervals: [50], timeout: 20_000 });
    expect(early, claims.task.goal).toEqual([]);
    for (const tick of await page.getByRole("checkbox", { name: /^I have read this/ }).all()) await tick.check();
    await ready(approve);
  }
});

test("AC05 Sign lies more than 100 px from where Approve was: 1024×700, 1440×900 and at 200 %", async () => {
  const { page, app, approve, sign } = seat;
  const zoom = (factor: number) =>
    app.evaluate(({ BrowserWindow }, to) => {
      BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(to);
    }, factor);
  for (const [width, height, factor] of [
    [1024, 700, 1],
    [1440, 900, 1],
    [1024, 700, 2],
  ] as const) {
    await resizeWindow(app, page, width, height);
    await zoom(factor);
    await seat.open(refill);
    await readWithKeys(page);
    await ready(approve);
    const first = await centreOf(approve);
    await approve.click();
    await sign.scrollIntoViewIfNeeded();
    const second = await centreOf(sign);
    const away = Math.hypot(first.x - second.x, first.y - second.y) * factor;
    expect(away).toBeGreaterThan(100);
    await page.keyboard.press("Escape");
  }
  await zoom(1);
});

test("at a text size of 200 % Approve stays at the right of the bar's one row, and more than half of what is below the banner is the request", async () => {
  const { page, app, approve } = seat;
  await resizeWindow(app, page, 1440, 900);
  const setSize = async (text_size: 100 | 200) => {
    const reply = await page.evaluate((size) => window.countersign?.set_settings({ text_size: size }), text_size);
    expect(reply).toMatchObject({ ok: true });
    await page.waitForFunction((width) => Math.abs(window.innerWidth - width) < 3, 144_000 / text_size);
  };
  await setSize(200);
  await seat.open(refill);
  const box = async (locator: typeof approve) => {
    const found = await locator.boundingBox();
    if (found === null) throw new Error("not drawn");
    return found;
  };
  const deny = await box(page.getByRole("button", { name: "Deny…" }));
  const more = await box(page.getByRole("button", { name: "More time" }));
  const right = await box(approve);
  expect(Math.abs(right.y - deny.y)).toBeLessThan(2);
  expect(right.x).toBeGreaterThan(more.x + more.width);
  expect(right.x + right.width).toBeGreaterThan(650);
  const banner = await box(page.getByRole("region", { name: "Patient" }));
  const below = 450 - banner.y - banner.height;
  expect(deny.y - banner.y - banner.height).toBeGreaterThan(below / 2);
  await setSize(100);
});

test("reading that did not count is said beside Approve before anybody presses, spoken once, and gone when it is enough", async () => {
  const { page, app, approve } = seat;
  // Playwright holds the page focused whatever is in front, so main is told here what its window would say.
  const inFront = (isFocused: boolean) =>
    app.evaluate(({ BrowserWindow }, isNow) => {
      const [window] = BrowserWindow.getAllWindows();
      if (window === undefined) throw new Error("no window");
      window.isFocused = () => isNow;
      window.emit(isNow ? "focus" : "blur");
    }, isFocused);
  const spoken = page.getByRole("status").filter({ hasText: /^(Not counted|Read for long)/ });
  await inFront(true);
  await seat.open(refill, { policy: { min_dwell_ms: 5_000 } });
  await inFront(false);
  await readWithKeys(page);
  await expect(approve).toHaveAccessibleDescription("Reading is not counted while this window is in the background.");
  await expect(approve).toHaveAttribute("aria-disabled", "true");
  await inFront(true);
  const said = /^Not counted while this window was in the background: read for [1-5] s more\.$/;
  await expect(approve).toHaveAccessibleDescription(said);
  await expect(page.getByText(said).and(page.locator("p"))).toBeVisible();
  await expect(spoken).toHaveText(said);
  await ready(approve);
  await expect(spoken).toHaveText("Read for long enough.");
  await approve.click();
  await seat.sign.click();
  await expect.poll(() => seat.decisions().at(-1)?.dwell?.ms ?? 0).toBeGreaterThanOrEqual(5_000);
});
