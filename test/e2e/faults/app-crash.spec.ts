import { once } from "node:events";
import { readdirSync } from "node:fs";
import { expect, test } from "@playwright/test";

import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { failDisk } from "../support/disk.ts";
import { readWithKeys } from "../support/gallery.ts";
import { LEE, ready, takeSeat, toQueue, type Seat } from "../support/seat.ts";

/** Group A of the fault matrix (reliability.md 7) at the app: the real Electron, killed at a named place. */

let seat: Seat;
test.beforeEach(async () => {
  seat = await takeSeat({ people: [{}, LEE] });
});
test.afterEach(async () => seat.close());

const outbox = (): readonly string[] =>
  readdirSync(seat.profile, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".out"));

const statusOf = async (request: { readonly digest: string }): Promise<string | undefined> =>
  (await seat.snapshot()).rows.find(({ digest }) => digest === request.digest)?.status.kind;

/** Signed in again, with what the gateway still has open. */
async function comeBack(kid?: string): Promise<void> {
  seat.restock();
  await seat.unlock(kid);
}

async function openSheet(): Promise<void> {
  await readWithKeys(seat.page);
  await ready(seat.approve);
  await seat.approve.click();
  await ready(seat.sign);
}

async function deny(): Promise<void> {
  const { page } = seat;
  await page.keyboard.press("d");
  await expect(page.getByRole("dialog", { name: "Deny" })).toBeVisible();
  for (const key of ["2", "Enter"]) await page.keyboard.press(key);
}

/** What the app has sent so far is all that it will send of itself: the gateway has its answer to a ping. */
async function submitted(): Promise<readonly string[]> {
  await seat.gateway.flushed();
  return seat.judge.submitted;
}

test("A1 killed before signing: the request is pending everywhere, nothing was sent, nothing is signed of itself", async () => {
  const request = await seat.open(refill);
  await openSheet();
  seat = await seat.killed();
  await comeBack();
  await seat.row(request);
  expect(await statusOf(request)).toBe("pending");
  expect(await submitted()).toEqual([]);
  expect(outbox()).toEqual([]);
});

test("A2 killed after signing, before the decision is on the disk: no decision exists, and the person decides anew", async () => {
  const request = await seat.open(refill);
  await openSheet();
  await failDisk(seat.app, "dies before the decision is synced");
  const died = once(seat.app.process(), "exit");
  await seat.sign.click();
  expect(await died).toEqual([null, "SIGKILL"]);
  seat = await seat.killed();
  await comeBack();
  await seat.row(request);
  expect(await statusOf(request)).toBe("pending");
  expect(await submitted()).toEqual([]);
  expect(outbox()).toEqual([]);
  await toQueue(seat.page);
  await seat.page.getByRole("main").getByRole("link").first().click();
  await openSheet();
  await seat.sign.click();
  await expect(seat.page.getByRole("heading", { name: "Approval recorded" })).toBeVisible();
  expect(seat.decisions()).toMatchObject([{ decision: "approve", rid: request.claims.rid }]);
});

test("A3 killed before a decision on the disk is sent: nobody else sends it; the same person, signed in, sends it unchanged", async () => {
  const [okafor, lee] = seat.people;
  const request = await seat.open(refill);
  seat.gateway.down();
  await deny();
  await expect(seat.page.getByRole("heading", { name: "Sending your denial - not recorded yet" })).toBeVisible();
  const [file] = outbox();
  seat.gateway.up();
  seat = await seat.killed();
  expect(outbox()).toEqual([file]);
  await comeBack(lee);
  await seat.row(request);
  expect(await submitted()).toEqual([]);
  await seat.page.evaluate(() => window.countersign?.lock(undefined));
  await comeBack(okafor);
  await expect.poll(() => seat.judge.submitted.length).toBe(1);
  const [decision] = seat.decisions();
  expect(decision).toMatchObject({ decision: "deny", rid: request.claims.rid });
  // Its name on the disk is its id: what was sent is what was signed before.
  expect(file).toContain(decision?.jti);
  await expect.poll(outbox).toEqual([]);
});

