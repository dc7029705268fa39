import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@playwright/test";

import { opioid } from "../../../renderer/bridge/fake/conflicts.ts";
import { bisoprolol, refill } from "../../../renderer/bridge/fake/orders.ts";
import { readWithKeys } from "../support/gallery.ts";
import { demoStrip, idleFor, lookAway, menusOf, pressOnDesk, recordNotices, wholePage } from "../support/probes.ts";
import { followLink, LEE, takeSeat, type Seat } from "../support/seat.ts";
import { stopTime } from "../support/still-time.ts";

/** As on a ward: no demonstration, two people enrolled. */
let seat: Seat;
test.beforeAll(async () => {
  seat = await takeSeat({ isLive: true, people: [{}, LEE] });
});
test.afterAll(async () => seat.close());

const signIn = () => seat.page.getByRole("heading", { name: "Sign in to Countersign" });
const review = () => seat.page.getByRole("heading", { name: /^Review:/ });
const lock = () => seat.page.keyboard.press("Control+l");

test("AC17 Ctrl+L, the system's lock and 120 s without input leave nothing clinical in page, accessibility tree or title; a draft reaches nobody else; the same person reads that nothing was sent, and finds the draft", async () => {
  const { page, app } = seat;
  const idle = await idleFor(app);
  const [okafor, lee] = seat.people;
  const secret = /WATERS|999 ?728|hydromorphone|MedRec|looks like a mistake/i;
  for (const [how, run] of [
    ["Ctrl+L", lock],
    ["system", () => app.evaluate(({ powerMonitor }) => powerMonitor.emit("lock-screen"))],
    [
      "idle",
      async () => {
        await idle(110);
        await expect(signIn(), "110 s are not enough").toHaveCount(0);
        await idle(121);
        await expect(signIn()).toBeFocused();
        await idle(0);
      },
    ],
  ] as const) {
    const request = await seat.open(opioid);
    await page.keyboard.press("d");
    await page.getByRole("dialog", { name: "Deny" }).getByRole("textbox").fill("looks like a mistake");
    await run();
    await expect(signIn(), how).toBeFocused();
    expect(await wholePage(app, page), how).not.toMatch(secret);
    await expect(page.getByText("before deciding. Nothing was sent.")).toBeVisible();

    seat.restock();
    await seat.unlock(lee);
    await seat.row(request);
    await followLink(app, `countersign://r/${request.claims.rid}`);
    await expect(review()).toBeFocused();
    await page.keyboard.press("d");
    await expect(page.getByRole("dialog", { name: "Deny" }).getByRole("textbox")).toHaveValue("");
    expect(await wholePage(app, page)).not.toMatch(/looks like a mistake|before deciding/);
    await page.keyboard.press("Escape");
    await lock();
    seat.restock();
    await seat.unlock(okafor);
    await expect(page.getByRole("heading", { name: "My requests" })).toBeVisible();
  }
  const { claims } = await seat.open(opioid);
  const denial = page.getByRole("dialog", { name: "Deny" });
  await page.keyboard.press("d");
  await page.keyboard.press("2");
  await denial.getByRole("textbox").fill("looks like a mistake");
  await lock();
  await expect(signIn()).toBeFocused();
  expect(await wholePage(app, page)).not.toMatch(secret);
  expect(JSON.stringify(await seat.snapshot())).not.toMatch(secret);
  expect(filesWith(seat.profile, "looks like a mistake")).toEqual([]);
  await seat.unlock(okafor);
  // The same request, at its top, without the sheet; the sheet has what was written.
  await expect(review()).toBeFocused();
  await expect(page.getByRole("main").getByText("before deciding. Nothing was sent.")).toBeInViewport();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("d");
  await expect(denial.getByRole("radio", { name: /^Wrong medicine or dose/ })).toBeChecked();
  await expect(denial.getByRole("textbox")).toHaveValue("looks like a mistake");
  await page.keyboard.press("Escape");
  // Back to the queue is asked for, since the note goes with it; once it was put away it does not come back.
  await page.keyboard.press("Escape");
  const leave = page.getByRole("dialog", { name: "Leave what you wrote?" });
  await leave.getByRole("button", { name: "Go on writing" }).click();
  await expect(denial.getByRole("textbox")).toHaveValue("looks like a mistake");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(leave.getByRole("heading")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(review()).toBeFocused();
  await page.keyboard.press("Escape");
  await leave.getByRole("button", { name: "Discard the note and leave" }).click();
  await expect(page.getByRole("heading", { name: "My requests" })).toBeVisible();
  await followLink(app, `countersign://r/${claims.rid}`);
  await expect(review()).toBeFocused();
  await expect(page.getByText("before deciding. Nothing was sent.")).toHaveCount(0);
  await page.keyboard.press("d");
  await expect(denial.getByRole("textbox")).toHaveValue("");
  await page.keyboard.press("Escape");
});

/** Files of the profile that hold the text as it is. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

test("what hides an idle screen ends with any key, which does nothing else, and Approve arms anew; before the lock it is shown", async () => {
  const { page, app, approve } = seat;
  const idle = await idleFor(app);
  const hidden = page.getByRole("heading", { name: "Hidden while nobody is using this workstation" });
  const locking = page.getByRole("heading", { name: "Countersign locks in 20 seconds" });
  // From the start: what was timed by one clock is not compared with another.
  await page.clock.install();
  await seat.open(bisoprolol);
  // The connection may break on a busy machine: what is open is still there when it is back.
  seat.restock();
  await readWithKeys(page);
  await expect(approve).toHaveAccessibleDescription("");
  await idle(70);
  await expect(hidden).toBeVisible();
  // It covers the place of the buttons; laid out with the next frame, when its heading is there already.
  const onTop = () =>
    page.evaluate(
      () =>
        document.elementFromPoint(window.innerWidth / 2, window.innerHeight - 40)?.closest("main")?.textContent ?? "",
    );
  await expect.poll(onTop).toMatch(/^Hidden while nobody/);
  // The page's time stands still from here: what is there for two seconds is seen by a test that looks late.
  await stopTime(page);
  await pressOnDesk(app, "D");
  await expect(hidden).toHaveCount(0);
  await expect(approve).toHaveAccessibleDescription(/^Ready in/);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.clock.runFor(3000);
  await expect(approve).toHaveAccessibleDescription("");
  await page.clock.resume();
  await idle(105);
  await expect(locking).toBeVisible();
  await pressOnDesk(app, "A");
  await expect(locking).toHaveCount(0);
  await idle(0);
  await page.keyboard.press("Escape");
});

test("g and a letter go from place to place, one right after the other", async () => {
  const { page } = seat;
  for (const [letter, heading] of [
    ["s", "Settings"],
    ["h", "History"],
    ["q", "My requests"],
    ["h", "History"],
    ["q", "My requests"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(letter);
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeFocused();
  }
});

test("diagnostics are saved where the person says, as they were shown, and a place that refuses is said", async () => {
  const { page, app } = seat;
  const file = path.join(seat.profile, "report.json");
  const saveTo = (filePath: string) =>
    app.evaluate(({ dialog }, to) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: to });
    }, filePath);
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.getByRole("button", { name: "Show the report…" }).click();
  const shown = await page.getByRole("region", { name: "Diagnostics" }).last().textContent();
  await saveTo(path.join(seat.profile, "no-such-folder", "report.json"));
  await page.getByRole("button", { name: "Save…" }).click();
  await expect(page.getByText("The file could not be written there. Choose another folder.").first()).toBeVisible();
  await saveTo(file);
  await page.getByRole("button", { name: "Save…" }).click();
  await expect.poll(() => existsSync(file) && readFileSync(file, "utf8")).toBe(shown);
  await page.keyboard.press("g");
  await page.keyboard.press("q");
});

test("AC19 a notification says counts and a time, has no decision to press, and opens the lock screen while locked; a deep link opens a review, whatever it asks for", async () => {
  const { page, app } = seat;
  const notices = await recordNotices(app);
  await lookAway(app);
  await seat.row(seat.issue(opioid));
  await expect.poll(async () => (await notices.all()).length).toBe(1);
  await seat.row(seat.issue(bisoprolol));
  await expect.poll(async () => (await notices.all()).length).toBe(2);
  for (const { title, body, actions, hasReply } of await notices.all()) {
    expect(title).toBe("Countersign");
    expect(body).toMatch(
      /^\d+ requests? needs? you\. The first expires (\d\d-[A-Z][a-z]{2}-\d{4} )?\d\d:\d\d [A-Z]+\.$/,
    );
    expect(actions.filter((text) => !/^(Open|Remind me in 10 min)$/.test(text))).toEqual([]);
    expect(hasReply).toBe(false);
  }
  await page.evaluate(() => window.countersign?.lock(undefined));
  await notices.click();
  await expect(signIn()).toBeVisible();
  expect(await wholePage(app, page)).not.toMatch(/WATERS|EVANS|hydromorphone|bisoprolol/i);

  const request = seat.issue(bisoprolol);
  const link = `countersign://r/${request.claims.rid}?action=approve&pin=730415#sign`;
  await followLink(app, link);
  await expect(signIn()).toBeVisible();
  seat.restock();
  await seat.unlock();
  await seat.row(request);
  await followLink(app, link);
  await expect(review()).toBeFocused();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await followLink(app, "countersign://r/019f0000-0000-7000-8000-000000000001?action=approve");
  await expect(page.getByRole("heading", { name: "Not in your queue" })).toBeFocused();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(seat.judge.submitted).toEqual([]);
});

test("AC20 no menu, tray item, global shortcut or entry of the palette approves, signs or denies", async () => {
  const { page, app } = seat;
  const menus = await menusOf(app);
  await seat.row(seat.issue(refill));
  await expect.poll(async () => (await menus()).tray.length).toBeGreaterThan(0);
  const { application, tray } = await menus();
  expect(application).toEqual([]);
  expect(tray).toEqual([expect.stringMatching(/^Open queue/), "Lock", "Pause notifications 30 min", "", "Quit"]);
  // What registers a shortcut cannot be enumerated: main does not hold the module.
  const main = readFileSync(path.resolve(import.meta.dirname, "../../../out/main/main.js"), "utf8");
  expect(main).not.toMatch(/globalShortcut/);
  await page.keyboard.press("Control+k");
  const entries = page.getByRole("dialog", { name: "Go to or change" }).getByRole("option");
  await expect(entries.first()).toBeVisible();
  const offered = await entries.allInnerTexts();
  expect(offered.length).toBeGreaterThan(8);
  expect(offered.filter((text) => /approv|\bsign|den[yi]|revoke|forward|more time/i.test(text))).toEqual([]);
  await page.keyboard.press("Escape");
});

test("AC20 the demonstration says what it is above every screen, in the window's title, the tray and a notification, and the real thing never does", async () => {
  const titles = (of: Seat) =>
    of.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.getTitle()));
  expect(await demoStrip(seat.page)).toBe("not there");
  expect(await wholePage(seat.app, seat.page)).not.toMatch(/demo/i);
  expect(await titles(seat)).toEqual(["Countersign"]);

  const demo = await takeSeat();
  const { page, app } = demo;
  try {
    const says = async (screen: string) => {
      expect(await demoStrip(page), screen).toBe("on top");
      expect(await page.title(), screen).toMatch(/^DEMO - Countersign/);
    };
    expect(await titles(demo)).toEqual(["DEMO - Countersign"]);
    const menus = await menusOf(app);
    const notices = await recordNotices(app);
    const idle = await idleFor(app);
    await lookAway(app);
    await demo.open(bisoprolol);
    await says("review");
    await expect.poll(async () => (await notices.all()).map(({ title }) => title)).toEqual(["DEMO - Countersign"]);
    expect((await menus()).toolTips.at(-1)).toBe("DEMO - Countersign: 1 waiting");
    for (const [screen, keys, seen] of [
      ["deny sheet", ["d"], page.getByRole("dialog", { name: "Deny" })],
      ["keys", ["Escape", "?"], page.getByRole("dialog", { name: "Keys" })],
      ["palette", ["Escape", "Control+k"], page.getByRole("dialog", { name: "Go to or change" })],
    ] as const) {
      for (const key of keys) await page.keyboard.press(key);
      await expect(seen).toBeVisible();
      await says(screen);
    }
    await page.keyboard.press("Escape");
    for (const [place, heading] of [
      ["Queue", "My requests"],
      ["History", "History"],
      ["Settings", "Settings"],
    ] as const) {
      await page.getByRole("navigation").getByRole("button", { name: place }).click();
      await expect(page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
      await says(place);
    }
    await idle(1900);
    await expect(page.getByRole("heading", { name: "Hidden while nobody is using this workstation" })).toBeVisible();
    await says("idle");
    await idle(0);
    await page.keyboard.press("Control+l");
    await expect(page.getByRole("heading", { name: "Sign in to Countersign" })).toBeFocused();
    await says("locked");
    await page.getByRole("button", { name: "Enrol another person…" }).click();
    await expect(page.getByRole("heading", { name: "Set up this workstation" })).toBeFocused();
    await says("set-up");
  } finally {
    await demo.close();
  }
});
