import { expect, test } from "@playwright/test";

import { opioid } from "../../../renderer/bridge/fake/conflicts.ts";
import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { readWithKeys } from "../support/gallery.ts";
import { resizeWindow } from "../support/probes.ts";
import { ready, takeSeat, toQueue, type Seat } from "../support/seat.ts";

/** As on a ward, and signed in anew for each run: where somebody was before is where `j` would go on from. */
let seat: Seat;
test.beforeEach(async () => {
  seat = await takeSeat({ isLive: true });
});
test.afterEach(async () => seat.close());

/** A person who has only the keyboard, and presses each key as soon as the app takes it. */
class Hands {
  readonly keys: string[] = [];
  #began = 0;

  async press(key: string): Promise<void> {
    if (this.keys.length === 0) this.#began = performance.now();
    this.keys.push(key);
    await seat.page.keyboard.press(key);
  }

  /** Prints what it took; the time is for people to compare and is asserted nowhere. */
  report(what: string): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1);
    console.log(`keystrokes: ${what}: ${String(this.keys.length)} (${this.keys.join(" ")}), ${seconds} s`);
  }
}

test("a denial takes at most six keystrokes from the queue", async () => {
  const { page } = seat;
  const request = seat.issue(opioid);
  await seat.row(request);
  await toQueue(page);
  const hands = new Hands();
  await hands.press("j");
  await hands.press("d");
  await expect(page.getByRole("dialog", { name: "Deny" })).toBeVisible();
  await hands.press("2");
  await hands.press("Enter");
  await expect(page.getByRole("heading", { name: "Denial recorded" })).toBeVisible();
  hands.report("denial");
  expect(seat.decisions()).toEqual([expect.objectContaining({ rid: request.claims.rid, decision: "deny" })]);
  expect(hands.keys.length).toBeLessThanOrEqual(6);
});

/** Tier 1 asks for no PIN while the last check of the person is young enough (approval-experience.md 4). */
for (const [width, height, isFirstSize] of [
  [1280, 860, true],
  [1024, 700, false],
] as const) {
  const window = `${String(width)}×${String(height)}`;

  test(`a tier-1 approval takes six keystrokes from the queue besides the pages that are read, ${isFirstSize ? "and eight with them in the window as it first opens" : "also in the smallest window"}, ${window}`, async () => {
    const { app, page, approve, sheet, sign } = seat;
    await resizeWindow(app, page, width, height);
    const request = seat.issue(refill);
    await seat.row(request);
    await toQueue(page);
    const hands = new Hands();
    await hands.press("j");
    await hands.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: /^Review:/ })).toBeFocused();
    await readWithKeys(page, (key) => hands.press(key));
    await ready(approve);
    await hands.press("a");
    await expect(sheet.getByRole("heading", { name: "Sign approval" })).toBeFocused();
    await hands.press("Tab");
    await hands.press("Tab");
    await expect(sign).toBeFocused();
    await ready(sign);
    await hands.press("Enter");
    await expect(page.getByRole("heading", { name: "Approval recorded" })).toBeVisible();
    hands.report(`tier-1 approval, ${window}`);
    expect(seat.decisions()).toEqual([expect.objectContaining({ rid: request.claims.rid, decision: "approve" })]);
    expect(hands.keys.filter((key) => key !== "PageDown")).toHaveLength(6);
    if (isFirstSize) expect(hands.keys.length).toBeLessThanOrEqual(8);
  });
}
