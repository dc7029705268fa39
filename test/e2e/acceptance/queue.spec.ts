import { expect, test } from "@playwright/test";

import { childDose, opioid } from "../../../renderer/bridge/fake/conflicts.ts";
import { arabicName, bisoprolol, hiddenCharacter, refill } from "../../../renderer/bridge/fake/orders.ts";
import { externalReferral, phoneChange } from "../../../renderer/bridge/fake/others.ts";
import { takeSeat, toQueue, type Seat } from "../support/seat.ts";

let seat: Seat;
test.beforeAll(async () => {
  seat = await takeSeat();
});
test.afterAll(async () => seat.close());

const links = () => seat.page.getByRole("main").getByRole("link");

const dueIn = (seconds: number) => {
  const exp = seat.gateway.nowS() + seconds;
  return { exp, submit_by: exp };
};

test("AC21 a denial takes at most six keys from the queue, no re-entry, while Approve is guarded and in quarantine", async () => {
  const { page } = seat;
  await seat.row(seat.issue(refill, dueIn(600)));
  const guarded = seat.issue(opioid, dueIn(1000));
  await seat.row(guarded);
  await toQueue(seat.page);
  await expect(links().nth(1)).toHaveAccessibleName(/HYDROmorphone/);
  const deny = async (keys: readonly string[], { claims }: typeof guarded) => {
    expect(keys.length).toBeLessThanOrEqual(6);
    for (const key of keys) {
      await page.keyboard.press(key);
      if (key !== "d") continue;
      const sheet = page.getByRole("dialog", { name: "Deny" });
      await expect(sheet).toBeVisible();
      await expect(sheet.getByLabel(/Initials|Year of birth|PIN/)).toHaveCount(0);
    }
    await expect(page.getByRole("heading", { name: "Denial recorded" })).toBeVisible();
    expect(seat.decisions().at(-1)).toMatchObject({ rid: claims.rid, decision: "deny" });
  };
  await deny(["j", "j", "d", "2", "Enter"], guarded);
  const quarantined = await seat.open(hiddenCharacter);
  await expect(page.getByRole("button", { name: "Approve…" })).toHaveCount(0);
  await deny(["d", "2", "Enter"], quarantined);
  expect(seat.decisions().map(({ reason }) => reason?.code)).toEqual(["wrong-drug-or-dose", "wrong-drug-or-dose"]);
});

test("AC16 five arrivals move nothing under the hand: focus, place and scroll stay, the bar counts them, Show puts them in and keeps the focus", async () => {
  const { page } = seat;
  for (const claims of [refill, bisoprolol, phoneChange, externalReferral]) await seat.row(seat.issue(claims));
  await toQueue(seat.page);
  const shown = await links().count();
  expect(shown).toBeGreaterThan(3);
  await links().nth(1).focus();
  await page.keyboard.press("j");
  await expect(links().nth(2)).toBeFocused();
  const place = () =>
    page.evaluate(() => {
      const { activeElement } = document;
      const scrolled = [...document.querySelectorAll("*")].filter(({ scrollTop }) => scrollTop > 0).length;
      // Which row it is, without the time that is left.
      return {
        name: activeElement?.ariaLabel?.replace(/, [^,]*(min|h)\b.*$/, ""),
        y: activeElement?.getBoundingClientRect().y,
        scrolled,
      };
    });
  const before = await place();
  const arrived = [
    seat.issue(refill, dueIn(120)),
    seat.issue(arabicName, dueIn(120)),
    seat.issue(opioid),
    seat.issue(childDose, dueIn(3000)),
    seat.issue(phoneChange),
  ];
  for (const request of arrived) await seat.row(request);
  await expect(page.getByText("5 new requests. 2 urgent.").first()).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: /new request/ })).toHaveCount(1);
  expect(await place()).toEqual(before);
  await expect(links()).toHaveCount(shown);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(links()).toHaveCount(shown + 5);
  expect((await place()).name).toBe(before.name);
});
