import { expect, test } from "@playwright/test";

import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { systemClock } from "../../../electron/clock.ts";
import { admit, PIN } from "../../electron/enrol-with.ts";
import { ELMWOOD, makeSecondHospital, POOL } from "../../electron/hospital.ts";
import { Judge } from "../../electron/judge.ts";
import { listen, type ScriptedGateway } from "../../electron/scripted-gateway.ts";
import { violationsOf } from "../support/axe.ts";
import { readWithKeys } from "../support/gallery.ts";
import { issuedNow } from "../support/issued.ts";
import { followLink, ready, takeSeat, toQueue, type Seat } from "../support/seat.ts";

let seat: Seat;
let elmwood: ScriptedGateway;
test.beforeAll(async () => {
  seat = await takeSeat();
  elmwood = await listen(systemClock(), makeSecondHospital(seat.gateway.hospital, seat.gateway.nowS()));
});
test.afterAll(async () => {
  await seat.close();
  await elmwood.stop();
});

test("a gateway is added in the settings under the PIN that one has; then each gateway is away by itself", async () => {
  const { page, app } = seat;
  const judge = new Judge(elmwood);
  const foot = page.getByRole("region", { name: "Status" });
  await page.getByRole("navigation").getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Add another gateway…" }).click();
  await expect(page.getByRole("heading", { name: "Add another gateway" })).toBeFocused();
  const { ticket, code } = admit(elmwood);
  await page.getByLabel("Enrolment ticket").fill(ticket);
  await page.getByLabel("Enrolment code").fill(code);
  await page.getByLabel("Your PIN", { exact: true }).fill("000001");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("The PIN is not right.")).toBeVisible();
  await page.getByLabel("Your PIN", { exact: true }).fill(PIN);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "The gateway is added" })).toBeFocused();
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await expect(page.getByRole("radio")).toHaveCount(1);
  await page.getByLabel("PIN", { exact: true }).fill(PIN);
  await page.getByRole("button", { name: "Sign in" }).click();
  for (const name of [ELMWOOD.name, "Northgate Hospital"]) {
    await expect(foot.getByText(`${name}: Connected`)).toBeVisible();
  }

  const { iss } = ELMWOOD;
  const there = judge.issue(issuedNow(refill, elmwood.nowS(), { iss, aud: [`${iss}/pools/${POOL}`] }));
  const here = seat.issue(refill);
  await seat.row(there);
  await seat.row(here);
  await toQueue(page);
  await expect(page.getByRole("article").filter({ hasText: `Gateway ${ELMWOOD.name}` })).toHaveCount(1);
  await expect(page.getByRole("article").filter({ hasText: "Gateway Northgate Hospital" })).toHaveCount(1);
  expect(await violationsOf(page)).toEqual([]);

  elmwood.down();
  await expect(foot.getByText(`${ELMWOOD.name}: Not connected`)).toBeVisible();
  await expect(foot.getByText("Northgate Hospital: Connected")).toBeVisible();
  await followLink(app, `countersign://r/${there.claims.rid}`);
  await expect(page.getByText(`From ${ELMWOOD.name}`)).toBeVisible();
  await expect(seat.approve).toHaveAccessibleDescription("Not connected: approvals are off.");
  await expect(page.getByRole("button", { name: "Deny…" })).toBeEnabled();

  await followLink(app, `countersign://r/${here.claims.rid}`);
  await expect(page.getByText("From Northgate Hospital")).toBeVisible();
  await readWithKeys(page);
  await ready(seat.approve);
  await seat.approve.click();
  await ready(seat.sign);
  await seat.sign.click();
  await expect
    .poll(() => seat.decisions().map(({ decision, rid }) => [decision, rid]))
    .toEqual([["approve", here.claims.rid]]);
  expect(judge.submitted).toEqual([]);
});
