import { expect, test } from "@playwright/test";

import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { readWithKeys } from "../support/gallery.ts";
import { ready, takeSeat, type Seat } from "../support/seat.ts";

/** A workstation that is set up for another country. */
let seat: Seat;
test.beforeAll(async () => {
  seat = await takeSeat({
    env: { TZ: "America/New_York", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", LANGUAGE: "de" },
    args: ["--lang=de"],
  });
});
test.afterAll(async () => seat.close());

test("AC24 clinical dates and times are the facility's, across a change of the clocks, on a computer in New York that speaks German; a clock that is 3 min wrong stops approvals and moves no deadline", async () => {
  const { page, app } = seat;
  const clock = await page.evaluate(() => ({
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    language: navigator.language,
  }));
  expect(clock).toEqual({ zone: "America/New_York", language: "de" });
  const at = (text: string) => Date.parse(text) / 1000;
  const fact = (id: string, code: string, text: string, as_of: number) =>
    ({ id, src: "ehr", sev: "info", code, text, as_of, ack: false }) as const;
  const request = await seat.open(refill, {
    facts: [
      fact("f1", "allergies", "No known allergies", at("2026-10-25T00:30:00Z")),
      fact("f2", "weight", "82 kg", at("2026-10-25T01:30:00Z")),
      fact("f3", "renal-function", "eGFR 88 mL/min/1.73 m2", at("2026-09-14T10:05:00Z")),
      fact("f4", "active-medicine", "amlodipine 5 mg tablet", at("2026-03-29T00:59:00Z")),
      fact("f5", "last-given", "amlodipine 5 mg tablet", at("2026-03-29T01:00:00Z")),
    ],
  });
  const main = page.getByRole("main");
  for (const shown of [
    "25-Oct-2026 01:30 BST",
    "25-Oct-2026 01:30 GMT",
    "14-Sep-2026 11:05 BST",
    "29-Mar-2026 00:59 GMT",
    "29-Mar-2026 02:00 BST",
  ])
    await expect(main.getByText(shown).first(), shown).toBeVisible();
  expect(await main.innerText()).not.toMatch(/Sept|März|Okt|\d\d\.\d\d\.\d{4}|\b[AP]M\b|EDT|EST/);

  await readWithKeys(page);
  await ready(seat.approve);
  const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: "Europe/London" });
  // With its date when that is no longer today.
  const due = main.getByText(
    new RegExp(`^(\\d\\d-[A-Z][a-z]{2}-\\d{4} )?${time.format(request.claims.exp * 1000)} (GMT|BST)$`),
  );
  await expect(due.first()).toBeVisible();
  await app.evaluate(() => {
    const real = Date.now;
    Date.now = () => real() + 180_000;
  });
  await page.clock.setSystemTime(Date.now() + 180_000);
  await expect(seat.approve).toHaveAccessibleDescription("The clock is wrong: approvals are off.");
  await expect(page.getByText("This workstation's clock is 3 min wrong.").first()).toBeVisible();
  await expect(due.first()).toBeVisible();
  const { iss, rid } = request.claims;
  const seen = await page.evaluate(() =>
    [...document.querySelectorAll("[data-seen-id]")].map((element) => element.getAttribute("data-seen-id") ?? ""),
  );
  const input = {
    key: { iss, rid },
    rev: 1,
    digest: request.digest,
    choice: { kind: "approve" as const, granted: ["a1"], ack: [], overrides: [], seen, reentry: {} },
  };
  const reply = await page.evaluate((asked) => window.countersign?.decide(asked), input);
  expect(reply).toMatchObject({ ok: false, error: { code: "E_CLI_CLOCK" } });
  expect(seat.judge.submitted).toEqual([]);
});
