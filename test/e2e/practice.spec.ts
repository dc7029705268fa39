import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test, type Locator, type Page } from "@playwright/test";

import { launchApp, type RunningApp } from "../../demo/tour/app.ts";
import { systemClock } from "../../electron/clock.ts";
import { admit, PIN } from "../electron/enrol-with.ts";
import { listen, type ScriptedGateway } from "../electron/scripted-gateway.ts";
import { violationsOf } from "./support/axe.ts";
import { readWithKeys } from "./support/gallery.ts";
import { fakeSecretStore, ready } from "./support/seat.ts";

// Each goes on where the one before has left the app.
test.describe.configure({ mode: "serial" });

const PATIENTS = ["BECKETT", "OSEI", "LINDQVIST"] as const;

let folder: string;
let profile: string;
let gateway: ScriptedGateway;
let running: RunningApp;
let page: Page;

/** As in a hospital: not the demonstration, and the person enrols on the screens with their own hands. */
test.beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "countersign-practice-"));
  profile = path.join(folder, "profile");
  gateway = await listen(systemClock());
  running = await launchApp({ profile, args: [] });
  ({ page } = running);
  await fakeSecretStore(running.app);
  await enrolOnScreens();
});
test.afterAll(async () => {
  await running.close();
  await gateway.stop();
  expect(running.complaints).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

async function enrolOnScreens(): Promise<void> {
  const { ticket, code } = admit(gateway, { key_storage: "os" });
  await page.getByLabel("Enrolment ticket").fill(ticket);
  await page.getByLabel("Enrolment code").fill(code);
  await page.getByLabel("New PIN", { exact: true }).fill(PIN);
  await page.getByLabel("New PIN, again").fill(PIN);
  await expect(page.getByText("Step 1 of 4")).toBeVisible();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(heading("This workstation is enrolled")).toBeFocused();
}

const heading = (name: string | RegExp): Locator => page.getByRole("heading", { level: 1, name });
const press = (key: string) => page.keyboard.press(key);
const strip = (): Locator => page.getByText("PRACTICE - nothing here is real");

/** With the keyboard alone, as far as a control is away: what is focused then is pressed. */
async function pressControl(control: Locator): Promise<void> {
  for (let tabs = 0; tabs < 40; tabs++) {
    if (await control.evaluate((element) => element === document.activeElement)) break;
    await press("Tab");
  }
  await expect(control).toBeFocused();
  await press("Enter");
}

async function beginPractice(name: string): Promise<void> {
  await pressControl(page.getByRole("button", { name }));
  await expect(heading("My requests")).toBeFocused();
  for (const patient of PATIENTS) await expect(page.getByText(patient).first()).toBeVisible();
}

/** Opens the request of this patient from the top of the queue, with `j` as often as it takes. */
async function openWithKeys(patient: string, key: "Enter" | "d"): Promise<void> {
  const row = page.getByRole("listitem").filter({ hasText: patient }).first();
  await press("Home");
  for (let steps = 0; steps < 3; steps++) {
    if (await row.evaluate((element) => element.contains(document.activeElement))) break;
    await press("j");
  }
  await press(key);
}

async function deny(patient: string): Promise<void> {
  await openWithKeys(patient, "d");
  await expect(page.getByRole("dialog", { name: "Deny" })).toBeVisible();
  await press("2");
  await press("Enter");
  await expect(heading("Denial recorded")).toBeFocused();
  await expect(page.getByText("None: a practice is not logged")).toBeVisible();
}

async function approve(patient: string, identity?: { readonly initials: string; readonly year: string }) {
  await openWithKeys(patient, "Enter");
  await expect(heading(/^Review:/)).toBeFocused();
  await readWithKeys(page);
  await ready(page.getByRole("button", { name: "Approve…" }));
  await press("a");
  const sheet = page.getByRole("dialog", { name: "Sign approval" });
  await expect(sheet.getByRole("heading", { name: "Sign approval" })).toBeFocused();
  if (identity !== undefined) {
    for (const [label, text] of [
      ["Initials", identity.initials],
      ["Year of birth", identity.year],
      ["PIN", PIN],
    ] as const) {
      await sheet.getByLabel(label).focus();
      await page.keyboard.type(text);
    }
  }
  const sign = sheet.getByRole("button", { name: "Sign approval" });
  await ready(sign);
  await sign.focus();
  await press("Enter");
  await expect(heading("Approval recorded")).toBeFocused();
  await press("Escape");
  await expect(heading("My requests")).toBeFocused();
}

test("who has enrolled practises: what was missed is told, again and again, until it is passed", async () => {
  test.setTimeout(180_000);
  await pressControl(page.getByRole("button", { name: "Go to the practice" }));
  await expect(heading("Practise before you start")).toBeFocused();
  await expect(strip()).toBeVisible();
  expect(await page.title()).toBe("Countersign - Practice");
  await expect(page.getByRole("navigation")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Skip" })).toHaveCount(0);
  expect(await violationsOf(page)).toEqual([]);
  const connections = gateway.peers.length;

  await beginPractice("Begin the practice");
  expect(await violationsOf(page)).toEqual([]);
  for (const patient of ["BECKETT", "OSEI"]) {
    await deny(patient);
    await expect(page.getByRole("button", { name: "Open in history" })).toHaveCount(0);
    await press("Escape");
    await expect(heading("My requests")).toBeFocused();
  }
  await deny("LINDQVIST");
  await expect(strip()).toBeVisible();
  await pressControl(page.getByRole("button", { name: "See how it went" }));
  await expect(heading("Not passed yet")).toBeFocused();
  await expect(page.getByText("Missed", { exact: true })).toHaveCount(2);
  await expect(page.getByRole("button", { name: "Go to sign-in" })).toHaveCount(0);
  expect(await violationsOf(page)).toEqual([]);

  await beginPractice("Practise again");
  await approve("BECKETT");
  await approve("OSEI", { initials: "DO", year: "1971" });
  await openWithKeys("LINDQVIST", "Enter");
  await expect(page.getByText("Agent says 82 kg. Record says 28 kg.").first()).toBeVisible();
  await press("Escape");
  await expect(heading("My requests")).toBeFocused();
  await deny("LINDQVIST");
  await press("Escape");
  // The last approval is told once it can no longer be taken back.
  await expect(heading("You passed the practice")).toBeFocused();
  expect(await violationsOf(page)).toEqual([]);
  expect(gateway.peers.length).toBe(connections);
  const kept = () => readdirSync(path.join(profile, "people"), { recursive: true }).map(String);
  expect(kept().filter((name) => name.endsWith(".practised"))).toEqual([]);
  await pressControl(page.getByRole("button", { name: "Go to sign-in" }));
  await expect(page.getByLabel("PIN", { exact: true })).toBeVisible();
  await expect(strip()).toHaveCount(0);
  expect(kept().filter((name) => name.endsWith(".practised"))).toHaveLength(1);
  expect(kept().filter((name) => name.endsWith(".out"))).toEqual([]);
});

test("then their own queue and history are empty and real, and the practice does not come again", async () => {
  await page.getByLabel("PIN", { exact: true }).fill(PIN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(heading("My requests")).toBeFocused();
  await expect(strip()).toHaveCount(0);
  await expect(page.getByText("Nothing needs you")).toBeVisible();
  await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
  await expect(heading("History")).toBeFocused();
  for (const name of PATIENTS) await expect(page.getByText(name)).toHaveCount(0);
  await press("Control+l");
});

test("a lock ends it without a word of what was open; who passed lately may skip it", async () => {
  await page.getByRole("button", { name: "Enrol another person…" }).click();
  await enrolOnScreens();
  await page.getByRole("button", { name: "Go to the practice" }).click();
  await beginPractice("Begin the practice");
  await openWithKeys("BECKETT", "Enter");
  await expect(heading(/^Review:/)).toBeFocused();
  await press("Control+l");
  await expect(heading("Sign in to Countersign")).toBeFocused();
  await expect(page.getByText("Nothing was sent")).toHaveCount(0);
  await expect(page.getByText("BECKETT")).toHaveCount(0);
  await page.getByRole("radio").last().check();
  await page.getByLabel("PIN", { exact: true }).fill(PIN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(heading("Practise before you start")).toBeFocused();
  await pressControl(page.getByRole("button", { name: "Skip" }));
  await expect(heading("Sign in to Countersign")).toBeFocused();
});
