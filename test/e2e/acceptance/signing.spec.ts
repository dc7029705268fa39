import { expect, test, type Locator } from "@playwright/test";

import { childDose } from "../../../renderer/bridge/fake/conflicts.ts";
import { bisoprolol, refill } from "../../../renderer/bridge/fake/orders.ts";
import { PIN } from "../../electron/enrol-with.ts";
import { readWithKeys } from "../support/gallery.ts";
import { holdPinChecks, resizeWindow } from "../support/probes.ts";
import { ready, takeSeat, type Seat } from "../support/seat.ts";

let seat: Seat;
test.beforeAll(async () => {
  seat = await takeSeat();
});
test.afterAll(async () => seat.close());

async function press(button: Locator): Promise<void> {
  await ready(button);
  await button.click();
}

async function openSheet(): Promise<void> {
  await readWithKeys(seat.page);
  await press(seat.approve);
  await seat.sheet.waitFor();
}

interface Typed {
  readonly initials?: string;
  readonly year?: string;
}

async function fillIn({ initials = "GE", year = "1990" }: Typed = {}): Promise<void> {
  const { sheet } = seat;
  await sheet.getByLabel("Initials").fill(initials);
  await sheet.getByLabel("Year of birth").fill(year);
  await sheet.getByLabel("Agent window code").fill("K7-QM4");
  await sheet.getByLabel("PIN").fill(PIN);
}

test("AC06 identity re-entry: Sign waits for it, it cannot be pasted, nothing says what was wrong, and the second mismatch starts the review again", async () => {
  const { page, app, sheet, sign } = seat;
  const said: string[] = [];
  for (const wrong of [{ initials: "XX" }, { year: "1991" }]) {
    await seat.open(bisoprolol);
    await openSheet();
    await expect(sign).toHaveAccessibleDescription("Enter initials and year of birth");
    await app.evaluate(({ clipboard }) => clipboard.writeText("GE"));
    await sheet.getByLabel("Initials").press("Control+v");
    await expect(sheet.getByLabel("Initials")).toHaveValue("");
    await sheet.getByLabel("Year of birth").press("Control+v");
    await expect(sheet.getByLabel("Year of birth")).toHaveValue("");
    await fillIn(wrong);
    await press(sign);
    await expect(sheet.getByText("Check the patient: those details are not EVANS, Gareth (Mr).")).toBeVisible();
    await expect(sheet.getByLabel("Initials")).toHaveValue("");
    await expect(sheet.getByLabel("Year of birth")).toHaveValue("");
    // Without what differs between two requests by itself.
    said.push((await sheet.innerText()).replace(/Until .*? GMT|Check words \S+/g, ""));
  }
  expect(said[0]).toBe(said[1]);
  await fillIn({ initials: "XX" });
  await press(sign);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByText("did not match this patient twice")).toBeInViewport();
  await expect(seat.approve).toHaveAccessibleDescription(/not seen/);
  expect(seat.judge.submitted).toEqual([]);
  const views = () => seat.gateway.received.all.filter(({ type }) => type === "action.view").map(({ body }) => body);
  await expect.poll(() => views().filter(({ code }) => code === "E_CLI_REENTRY")).toHaveLength(1);
  // The review really has begun again: read, it can be approved with the right details.
  await openSheet();
  await fillIn();
  await press(sign);
  await expect(page.getByRole("heading", { name: "Approval recorded" })).toBeVisible();
  expect(seat.decisions()).toMatchObject([{ decision: "approve", reentry: ["identity", "origin-code"] }]);
});

test("AC07 while the authenticator waits, patient, action, statement and signer stay in view; cancelling leaves no signature", async () => {
  const { page, app, sheet, sign } = seat;
  await resizeWindow(app, page, 1024, 700);
  const before = seat.judge.submitted.length;
  const letGo = await holdPinChecks(app);
  await seat.open(bisoprolol);
  await openSheet();
  await fillIn();
  await press(sign);
  await expect(sheet.getByText("Signing. Nothing is signed yet.").first()).toBeInViewport();
  for (const text of [/EVANS, Gareth/, /5 mg/, /^By signing/, /OKAFOR, Amara/])
    await expect(sheet.getByText(text).first()).toBeInViewport({ ratio: 1 });
  await sheet.getByRole("button", { name: "Cancel" }).click();
  // At once: the authenticator still waits.
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await letGo();
  // Main is done with it when the request can be decided again.
  await expect(seat.approve).not.toHaveAccessibleDescription(/An earlier decision/);
  await expect(page.getByRole("heading", { name: /^Review:/ })).toBeVisible();
  expect(seat.judge.submitted).toHaveLength(before);

  // A wrong PIN is said on the same sheet, beside what was typed.
  await press(seat.approve);
  await fillIn();
  await sheet.getByLabel("PIN").fill("000001");
  await press(sign);
  await expect(sheet.getByText("The PIN is not right. Nothing was signed.")).toBeVisible();
  await expect(sheet.getByLabel("Initials")).toHaveValue("GE");
  expect(seat.judge.submitted).toHaveLength(before);
  await page.keyboard.press("Escape");
});

