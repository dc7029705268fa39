import { expect, type Locator, type Page } from "@playwright/test";

/** What a person does on each screen, by the names that are written on it. */

const SECOND = 1000;

/** Fills the first step of enrolment and gives the check words that the screen shows. */
export async function beginEnrolment(
  page: Page,
  input: { ticket: string; code: string; pin: string },
): Promise<string[]> {
  await page.getByLabel("Enrolment ticket").fill(input.ticket);
  await page.getByLabel("Enrolment code").fill(input.code);
  await page.getByLabel("New PIN", { exact: true }).fill(input.pin);
  await page.getByLabel("New PIN, again").fill(input.pin);
  await page.getByRole("button", { name: "Continue" }).click();
  const words = page.getByRole("list", { name: "Check words of this workstation" });
  await words.waitFor({ timeout: 20 * SECOND });
  await page.getByRole("radio", { name: "They match", exact: true }).check();
  return words.getByRole("listitem").allInnerTexts();
}

export async function signIn(page: Page, pin: string): Promise<void> {
  await page.getByLabel("PIN", { exact: true }).fill(pin);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function queueIsOpen(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "My requests" }).waitFor({ timeout: 20 * SECOND });
}

/** The list never moves by itself: new requests wait behind a button. */
async function showNew(page: Page): Promise<void> {
  const show = page.getByRole("button", { name: "Show", exact: true });
  if (await show.isVisible()) await show.click();
}

/** Waits for a request whose row says all of `words`, and opens it. */
export async function openRequest(page: Page, words: readonly string[]): Promise<void> {
  const row = words.reduce<Locator>((rows, text) => rows.filter({ hasText: text }), page.getByRole("listitem"));
  await expect(async () => {
    await showNew(page);
    expect(await row.count()).toBeGreaterThan(0);
  }).toPass({ timeout: 20 * SECOND });
  await row.first().getByRole("link").first().click();
  await page.getByRole("heading", { name: /^Review:/ }).waitFor({ timeout: 10 * SECOND });
}

/** Reads the whole request: scrolls until every field was in view, and ticks each warning. */
export async function readAll(page: Page): Promise<void> {
  const unseen = page.getByRole("button", { name: /fields? not seen/ });
  await expect(async () => {
    if (await unseen.isVisible()) await unseen.click();
    expect(await unseen.isVisible()).toBe(false);
  }).toPass({ timeout: 30 * SECOND });
  for (const tick of await page.getByRole("checkbox", { name: /^I have read this/ }).all()) await tick.check();
}

/** Leaves out the last permission that can be left out: what the action cannot do without has no box. */
export async function leaveOut(page: Page): Promise<void> {
  const permission = page
    .locator("[data-dropped]")
    .filter({ has: page.getByRole("checkbox") })
    .last();
  await permission.getByRole("checkbox").uncheck();
}

async function press(button: Locator): Promise<void> {
  // The input guard arms after the tier's time; the button's description says why it does not act yet.
  await expect(button).toHaveAccessibleDescription("", { timeout: 20 * SECOND });
  await button.click();
}

export interface Approval {
  readonly pin?: string;
  readonly initials?: string;
  readonly birthYear?: string;
  readonly value?: string;
  /** Reason picked for each conflict that stands. */
  readonly override?: string;
}

export async function approve(page: Page, input: Approval, beforeSigning?: () => Promise<void>): Promise<void> {
  await press(page.getByRole("button", { name: "Approve…" }));
  const sheet = page.getByRole("dialog", { name: "Sign approval" });
  await sheet.waitFor();
  const fill = async (label: string | RegExp, value: string | undefined): Promise<void> => {
    if (value !== undefined) await sheet.getByLabel(label).fill(value);
  };
  if (input.override !== undefined) {
    for (const choice of await sheet.getByRole("radio", { name: input.override }).all()) await choice.check();
  }
  await fill("Initials", input.initials);
  await fill("Year of birth", input.birthYear);
  await fill(/^Dose you are approving|^Last 4 characters|^Value you are approving/, input.value);
  await fill("PIN", input.pin);
  await beforeSigning?.();
  await press(sheet.getByRole("button", { name: "Sign approval" }));
}

export async function deny(page: Page, reason: string, beforeSigning?: () => Promise<void>): Promise<void> {
  await page.getByRole("button", { name: "Deny…" }).click();
  const sheet = page.getByRole("dialog", { name: "Deny" });
  await sheet.getByRole("radio", { name: reason }).check();
  await beforeSigning?.();
  await press(sheet.getByRole("button", { name: "Sign denial" }));
}

/** Waits for the receipt with this title: shown only after a verified receipt arrived. */
export async function receiptSays(page: Page, title: string | RegExp): Promise<void> {
  await page.getByRole("heading", { name: title }).waitFor({ timeout: 40 * SECOND });
}

export async function backToQueue(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Queue" }).first().click();
  await queueIsOpen(page);
}
