import { expect, test } from "@playwright/test";

import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { opioid } from "../../../renderer/bridge/fake/conflicts.ts";
import { bisoprolol, refill } from "../../../renderer/bridge/fake/orders.ts";
import { centreOf, readWithKeys } from "../support/gallery.ts";
import { moveWindow, resizeWindow } from "../support/probes.ts";
import { ready, takeSeat, type Seat } from "../support/seat.ts";
import { stopTime } from "../support/still-time.ts";

/** The page's time stands still; a test lets it pass. Main has its own. */
let seat: Seat;
test.beforeAll(async () => {
  seat = await takeSeat();
  await seat.page.clock.install();
  await stopTime(seat.page);
});
test.afterAll(async () => seat.close());

const pass = (ms: number) => seat.page.clock.runFor(ms);

/** Opens a request and reads all of it, in no time at all. */
async function read(claims: RequestClaims) {
  const request = await seat.open(claims);
  await readWithKeys(seat.page);
  return request;
}

/** Presses Approve where it is, whatever it says of itself, and tells whether the sheet opened. */
async function pressed(): Promise<boolean> {
  const { page, approve, sheet } = seat;
  const { x, y } = await centreOf(approve);
  await page.mouse.click(x, y);
  return sheet.isVisible();
}

/**
 * What begins the guard anew by itself: a window manager corrects a window, and Chromium looks at what covers the control,
 * some time after the page has settled. Counted, so that a late guard has to have a cause.
 */
async function countStrays(): Promise<() => Promise<number>> {
  await seat.approve.evaluate((control) => {
    const counted = { strays: 0 };
    for (const name of ["focus", "blur", "resize"]) window.addEventListener(name, () => counted.strays++);
    const init = { threshold: [0, 1], trackVisibility: true, delay: 100 };
    // The first word of an observer is how things are.
    const observer = new IntersectionObserver(() => counted.strays++, init);
    observer.observe(control);
    // Held: an observer that nobody holds may be collected.
    Object.assign(globalThis, { counted, strayObserver: observer });
  });
  const strays = () =>
    seat.page.evaluate(() => (globalThis as unknown as { counted: { strays: number } }).counted.strays);
  await expect.poll(strays).toBeGreaterThan(0);
  return strays;
}

/** Now the time begins to run: never early, and late only where something began it anew meanwhile. */
async function opensAt(guardMs: number, what: string): Promise<void> {
  const strays = await countStrays();
  for (;;) {
    const before = await strays();
    await pass(guardMs - 100);
    expect(await pressed(), `${what}, 100 ms early`).toBe(false);
    await pass(200);
    if (await pressed()) break;
    expect(await strays(), `${what}, 100 ms late, and nothing began it anew`).toBeGreaterThan(before);
    await leaveAndComeBack();
  }
  await seat.page.keyboard.press("Escape");
  await expect(seat.page.getByRole("dialog")).toHaveCount(0);
}

/** Playwright holds the page focused whatever the window manager says, so the page gets the two events from here. */
async function leaveAndComeBack(): Promise<void> {
  await seat.page.evaluate(() => {
    window.dispatchEvent(new Event("blur"));
    window.dispatchEvent(new Event("focus"));
  });
}

test("AC03 the guard: 400 ms and 2.4 s are ignored, 600 ms and 2.6 s count; blur, resize, another place and another version begin it anew", async () => {
  const { page, app } = seat;
  for (const [claims, guardMs] of [
    [refill, 500],
    [bisoprolol, 2500],
    [opioid, 2500],
  ] as const) {
    await read(claims);
    await opensAt(guardMs, claims.task.goal);
  }

  const request = await read(refill);
  await pass(1000);
  const begunAnew = () => expect(seat.approve).toHaveAccessibleDescription("Ready in 1 s");
  await leaveAndComeBack();
  await begunAnew();
  await opensAt(500, "focus came back");
  await resizeWindow(app, page, 1100, 760);
  await begunAnew();
  await opensAt(500, "another size");
  await moveWindow(app, page, 40);
  await pass(100);
  await begunAnew();
  await opensAt(500, "another place");

  await seat.row(seat.revise(request, {}));
  await page.getByRole("button", { name: "Start again from the top" }).click();
  await readWithKeys(seat.page);
  await opensAt(500, "another version");
});

test("AC04 a click that no person made, the second of a double click, a held key and a press from before arming neither open nor sign", async () => {
  const { page, approve, sign } = seat;
  const click = (button: typeof approve) =>
    button.evaluate((element) => {
      if (element instanceof HTMLElement) element.click();
    });
  const lean = async (button: typeof approve) => {
    // Pressed elsewhere and held while the control gets the focus: every key event it sees is a repeat.
    await page.locator("h1, [role='dialog'] h2").last().focus();
    for (const key of ["Enter", "Space"]) {
      await page.keyboard.down(key);
      await button.focus();
      for (let repeat = 0; repeat < 5; repeat++) await page.keyboard.down(key);
      await page.keyboard.up(key);
    }
  };
  const press = async (button: typeof approve, clickCount: number, between: () => Promise<void>) => {
    const { x, y } = await centreOf(button);
    await page.mouse.move(x, y);
    await page.mouse.down({ clickCount });
    await between();
    await page.mouse.up({ clickCount });
  };
  const secondOfTwo = (button: typeof approve) => press(button, 2, async () => {});
  const pressEarly = async (button: typeof approve) => {
    await page.evaluate(() => window.dispatchEvent(new Event("resize")));
    await press(button, 1, () => pass(3000));
  };
  const attempts = [click, secondOfTwo, lean, pressEarly];
  await read(refill);
  await pass(3000);
  for (const attempt of attempts) {
    await ready(approve);
    await attempt(approve);
    await expect(page.getByRole("dialog"), attempt.name).toHaveCount(0);
  }
  await ready(approve);
  await approve.click();
  await pass(3000);
  for (const attempt of attempts) {
    await ready(sign);
    await attempt(sign);
    await expect(sign, attempt.name).toHaveAccessibleDescription("");
  }
  expect(seat.judge.submitted).toEqual([]);
  // What was tried would have signed if it had counted.
  await sign.click();
  await expect.poll(() => seat.judge.submitted.length).toBe(1);
});
