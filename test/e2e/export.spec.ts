import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { validateResource } from "@medplum/core";
import { expect, test, type Locator, type Page } from "@playwright/test";

import { loadDefinitions } from "../../demo/fhir/definitions.ts";
import { scenarios } from "../../demo/scenarios/scenarios.ts";
import type { RunningApp } from "../../demo/tour/app.ts";
import { deny, openRequest, receiptSays } from "../../demo/tour/screens.ts";
import { readCsv } from "../shared/export/read-csv.ts";
import { violationsOf } from "./support/axe.ts";
import { startDemonstration, type Demonstration } from "./support/demonstration.ts";

/** What somebody may write who wants the reader's spreadsheet to work for them. */
const FORMULA = '=HYPERLINK("http://example.org";"press")';

let hospital: Demonstration;
let running: RunningApp;
const folder = mkdtempSync(path.join(os.tmpdir(), "countersign-export-"));

test.beforeAll(async () => {
  test.setTimeout(120_000);
  hospital = await startDemonstration();
  ({ running } = hospital);
});
test.afterAll(async () => {
  await hospital.close();
  rmSync(folder, { recursive: true });
});

/** The place that a person would choose in the window of the operating system. */
const chooses = (name: string): Promise<void> =>
  running.app.evaluate(
    ({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
    },
    path.join(folder, name),
  );

async function denyWithFormula(page: Page): Promise<void> {
  const { title } = scenarios.find(({ id }) => id === "weight-conflict")!;
  await page.getByRole("navigation").getByRole("button", { name: "Scenarios" }).click();
  const entry = page.getByRole("listitem").filter({ hasText: title });
  await entry.getByRole("button", { name: "Ask for it" }).click();
  await page.getByRole("navigation").getByRole("button", { name: "Queue" }).click();
  await openRequest(page, ["OKORO, Tunde"]);
  await deny(page, "Wrong medicine or dose", () => page.getByLabel(/^Note for the agent's owner/).fill(FORMULA));
  await receiptSays(page, "Denial recorded");
}

/** History, with the purpose said and its row checked. */
async function history(page: Page): Promise<void> {
  await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
  const why = page.getByRole("dialog", { name: "Why are you looking?" });
  await why.getByRole("radio", { name: "Compliance or audit" }).check();
  await why.getByRole("button", { name: "Show the history" }).click();
  const row = page.getByRole("grid").getByRole("row").filter({ hasText: "OKORO, Tunde" });
  await expect(async () => {
    await page.getByRole("button", { name: "Find" }).click();
    await expect(row.getByText("Valid", { exact: true })).toBeVisible({ timeout: 3_000 });
  }).toPass();
}

async function asks(page: Page, format: string, patients: string): Promise<Locator> {
  await page.getByRole("button", { name: "Export…" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("radio", { name: format }).check();
  await sheet.getByRole("radio", { name: patients, exact: true }).check();
  await sheet.getByRole("radio", { name: "Compliance or audit" }).check();
  return sheet;
}
const begin = (sheet: Locator): Promise<void> =>
  sheet.getByRole("button", { name: "Choose where and export…" }).click();

/** Exports to that file; what the screen says of its digest is what the file has. */
async function exported(page: Page, name: string, format: string, patients: string): Promise<string> {
  await chooses(name);
  await begin(await asks(page, format, patients));
  const done = page.getByRole("dialog", { name: "Export complete" });
  await expect(done.getByText("1 record is valid")).toBeVisible();
  const text = readFileSync(path.join(folder, name), "utf8");
  await expect(done.getByText(createHash("sha256").update(text).digest("hex"), { exact: true })).toBeVisible();
  expect(await violationsOf(page)).toEqual([]);
  await done.getByRole("button", { name: "Close" }).click();
  return text;
}

test("a history is exported to the file that was chosen, every row checked, and no cell of it is a formula", async () => {
  const { page } = running;
  await denyWithFormula(page);
  await history(page);
  const sheet = await asks(page, "Table (CSV)", "With patient identifiers");
  expect(await violationsOf(page)).toEqual([]);
  await sheet.getByRole("button", { name: "Cancel" }).click();

  const [head = [], row = []] = readCsv(await exported(page, "history.csv", "Table (CSV)", "With patient identifiers"));
  const cell = (name: string): string => row[head.indexOf(name)] ?? "";
  expect(cell("Patient")).toContain("OKORO");
  expect(cell("Signer's note")).toBe(`'${FORMULA}`);
  expect(row.filter((text) => /^[\s"]*[=+\-@\t\r]/.test(text))).toEqual([]);
  const without = await exported(page, "without.csv", "Table (CSV)", "Without patient identifiers");
  expect(without).not.toMatch(/OKORO|HYPERLINK/);
});

test("a spreadsheet finds no formula in it", () => {
  const profile = `-env:UserInstallation=file://${folder}/profile`;
  const soffice = (...args: string[]) => spawnSync("soffice", [profile, "--headless", ...args], { timeout: 120_000 });
  test.skip(spawnSync("soffice", ["--version"]).status !== 0, "LibreOffice is not installed here");
  test.setTimeout(180_000);
  // Comma, quote, UTF-8; the last but three: what looks like a formula is taken for one.
  const filter = "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,-1,true";
  const ran = soffice(filter, "--convert-to", "fods", "--outdir", folder, path.join(folder, "history.csv"));
  expect(ran.status).toBe(0);
  const fods = readFileSync(path.join(folder, "history.fods"), "utf8");
  expect(fods).toContain("HYPERLINK");
  expect(fods).not.toContain("table:formula");
  rmSync(path.join(folder, "history.fods"));
  rmSync(path.join(folder, "profile"), { recursive: true, force: true });
});

test("the audit events that are exported are FHIR", async () => {
  const { page } = running;
  const text = await exported(page, "audit.fhir.json", "FHIR audit events", "With patient identifiers");
  loadDefinitions();
  const bundle = JSON.parse(text) as Parameters<typeof validateResource>[0] & { entry: { resource: typeof bundle }[] };
  expect(bundle.entry.map(({ resource }) => resource.resourceType)).toContain("AuditEvent");
  validateResource(bundle);
  for (const { resource } of bundle.entry) validateResource(resource);
});

test("an export that is stopped on its way leaves no file", async () => {
  const { page } = running;
  const before = readdirSync(folder);
  await chooses("stopped.jsonl");
  const sheet = await asks(page, "Events (JSONL)", "Without patient identifiers");
  const release = hospital.line.hold();
  await begin(sheet);
  await page.getByRole("button", { name: "Stop and remove the file" }).click();
  release();
  await expect(page.getByText("Stopped. No file was kept.")).toBeVisible();
  expect(readdirSync(folder)).toEqual(before);
  expect(await violationsOf(page)).toEqual([]);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
});

test("what was decided is counted in insights", async () => {
  const { page } = running;
  await page.getByRole("navigation").getByRole("button", { name: "Insights" }).click();
  await expect(page.getByRole("heading", { name: "Insights" })).toBeVisible();
  await expect(page.getByText(/Wrong medicine or dose|1 request/).first()).toBeVisible();
  expect(await violationsOf(page)).toEqual([]);
  expect(running.complaints).toEqual([]);
});
