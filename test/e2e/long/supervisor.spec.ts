import { expect, test } from "@playwright/test";

import { supervisor } from "../../../demo/compose.ts";
import { scenarios } from "../../../demo/scenarios/scenarios.ts";
import { startDemonstration, type Demonstration } from "../support/demonstration.ts";
import { violationsOf } from "../support/axe.ts";

/** The demonstration as `npm start -- --supervisor` opens it. */
let hospital: Demonstration;
test.beforeAll(async () => {
  test.setTimeout(120_000);
  hospital = await startDemonstration({}, supervisor);
});
test.afterAll(() => hospital.close());

test("a supervisor sees what was asked of her unit before anybody has decided it, and may stop its agent", async () => {
  const { page } = hospital.running;
  const { title } = scenarios.find(({ id }) => id === "weight-conflict")!;
  const menu = page.getByRole("navigation");
  await menu.getByRole("button", { name: "Scenarios" }).click();
  const entry = page.getByRole("listitem").filter({ hasText: title });
  await entry.getByRole("button", { name: "Ask for it" }).click();
  await expect(entry.getByRole("status")).toHaveText("Asked for. It is in your queue.");

  await menu.getByRole("button", { name: "History" }).click();
  const why = page.getByRole("dialog", { name: "Why are you looking?" });
  await why.getByRole("radio", { name: "Patient safety" }).check();
  await why.getByRole("button", { name: "Show the history" }).click();
  await expect(page.getByText("Requests to clinicians", { exact: true })).toBeVisible();
  const row = page.getByRole("grid").getByRole("row").filter({ hasText: "OKORO, Tunde" });
  await expect(row.getByRole("gridcell", { name: "Not decided" })).toBeVisible();
  // One page is all there is: both arrows stay where they are and say that they do nothing.
  for (const name of ["Previous page", "Next page"]) {
    await expect(page.getByRole("button", { name })).toHaveAttribute("aria-disabled", "true");
  }
  await row.getByRole("gridcell", { name: "Not decided" }).click();
  await expect(page.getByRole("button", { name: "Pause agent…" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Flag for review…" })).toHaveCount(0);
  expect(await violationsOf(page)).toEqual([]);

  await menu.getByRole("button", { name: "Insights" }).click();
  await expect(page.getByRole("heading", { name: "Insights" })).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Unit" })).toContainText("All my units");
  expect(await violationsOf(page)).toEqual([]);
});
