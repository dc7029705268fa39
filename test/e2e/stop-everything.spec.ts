import { expect, test, type Page } from "@playwright/test";

import type { RequestKey } from "#shared/ipc/contract.ts";

import { clinician, supervisor } from "../../demo/compose.ts";
import { demoPolicy } from "../../demo/policy.ts";
import { approve, backToQueue, openRequest, readAll, receiptSays } from "../../demo/tour/screens.ts";
import type { RunningApp } from "../../demo/tour/app.ts";
import { violationsOf } from "./support/axe.ts";
import { startDemonstration, type Demonstration } from "./support/demonstration.ts";

/** Two windows at one real gateway: a clinician's and a supervisor's. */
let hospital: Demonstration;
let ward: RunningApp;
let office: RunningApp;
/** What agents said, in order, and who waits for more. */
const said: string[] = [];

/** Approvals are held for minutes, so that the stop comes before any is begun, however slow the machine is. */
function longHolds(): typeof demoPolicy {
  const figures = JSON.parse(demoPolicy["policy.json"] ?? "") as { tiers: Record<string, object> };
  const tiers = Object.entries(figures.tiers).map(([tier, one]) => [tier, { ...one, hold_s: 600 }]);
  return { ...demoPolicy, "policy.json": JSON.stringify({ ...figures, tiers: Object.fromEntries(tiers) as object }) };
}

test.beforeAll(async () => {
  test.setTimeout(120_000);
  hospital = await startDemonstration({ policy: longHolds(), onAgent: (_name, line) => said.push(line) }, supervisor);
  office = hospital.running;
  // Last, so that its window is in front: reading counts where the window has the focus.
  ward = await hospital.open(clinician);
});
test.afterAll(() => hospital.close());

const ask = (scenario: string): void =>
  hospital.demo.agents.get(scenario === "routine-refill" ? "medication-reconciliation" : "note-tidier")?.run(scenario);

const writes = (): readonly string[] =>
  hospital.demo.fhir.wire.map(({ path }) => path).filter((path) => !path.startsWith("/AuditEvent"));

/** What a page that was taken over asks of main for a request: everything approved, nothing seen. */
const approveAtOnce = (page: Page, asked: { key: RequestKey; rev: number; digest: string }) =>
  page.evaluate(async ({ key, rev, digest }) => {
    const choice = { kind: "approve" as const, granted: [], ack: [], overrides: [], seen: [], reentry: {} };
    return window.countersign?.decide({ key, rev, digest, choice });
  }, asked);

test("a supervisor stops everything: what was approved is not carried out, what is open is withdrawn under the reader's eyes, agents are refused, and only after the resumption do they ask again", async () => {
  const { page } = ward;
  ask("routine-refill");
  await openRequest(page, ["EVANS, Gareth", "amlodipine"]);
  await readAll(page);
  await approve(page, {});
  await receiptSays(page, "Approval recorded");
  await backToQueue(page);
  ask("correct-phone");
  await openRequest(page, ["EVANS, Gareth", "Record update"]);
  await readAll(page);
  const held = await page.evaluate(async () => {
    const reply = await window.countersign?.get_snapshot(undefined);
    const row = reply?.ok === true ? reply.value.rows.find(({ status }) => status.kind === "pending") : undefined;
    return row && { key: row.key, rev: row.rev, digest: row.digest };
  });
  expect(held).toBeDefined();

  await office.page.getByRole("navigation").getByRole("button", { name: "Insights" }).click();
  await office.page.getByRole("button", { name: "Stop everything…" }).click();
  const sheet = office.page.getByRole("dialog", { name: "Stop everything" });
  await sheet.getByRole("radio", { name: "Agents may be misled" }).check();
  await sheet.getByRole("button", { name: "Sign and stop everything" }).click();
  await expect(office.page.getByText(/^The gateway recorded it /)).toBeVisible();
  await office.page.getByRole("button", { name: "Close", exact: true }).click();

  // Both are told since when and by whom; the name comes from a statement that this workstation checked.
  const stopped = /^Everything is stopped since .* by PRICE, Gwen \(Dr\)\./;
  await expect(page.getByText(stopped)).toContainText("until it is resumed");
  await expect(office.page.getByText(stopped)).toContainText("You may resume it in History or Insights.");
  await expect(
    page.getByText(/^Withdrawn at .* by whoever stopped .* or everything\. Nothing was signed\.$/),
  ).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve…" })).toHaveCount(0);
  expect(await approveAtOnce(page, held!)).toMatchObject({ ok: false });
  await backToQueue(page);
  const rows = page.getByRole("article");
  await expect(rows.filter({ hasText: "amLODIPine" }).getByText("Revoked", { exact: true })).toBeVisible();
  await expect(rows.filter({ hasText: "Record update" }).getByText("Withdrawn", { exact: true })).toBeVisible();
  expect(await violationsOf(page)).toEqual([]);

  await expect.poll(() => said.filter((line) => line.includes('"answered"')).length).toBe(2);
  const { store } = hospital.demo.gateway.core;
  expect([store.requestsIn(["revoked"]).length, store.requestsIn(["withdrawn"]).length]).toEqual([1, 1]);
  expect(store.requestsIn(["open", "partial", "approved", "executing", "completed"])).toEqual([]);
  ask("correct-phone");
  await expect.poll(() => said.at(-1)).toContain("E_AGENT_PAUSED");
  expect(writes()).toEqual([]);

  await office.page.getByRole("button", { name: "Resume everything…" }).click();
  const resume = office.page.getByRole("dialog", { name: "Resume everything" });
  await resume.getByRole("textbox", { name: "Why it may go on" }).fill("The model was changed back.");
  await resume.getByRole("button", { name: "Sign and resume everything" }).click();
  await expect(office.page.getByText(/^The gateway recorded it /)).toBeVisible();
  for (const one of [page, office.page]) {
    await expect(one.getByRole("region", { name: "Notices" })).toHaveCount(0);
    // No strip is left to say it: who hears the screen is told that it is over.
    await expect(
      one.getByRole("status").filter({ hasText: "Everything is resumed. Agents can ask again." }),
    ).toHaveCount(1);
  }
  ask("correct-phone");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(rows.filter({ hasText: "Record update" }).filter({ hasNotText: "Withdrawn" })).toHaveCount(1);
  // What the stop ended stays ended.
  expect(writes()).toEqual([]);
  expect([...ward.complaints, ...office.complaints]).toEqual([]);
});
