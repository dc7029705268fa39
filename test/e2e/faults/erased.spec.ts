import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test, type Page } from "@playwright/test";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { jdig } from "#shared/protocol/digest.ts";

import { launchApp, type RunningApp } from "../../../demo/tour/app.ts";
import { backToQueue, beginEnrolment, deny, openRequest, queueIsOpen } from "../../../demo/tour/screens.ts";
import { receiptSays, signIn } from "../../../demo/tour/screens.ts";
import { answer } from "../../blackbox/command.ts";
import { open, orderFor, type Hospital } from "../../blackbox/hospital.ts";
import { lyingGateway, type LyingGateway } from "../support/lying-gateway.ts";

/** Erased by command at the real gateway, looked at in the real app (docs/decisions/0016); and a gateway that only says so. */

const PIN = "264813";
let hospital: Hospital;
let gateway: LyingGateway;
let profile: string;
let running: RunningApp;

test.beforeAll(async () => {
  hospital = await open();
  gateway = await lyingGateway(hospital.wsUrl);
  profile = mkdtempSync(path.join(os.tmpdir(), "countersign-erased-"));
  running = await launchApp({ profile, args: ["--countersign-demo=on"] });
  const { ticket, code } = await hospital.ticket("price-gwen", ["--pools", "clinicians", "--roles", "supervisor"]);
  const { page } = running;
  const said = JSON.stringify({ ...ticket, ws_endpoint: gateway.wsUrl });
  const words = await beginEnrolment(page, { ticket: said, code, pin: PIN });
  const confirm = ["directory", "confirm", ticket.ticket_id, "--by", "second.admin", "--words", words.join(" ")];
  await answer(confirm, hospital.env);
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await signIn(page, PIN);
  await queueIsOpen(page);
});
test.afterAll(async () => {
  await running.close();
  await gateway.close();
  await hospital.close();
  rmSync(profile, { recursive: true, force: true });
});

/** An order for a patient of its own, denied in the window. */
async function denied(page: Page, family: string): Promise<string> {
  const patient = `patient-${family.toLowerCase()}`;
  hospital.record.copy("evans-gareth", patient, (text) => text.replaceAll("Evans", family));
  const rid = await hospital.raise(orderFor(patient));
  // By name: what was decided a moment ago is still listed.
  await openRequest(page, [family.toUpperCase()]);
  await deny(page, "Not needed");
  await receiptSays(page, "Denial recorded");
  await backToQueue(page);
  return rid;
}

async function lookInHistory(page: Page): Promise<void> {
  await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
  const why = page.getByRole("dialog", { name: "Why are you looking?" });
  await why.getByRole("radio", { name: "Compliance or audit" }).check();
  await why.getByRole("button", { name: "Show the history" }).click();
}

test("an order erases a decision: the window says when and by what, having checked it; a gateway that only says so is an alarm", async () => {
  const { page } = running;
  const erased = await denied(page, "Morgan");
  const hidden = await denied(page, "Pritchard");
  const erase = ["gateway", "retention", "erase", "--request", erased, "--order", "2026/17"];
  expect(await answer(erase, hospital.env)).toMatchObject({ erased: 1 });

  await lookInHistory(page);
  const rows = page.getByRole("grid", { name: "Decisions and requests" }).getByRole("row");
  const gone = rows.filter({ hasText: "What is left holds" });
  // Under a checkpoint within seconds.
  await expect(async () => {
    await page.getByRole("button", { name: "Find" }).click();
    await expect(gone).toHaveCount(1, { timeout: 3_000 });
  }).toPass();
  await expect(gone).toContainText(/Erased\s*\d{2}-[A-Z][a-z]{2}-\d{4}/);
  await expect(gone).not.toContainText("MORGAN");
  await expect(rows.filter({ hasText: "PRITCHARD" })).toContainText("Valid");
  await gone.getByRole("gridcell", { name: "Denied" }).click();
  await expect(
    page.getByText(/^Erased on \d{2}-[A-Z][a-z]{2}-\d{4} by order\. Its entry in the log was checked here/),
  ).toBeVisible();
  await expect(page.getByText(/^Log position \d+\. That it is about this record was checked/)).toBeVisible();
  await expect(page.getByText("until IT has looked")).toHaveCount(0);

  const claimed = Math.floor(Date.now() / 1000);
  gateway.lie = (item) => {
    if (item["rid"] !== hidden) return;
    const { request: jws, ...rest } = item;
    const request = jdig(makeNodeCrypto(), String(jws));
    for (const name of Object.keys(item)) Reflect.deleteProperty(item, name);
    const withheld = { reason: "erased", request, decisions: [0], at: claimed };
    Object.assign(item, { ...rest, decisions: [null], withheld, attention: false, statements: [] });
  };
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Find" }).click();
  const lie = rows.filter({ hasText: "Failed at the proof that it was erased" });
  await expect(lie).toContainText("NOT VALID");
  await expect(lie).toContainText("Said to be erased");
  await expect(page.getByText(/^A record is kept from you\./).first()).toBeVisible();
  const folder = readdirSync(profile, { recursive: true }).map(String);
  const [evidence = ""] = folder.filter((name) => /log-alarm-[0-9a-f]+\.json$/.test(name));
  expect(JSON.parse(readFileSync(path.join(profile, evidence), "utf8"))).toMatchObject({
    ...{ code: "E_LOG_ERASURE", shown: { withheld: { reason: "erased", at: claimed } } },
  });
  expect(running.complaints).toEqual([]);
});
