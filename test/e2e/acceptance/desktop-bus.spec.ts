import { expect, test } from "@playwright/test";

import { opioid } from "../../../renderer/bridge/fake/conflicts.ts";
import { takeDesktop, type DesktopBus } from "../support/desktop-bus.ts";
import { lookAway } from "../support/probes.ts";
import { takeSeat, type Seat } from "../support/seat.ts";

/** What the desktop itself is told, over its own bus: nothing in the app is replaced. */
let desktop: DesktopBus | undefined;
let seat: Seat;
test.beforeAll(async () => {
  desktop = await takeDesktop();
  test.skip(desktop === undefined, "there is no session bus, or a desktop has its names");
  seat = await takeSeat();
  await lookAway(seat.app);
  await seat.row(seat.issue(opioid));
});
test.afterAll(async () => {
  if (desktop === undefined) return;
  await seat.close();
  desktop.close();
});

const CLINICAL = /WATERS|Shauna|999 ?728|hydromorphone|opioid|MedRec|weight/i;
const DECIDES = /approv|\bsign|den[yi]|revoke/i;

test("the desktop is asked to show a count and a time, no content and no decision; a click opens the window", async () => {
  const { app } = seat;
  const { shown, click } = desktop!;
  await expect.poll(() => shown.length).toBe(1);
  const [notice] = shown;
  expect(notice?.summary).toBe("DEMO - Countersign");
  expect(notice?.body).toMatch(
    /^1 request needs you\. The first expires (\d\d-[A-Z][a-z]{2}-\d{4} )?\d\d:\d\d [A-Z]+\.$/,
  );
  expect(JSON.stringify(notice)).not.toMatch(CLINICAL);
  expect(notice?.actions.filter((text) => DECIDES.test(text))).toEqual([]);

  const isMinimised = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isMinimized());
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.minimize();
  });
  await expect.poll(isMinimised).toBe(true);
  click(notice!.id);
  await expect.poll(isMinimised).toBe(false);
  await lookAway(app, false);
});

test("the tray tells the desktop how many wait and nothing of them; its menu locks, and decides nothing", async () => {
  const { page } = seat;
  await expect.poll(() => desktop!.tray()).toBeDefined();
  const tray = desktop!.tray()!;
  await expect.poll(async () => JSON.stringify(await tray.properties())).toContain("Countersign: 1 waiting");
  expect(JSON.stringify(await tray.properties())).not.toMatch(CLINICAL);
  const menu = await tray.menu();
  const labels = menu.map(({ label }) => label.replaceAll("_", ""));
  expect(labels).toEqual(["Open queue (1)", "Lock", "Pause notifications 30 min", "Quit"]);
  await tray.choose(menu.find(({ label }) => label.endsWith("Lock"))!.id);
  await expect(page.getByRole("heading", { name: "Sign in to Countersign" })).toBeFocused();
  await expect.poll(async () => JSON.stringify(await tray.properties())).not.toMatch(CLINICAL);
});
