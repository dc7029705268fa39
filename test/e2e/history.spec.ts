import { expect, test, type Page } from "@playwright/test";

import { clinician } from "../../demo/compose.ts";
import { scenarios } from "../../demo/scenarios/scenarios.ts";
import type { RunningApp } from "../../demo/tour/app.ts";
import { deny, openRequest, receiptSays, signIn } from "../../demo/tour/screens.ts";
import { startDemonstration, type Demonstration } from "./support/demonstration.ts";
import { textOutsideClaims } from "./support/gallery.ts";
import { violationsOf } from "./support/axe.ts";

/** The real app at the real gateway of the demonstration: its history is asked over the wire and checked on this computer. */
let hospital: Demonstration;
let running: RunningApp;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  hospital = await startDemonstration();
  ({ running } = hospital);
});
test.afterAll(() => hospital.close());

async function denyOne(page: Page): Promise<string> {
  const { title } = scenarios.find(({ id }) => id === "weight-conflict")!;
  await page.getByRole("navigation").getByRole("button", { name: "Scenarios" }).click();
  const entry = page.getByRole("listitem").filter({ hasText: title });
  await entry.getByRole("button", { name: "Ask for it" }).click();
  await expect(entry.getByRole("status")).toHaveText("Asked for. It is in your queue.");
  await page.getByRole("navigation").getByRole("button", { name: "Queue" }).click();
  await openRequest(page, ["OKORO, Tunde"]);
  await deny(page, "Wrong medicine or dose");
  await receiptSays(page, "Denial recorded");
  const words = page.getByText(/^[a-z]+-[a-z]+-[a-z]+-[a-z]+$/);
  return words.innerText();
}

test("search, open, verify, flag: with the keyboard, every row checked here, the purpose asked once", async () => {
  const { page } = running;
  const words = await denyOne(page);
  await page.keyboard.press("g");
  await page.keyboard.press("h");
  const why = page.getByRole("dialog", { name: "Why are you looking?" });
  await expect(why.getByRole("heading")).toBeFocused();
  await why.getByRole("radio", { name: "Compliance or audit" }).check();
  await why.getByRole("button", { name: "Show the history" }).click();

  const grid = page.getByRole("grid", { name: "Decisions and requests" });
  const row = grid.getByRole("row").filter({ hasText: "OKORO, Tunde" });
  await expect(row.getByRole("gridcell", { name: "Denied" })).toBeVisible();
  // Under a checkpoint within seconds: until then the row says why it cannot be checked, and never that it is valid.
  await expect(async () => {
    await page.getByRole("button", { name: "Find" }).click();
    await expect(row.getByText("Valid", { exact: true })).toBeVisible({ timeout: 3_000 });
  }).toPass();
  await expect(page.getByText(/^Checked on this computer .* against gateway key .{8}…$/)).toBeVisible();
  expect(await violationsOf(page)).toEqual([]);

  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Search" })).toBeFocused();
  await page.keyboard.type("nobody-of-this-name");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Nothing found")).toBeVisible();
  await page.getByRole("searchbox", { name: "Search" }).fill(words.replaceAll("-", " "));
  await page.keyboard.press("Enter");
  await expect(grid.getByRole("row")).toHaveCount(2);

  await row.getByRole("gridcell", { name: "Denied" }).click();
  await expect(page.getByRole("heading", { name: "Record: Denied" })).toBeFocused();
  await expect(page.getByText("Everything that was checked holds.")).toBeVisible();
  await expect(page.getByText(words, { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("heading", { name: "Will be done if you approve" })).toBeVisible();
  await expect(page.getByText(/^Decision: log position /)).toBeVisible();
  expect(await violationsOf(page)).toEqual([]);
  // AC10: the agent's words are in their wells alone, those inside the exact text that was signed among them.
  await page.keyboard.press("e");
  await page.getByRole("button", { name: "Show the exact text" }).click();
  const [said = ""] = await page.locator("[data-prov='C']").allInnerTexts();
  expect(said.length).toBeGreaterThan(20);
  await expect(page.locator("[data-prov='C']", { hasText: said.slice(0, 20) })).toHaveCount(2);
  expect(await textOutsideClaims(page)).not.toContain(said.slice(0, 20));
  await page.getByRole("button", { name: "Verify again" }).click();
  await expect(page.getByText("Everything that was checked holds.")).toBeVisible();

  await page.getByRole("button", { name: "Flag for review…" }).click();
  const flag = page.getByRole("dialog", { name: "Flag this decision for review" });
  await expect(flag.getByText("The decision itself stays as it is.")).toBeVisible();
  await flag.getByRole("radio", { name: "The agent may be wrong" }).check();
  await flag.getByRole("button", { name: "Sign statement" }).click();
  await expect(page.getByText(/^The gateway recorded it /)).toBeVisible();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByRole("button", { name: "Verify again" }).click();
  await expect(page.getByText(/Flagged for review by OKAFOR/)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "History" })).toBeFocused();
  // The list is asked for anew; that it is under review is for those who review it (README decision 12).
  await expect(row.getByText("Valid", { exact: true })).toBeVisible();
  expect(running.complaints).toEqual([]);
});

test("nothing of the history is left on a locked screen, and the purpose is asked again", async () => {
  const { page } = running;
  await page.getByRole("button", { name: "Lock", exact: true }).click();
  await expect(page.getByText("OKORO")).toHaveCount(0);
  await signIn(page, clinician.pin);
  await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
  await expect(page.getByRole("dialog", { name: "Why are you looking?" })).toBeVisible();
});

test("without the gateway, what this computer has is shown, each decision checked here", async () => {
  const { page } = running;
  hospital.line.cut(600_000);
  await page.getByRole("dialog").getByRole("button", { name: "Back" }).click();
  await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
  await expect(page.getByText("Showing what this computer has.")).toBeVisible();
  const row = page.getByRole("row").filter({ hasText: "OKORO, Tunde" });
  await expect(row.getByText("Valid", { exact: true })).toBeVisible();

  // And opens: what was shown, signed and answered, checked here, with what only the gateway could say beside it.
  await row.getByRole("button", { name: /^Open record / }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Record: Denied" })).toBeFocused();
  await expect(page.getByText(/^From what this computer keeps\./)).toBeVisible();
  const unchecked = page.getByRole("list", { name: "Not checked without the gateway" });
  await expect(unchecked.getByText(/^whether the gateway's log still has it/)).toBeVisible();
  await expect(page.getByText("Everything that was checked holds.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Will be done if you approve" })).toBeVisible();
  await expect(page.getByText(/^Decision: log position /)).toBeVisible();
  await expect(page.getByRole("heading", { name: "Actions" })).toHaveCount(0);
  expect(await violationsOf(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(page.getByText("Showing what this computer has.")).toBeVisible();
});
