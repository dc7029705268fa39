import { expect, test, type Page } from "@playwright/test";

import { startColleague, type Colleague } from "../../demo/colleague.ts";
import { clinician } from "../../demo/compose.ts";
import { scenarios } from "../../demo/scenarios/scenarios.ts";
import type { RunningApp } from "../../demo/tour/app.ts";
import { approve, deny, openRequest, readAll, receiptSays } from "../../demo/tour/screens.ts";
import { startDemonstration, type Demonstration } from "./support/demonstration.ts";

/** The demonstration as `npm start` opens it. */
let hospital: Demonstration;
let running: RunningApp;
let second: Colleague;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  hospital = await startDemonstration();
  ({ running } = hospital);
  second = await startColleague(hospital.demo, hospital.state, 3_000);
  second.onFault((error) => faults.push(error));
});
test.afterAll(async () => {
  await second.close();
  await hospital.close();
});

const faults: unknown[] = [];
const scenario = (id: string) => scenarios.find((one) => one.id === id)!;

async function choose(page: Page, id: string): Promise<void> {
  const { title } = scenario(id);
  await page.getByRole("navigation").getByRole("button", { name: "Scenarios" }).click();
  const entry = page.getByRole("listitem").filter({ hasText: title });
  await entry.getByRole("button", { name: "Ask for it" }).click();
  await expect(entry.getByRole("status")).toHaveText("Asked for. It is in your queue.");
  await page.getByRole("navigation").getByRole("button", { name: "Queue" }).click();
}

/** Everything main has told the page of the open request, and everything on the page. */
async function known(page: Page): Promise<string> {
  const told = await page.evaluate(async () => {
    const snapshot = await window.countersign?.get_snapshot(undefined);
    const rows = snapshot?.ok ? snapshot.value.rows : [];
    return Promise.all(rows.map(async ({ key }) => window.countersign?.open_review({ key })));
  });
  return JSON.stringify(told) + (await page.content());
}

test("the menu offers every scenario; the right answer is told after the decision and not before, not even to the page", async () => {
  const { page } = running;
  const { why } = scenario("weight-conflict");
  await page.getByRole("navigation").getByRole("button", { name: "Scenarios" }).click();
  await expect(page.getByRole("main").getByRole("listitem")).toHaveCount(scenarios.length);
  await choose(page, "weight-conflict");
  await openRequest(page, ["OKORO, Tunde"]);
  expect(await known(page)).not.toContain(why);
  await deny(page, "Wrong medicine or dose");
  await receiptSays(page, "Denial recorded");
  await expect(page.getByText("A careful person denies this. You did the same.")).toBeVisible();
  await expect(page.getByText(why)).toBeVisible();
});

test("who decided otherwise is told so", async () => {
  const { page } = running;
  await choose(page, "name-from-the-right");
  await openRequest(page, ["حداد"]);
  await deny(page, "Not needed");
  await expect(page.getByText("A careful person approves this. You denied it.")).toBeVisible();
});

test("two people: the first approval waits, the second person decides at a workstation of their own, and only then it is done", async () => {
  test.setTimeout(120_000);
  const { page } = running;
  await choose(page, "two-people");
  await openRequest(page, ["JONES, Mair", "warfarin"]);
  await readAll(page);
  await approve(page, { pin: clinician.pin, initials: "MJ", birthYear: "1961", value: "5" });
  await receiptSays(page, "Waiting for second approver");
  await expect(page.getByText("A careful person approves this. You did the same.")).toBeVisible();
  await expect(page.getByText(scenario("two-people").why)).toBeVisible();
  await receiptSays(page, "Executed");
  expect(faults).toEqual([]);
});

test("a request changes while it is read, and the line is cut while one is read: Approve is off until it is back", async () => {
  test.setTimeout(240_000);
  const { page } = running;
  await choose(page, "changed-while-open");
  await openRequest(page, ["JONES, Mair", "metoprolol"]);
  await expect(page.getByText(/This request changed at/).first()).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Start again from the top" }).click();
  await deny(page, "Wrong medicine or dose");
  await expect(page.getByText("A careful person denies this. You did the same.")).toBeVisible();

  await choose(page, "offline");
  await openRequest(page, ["JONES, Mair", "acetaminophen"]);
  const offline = page.getByRole("region", { name: "Notices" }).getByText(/^Not connected since/);
  await expect(offline).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("button", { name: "Approve…" })).toHaveAttribute("aria-disabled", "true");
  await expect(offline).toHaveCount(0, { timeout: 90_000 });
  await readAll(page);
  await approve(page, { pin: clinician.pin, initials: "MJ", birthYear: "1961" });
  await expect(page.getByText("A careful person approves this. You did the same.")).toBeVisible();
});

test("the same request is asked again after each denial, five times, and the list says so", async () => {
  test.setTimeout(120_000);
  const { page } = running;
  await choose(page, "asked-again");
  const row = page.getByRole("link", { name: /^Tier 2\. BEGUM.* New\./ });
  const show = page.getByRole("button", { name: "Show", exact: true });
  for (let turn = 1; turn <= 5; turn++) {
    await expect(async () => {
      if (await show.isVisible()) await show.click();
      expect(await row.count()).toBe(1);
    }).toPass();
    const article = page.getByRole("article").filter({ has: row });
    const denied = turn === 2 ? "1 time" : `${String(turn - 1)} times`;
    if (turn > 1) await expect(article).toContainText(`Asked ${String(turn)} times. Denied ${denied}`);
    await row.click();
    await deny(page, "Not needed");
    await receiptSays(page, "Denial recorded");
    await page.getByRole("navigation").getByRole("button", { name: "Queue" }).click();
  }
});

test("three hundred fields are all there, in a view that says it has no plain language", async () => {
  const { page } = running;
  await choose(page, "three-hundred-fields");
  await openRequest(page, ["FRASER, Iain"]);
  expect(await page.locator("[data-prov='A']", { hasText: /^Setting \d+$/ }).count()).toBeGreaterThanOrEqual(300);
  await deny(page, "Agent overreached");
  await expect(page.getByText("A careful person denies this. You did the same.")).toBeVisible();
});
