import { expect, test } from "@playwright/test";

import { openGallery, type Gallery } from "./support/gallery.ts";

let gallery: Gallery;
test.beforeAll(async () => {
  gallery = await openGallery();
});
test.afterAll(async () => gallery.close());

test("a drawing and its table say the same as its title, and all of it goes by keyboard (S11)", async () => {
  const { page, show, running } = gallery;
  await show("insights");
  await expect(page.getByRole("heading", { level: 1, name: "Insights" })).toBeFocused();
  const volume = page.getByRole("region", { name: /^Most requests come between/ });
  const title = (await volume.getByRole("heading").textContent()) ?? "";
  const [, of = ""] = /of ([0-9,]+)$/.exec(title) ?? [];
  await expect(volume.locator("svg").first()).toBeVisible();

  // Keys alone reach the drawing and go from bar to bar: a frame is drawn around the one that is read out.
  await page.getByRole("button", { name: "Data as tables" }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowRight");
  await expect(volume.locator("rect[fill='none'][stroke-width='2']")).toBeVisible();

  await page.getByRole("button", { name: "As a table: Most requests" }).press("Enter");
  const table = volume.getByRole("region", { name: /^Table: Most requests/ });
  const cells = await table.locator("tbody td.number").allTextContents();
  const sum = cells.reduce((all, cell) => all + Number(cell.replaceAll(",", "")), 0);
  expect(sum).toBe(Number(of.replaceAll(",", "")));

  await page.getByRole("button", { name: "Data as tables" }).press("Enter");
  await expect(
    page.locator("main svg[role='img'], main [class*='MuiBarChart'], main [class*='MuiLineChart']"),
  ).toHaveCount(0);
  expect(await page.getByRole("table").count()).toBeGreaterThan(4);
  expect(running.complaints).toEqual([]);
});

test("a supervisor's screen names nobody, a reviewer's lists what is for them, and neither ranks (README decision 12)", async () => {
  const { page, show } = gallery;
  await show("insights");
  await expect(page.getByText("Nobody is named.")).toBeVisible();
  await expect(page.getByRole("region", { name: "Approvals read briefly" })).toHaveCount(0);
  await show("insights-reviewer");
  const brief = page.getByRole("region", { name: "Table: Approvals read briefly" });
  await expect(brief).toBeVisible();
  const times = await brief.locator("tbody tr td:first-child").allTextContents();
  const sorted = times.map((text) =>
    Date.parse(text.replace(" GMT", " UTC").replace(" BST", " +0100").replaceAll("-", " ")),
  );
  expect(sorted.length).toBeGreaterThan(10);
  expect(sorted).toEqual(sorted.toSorted((a, b) => b - a));
});

test("rates of fewer than ten are not shown, and what is empty or refused says so", async () => {
  const { page, show } = gallery;
  await show("insights-few");
  await expect(page.getByText(/^Too few to say \(7\)/).first()).toBeVisible();
  await expect(page.getByText(/95 % interval/)).toHaveCount(0);
  await show("insights-empty");
  await expect(page.getByText("No requests in this period")).toBeVisible();
  await show("insights-refused");
  await page.getByRole("button", { name: "Show the last 7 days" }).click();
  await expect(page.getByRole("combobox", { name: "Period" })).toHaveValue("7");
  await expect(page.getByText("Choose a shorter period or one unit.")).toBeVisible();
});

test("while figures are read it says how far it is and can be stopped; stopped or failed, it shows none and asks again", async () => {
  const { page, show } = gallery;
  await show("insights-reading");
  await expect(page.getByText("Reading and computing: 41,200 requests so far")).toBeVisible();
  await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
  for (const [id, words] of [
    ["insights-stopped", /^You stopped it before the figures were complete, so none are shown\.$/],
    ["insights-failed", /^The measures could not be taken\./],
  ] as const) {
    await show(id);
    await expect(page.getByText(words)).toBeVisible();
    await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Data as tables" })).toHaveCount(0);
  }
});

test("an export asks for format, form and reason before it asks where, and tells what came of it", async () => {
  const { page, show } = gallery;
  await show("records");
  await page.getByRole("button", { name: "Export…" }).click();
  const dialog = page.getByRole("dialog", { name: "Export" });
  const begin = dialog.getByRole("button", { name: "Choose where and export…" });
  for (const [missing, choose] of [
    ["Choose a format", "Table (CSV)"],
    ["Choose with or without patient identifiers", "Without patient identifiers"],
    ["Choose why", "Quality improvement"],
  ] as const) {
    await begin.click();
    await expect(dialog.getByRole("status")).toHaveText(missing);
    await dialog.getByRole("radio", { name: choose, exact: true }).check();
  }
  await begin.click();
  const running = page.getByRole("dialog", { name: "Exporting" });
  await expect(running.getByRole("progressbar")).toHaveAttribute("value", "1200");
  await running.getByRole("button", { name: "Stop and remove the file" }).click();
  await expect(page.getByRole("dialog").getByText("Stopped. No file was kept.")).toBeVisible();
});