test("A3 what can no longer count when its person is back is said to be not delivered, and is kept as evidence", async () => {
  const request = await seat.open(refill);
  seat.gateway.down();
  await deny();
  await expect(seat.page.getByRole("heading", { name: "Sending your denial - not recorded yet" })).toBeVisible();
  seat = await seat.killed();
  // The request is over, and nobody lists it any more.
  const held = seat.judge.requests.get(request.claims.rid)!;
  seat.judge.requests.set(request.claims.rid, { ...held, state: "expired" });
  seat.gateway.up();
  await comeBack();
  await expect.poll(() => seat.judge.submitted.length).toBe(1);
  await expect.poll(outbox).toEqual([]);
  const { page } = seat;
  await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
  await expect(page.getByRole("row").filter({ hasText: "EVANS, Gareth" })).toContainText(/expired/i);
});

test("A4 killed between sending and the receipt: the same bytes are sent again, and one decision is recorded", async () => {
  const request = await seat.open(refill);
  const sent: string[] = [];
  const lost: Parameters<typeof seat.judge.judge>[0][] = [];
  seat.gateway.on("decision.submit", (message) => {
    sent.push(String(message.body["jws"]));
    lost.push(message);
  });
  await deny();
  await expect.poll(() => sent.length).toBe(1);
  seat = await seat.killed();
  // The gateway had recorded it; its answer reached nobody.
  seat.judge.judge(lost[0]!);
  seat.gateway.on("decision.submit", (message) => {
    sent.push(String(message.body["jws"]));
    seat.judge.judge(message);
  });
  await comeBack();
  await expect.poll(() => sent.length).toBe(2);
  expect(sent[1]).toBe(sent[0]);
  expect(seat.judge.recorded).toHaveLength(1);
  await expect.poll(outbox).toEqual([]);
  const { page } = seat;
  await page.getByRole("navigation").getByRole("button", { name: "History" }).click();
  await expect(page.getByRole("cell", { name: "Valid", exact: true })).toHaveCount(1);
  await expect(page.getByRole("row").filter({ hasText: "EVANS, Gareth" })).toHaveCount(1);
  expect(seat.judge.requests.get(request.claims.rid)?.state).toBe("denied");
});

test("A9 the page's process crashes: main keeps its connection and what is on its way, the window comes back to the same request with the half-written denial, nothing was signed", async () => {
  const { app, gateway, page } = seat;
  const request = await seat.open(refill);
  const title = await page.getByRole("heading", { level: 1 }).innerText();
  await page.keyboard.press("d");
  await page.getByRole("dialog", { name: "Deny" }).getByRole("textbox").fill("Half a sentence");
  // The answer comes after what was told before the question.
  await seat.snapshot();
  const connections = gateway.peers.length;
  await app.evaluate(async ({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]!.webContents;
    const isBack = new Promise<void>((resolve) => {
      contents.once("did-finish-load", () => {
        resolve();
      });
    });
    contents.forcefullyCrashRenderer();
    await isBack;
  });
  // The inspector lost its page with the process: what the new one shows is asked of main.
  const shown = (what: string) => () =>
    app.evaluate(
      ({ BrowserWindow }, look): Promise<unknown> =>
        BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(look),
      what,
    );
  await expect.poll(shown(`document.querySelector("h1")?.innerText ?? ""`)).toBe(title);
  await expect.poll(shown("document.body.innerText")).toMatch(/failed at .* and was opened again\. Nothing was sent\./);
  await app.evaluate(({ BrowserWindow }) => {
    const { webContents } = BrowserWindow.getAllWindows()[0]!;
    for (const type of ["keyDown", "char", "keyUp"] as const) webContents.sendInputEvent({ type, keyCode: "d" });
  });
  await expect.poll(shown(`document.querySelector("textarea")?.value`)).toBe("Half a sentence");
  expect(gateway.peers).toHaveLength(connections);
  expect(await submitted()).toEqual([]);
  expect(outbox()).toEqual([]);
  seat = await seat.killed();
  await comeBack();
  await seat.row(request);
});

test("D2 the disk is full: an approval is refused before anything is signed, with the reason, and can be signed when there is room", async () => {
  const { page, app, sign, sheet } = seat;
  const request = await seat.open(refill);
  await openSheet();
  await failDisk(app, "full");
  await sign.click();
  await expect(sheet.getByText(/^The disk of this computer is full or failing/)).toBeVisible();
  expect(await submitted()).toEqual([]);
  expect(outbox()).toEqual([]);
  expect(await statusOf(request)).toBe("pending");
  await ready(sign);
  await sign.click();
  await expect(page.getByRole("heading", { name: "Approval recorded" })).toBeVisible();
  expect(seat.decisions()).toMatchObject([{ decision: "approve", rid: request.claims.rid }]);
});