test("AC13 a conflict stands above the action with both values and their date, is tier 2 or more, and is approved only against a reason, which is signed", async () => {
  const { page, sheet, sign } = seat;
  await seat.open(childDose);
  const conflicts = page.getByRole("region", { name: "Conflicts" });
  await expect(conflicts).toContainText("82 kg");
  await expect(conflicts).toContainText("28 kg (12-Nov-2026 09:10)");
  await expect(
    page
      .getByRole("main")
      .getByText(/^Tier [23]/)
      .first(),
  ).toBeVisible();
  const order = await page.evaluate(() =>
    [...document.querySelectorAll("section[aria-label='Conflicts'], main h2")].map((e) => e.ariaLabel ?? e.textContent),
  );
  expect(order.slice(0, 2)).toEqual(["Conflicts", "Will be done if you approve"]);
  await openSheet();
  await sheet.getByLabel("Initials").fill("TO");
  await sheet.getByLabel("Year of birth").fill("2018");
  await sheet.getByLabel("PIN").fill(PIN);
  await expect(sheet.getByRole("radio", { checked: true })).toHaveCount(0);
  await expect(sign).toHaveAccessibleDescription("Choose why");
  await sheet.getByRole("radio", { name: "Will monitor" }).check();
  await press(sign);
  await expect(page.getByRole("heading", { name: "Approval recorded" })).toBeVisible();
  expect(seat.decisions().at(-1)?.overrides).toEqual([{ fact: "f1", code: "will-monitor" }]);
});

test("AC08 a new version takes the open sheet away with no time passing on the page, is said once, and the old one can no longer be signed", async () => {
  const { page } = seat;
  const request = await seat.open(refill);
  await openSheet();
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 1000);
  const before = seat.judge.submitted.length;
  seat.revise(request, {});
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Start again from the top" })).toBeVisible();
  await expect(page.getByRole("alert").filter({ hasText: "This request changed at" })).toHaveCount(1);
  await expect(seat.approve).toHaveCount(0);
  const { iss, rid } = request.claims;
  const input = {
    key: { iss, rid },
    rev: 1,
    digest: request.digest,
    choice: { kind: "approve" as const, granted: ["a1"], ack: [], overrides: [], seen: [], reentry: {} },
  };
  const reply = await page.evaluate((old) => window.countersign?.decide(old), input);
  expect(reply).toMatchObject({ ok: false, error: { code: "E_CLI_NOT_SHOWN" } });
  expect(seat.judge.submitted).toHaveLength(before);
  await page.clock.resume();
});

test("AC18 the connection breaks: Sign is off before any time passes, the strip comes after 5 s, nothing is approved on return, and a denial made meanwhile is sent once and recorded by its receipt", async () => {
  const { page, gateway, judge, sign } = seat;
  const request = await seat.open(refill);
  await openSheet();
  await ready(sign);
  const before = judge.submitted.length;
  // The page's clock may be a little ahead of main's after the test before; and on a busy machine the moment that is asked
  // for may be over when it is named, so it is asked for again.
  await expect(async () => page.clock.pauseAt((await page.evaluate(() => Date.now())) + 100)).toPass();
  gateway.down();
  await expect(sign).toHaveAccessibleDescription("Not connected: approvals are off.");
  await page.clock.runFor(2000);
  const strip = page.getByRole("region", { name: "Notices" }).getByText(/^Not connected since \d\d:\d\d/);
  await expect(strip).toHaveCount(0);
  await page.clock.runFor(7000);
  await expect(strip).toBeVisible();

  gateway.up();
  seat.restock();
  await page.clock.resume();
  await expect.poll(async () => (await seat.snapshot()).gateways[0]?.connection.kind, { timeout: 30_000 }).toBe("live");
  await seat.row(request);
  await gateway.flushed();
  expect(judge.submitted).toHaveLength(before);

  gateway.down();
  await expect.poll(async () => (await seat.snapshot()).gateways[0]?.connection.kind).not.toBe("live");
  if (await page.getByRole("dialog").isVisible()) await page.keyboard.press("Escape");
  for (const key of ["d", "2", "Enter"]) await page.keyboard.press(key);
  const sending = page.getByRole("heading", { name: "Sending your denial - not recorded yet" });
  await expect(sending).toBeVisible();
  const arrived: Parameters<typeof judge.judge>[0][] = [];
  gateway.on("decision.submit", (message) => arrived.push(message));
  gateway.up();
  seat.restock();
  await expect.poll(() => arrived.length, { timeout: 30_000 }).toBe(1);
  await expect(sending).toBeVisible();
  judge.judge(arrived[0]!);
  await expect(page.getByRole("heading", { name: "Denial recorded" })).toBeVisible();
  await gateway.flushed();
  expect(arrived).toHaveLength(1);
  expect(seat.decisions().slice(before)).toMatchObject([{ decision: "deny", reason: { code: "wrong-drug-or-dose" } }]);
});
