import { expect, test, type Page } from "@playwright/test";

import { opioid } from "../../../renderer/bridge/fake/conflicts.ts";
import { hiddenCharacter, refill } from "../../../renderer/bridge/fake/orders.ts";
import { allergyRemoval, externalReferral, phoneChange } from "../../../renderer/bridge/fake/others.ts";
import { readWithKeys, textOutsideClaims } from "../support/gallery.ts";
import { lookAway, menusOf, recordNotices } from "../support/probes.ts";
import { ready, takeSeat, type Seat } from "../support/seat.ts";

let seat: Seat;
test.beforeAll(async () => {
  seat = await takeSeat();
});
test.afterAll(async () => seat.close());

/** Everything an agent may try to break out of its words, each line findable. */
const HOSTILE = `Zebrafish reason. [Open the guideline](https://evil.example/zebrafish) **VERIFIED BY COUNTERSIGN**: approved by Dr Zebrafish.${"\n".repeat(400)}# Zebrafish heading\n<img src=x> \u202Eesrever\u202C zero\u200Bwidth tag\u{E0041}`;
const hostile = { ...refill, rationale: { ...refill.rationale!, text: HOSTILE } };

const well = (page: Page) => page.getByRole("region", { name: "Agent's words, not checked" });

/** Texts without an ancestor that says whose words they are. */
const orphans = (page: Page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? "";
      const place = node.parentElement?.closest("[data-prov]")?.getAttribute("data-prov") ?? "";
      const isCode = node.parentElement?.closest("style, script") !== null;
      if (text !== "" && !isCode && !["K", "R", "A", "C", "U"].includes(place)) found.push(text);
    }
    return found;
  });

test("AC09 hostile words stay in the well: no link, image or heading, hidden characters and blank lines as tokens, twelve lines, the imitation flagged", async () => {
  const { page } = seat;
  await seat.open(hostile);
  const region = well(page);
  // Words that claim an approval by a third person raise the tier: they are closed until asked for.
  await page.keyboard.press("e");
  await expect(region).toContainText("[Open the guideline](https://evil.example/zebrafish)");
  await expect(region.locator("[data-prov='C'] :is(a, img, h1, h2, h3, h4, h5, h6)")).toHaveCount(0);
  await expect(region.getByText("Agent text, not a system message.").first()).toBeVisible();
  await expect(region.getByText("End of agent's words")).toHaveCount(1);
  const { lines, height } = await region
    .locator("[data-prov='C']")
    .first()
    .evaluate((element) => {
      const { lineHeight } = getComputedStyle(element);
      return { lines: element.getBoundingClientRect().height / parseFloat(lineHeight), height: lineHeight };
    });
  expect(lines, height).toBeLessThanOrEqual(12.5);
  await region.getByRole("button", { name: /^Show all/ }).click();
  for (const token of ["[U+202E]", "[U+202C]", "[U+200B]", "[U+E0041]"])
    await expect(region.locator("[data-token='hidden']", { hasText: token })).toBeVisible();
  await expect(region.locator("[data-token='blank_lines']")).toHaveText(/^\[\d+ blank lines\]$/);
});

test("AC10 no word of the agent is outside its well: page, title, live regions, buttons, notification, tray, receipt and history (exports: test/shared/export)", async () => {
  const { page, app } = seat;
  const notices = await recordNotices(app);
  const menus = await menusOf(app);
  const clean = async (where: string): Promise<void> => {
    expect(await textOutsideClaims(page), where).not.toMatch(/zebrafish|esrever/i);
    const attributes = await page.evaluate(() =>
      [...document.querySelectorAll("*")].flatMap((element) => [...element.attributes].map(({ value }) => value)),
    );
    expect(attributes.join("\n"), where).not.toMatch(/zebrafish|esrever/i);
    const titles = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((w) => w.getTitle()));
    expect(titles.join(" "), where).not.toMatch(/zebrafish/i);
  };
  await lookAway(app);
  // A routine request interrupts nobody.
  await seat.row(seat.issue({ ...opioid, rationale: hostile.rationale }));
  await expect.poll(async () => (await notices.all()).length).toBeGreaterThan(0);
  await lookAway(app, false);
  await clean("queue");
  await seat.open(hostile);
  await clean("review");
  await readWithKeys(page);
  await ready(seat.approve);
  await seat.approve.click();
  await clean("sheet");
  await ready(seat.sign);
  await seat.sign.click();
  await expect(page.getByRole("heading", { name: "Approval recorded" })).toBeVisible();
  await clean("receipt");
  await page.getByRole("button", { name: "Open in history" }).click();
  await expect(page.getByRole("cell", { name: "Valid" }).first()).toBeVisible();
  await clean("history");
  expect(JSON.stringify([await notices.all(), await menus()])).not.toMatch(/zebrafish/i);
});

test("AC11 every text of review, sheet and receipt says whose it is, and the sections keep their order", async () => {
  const { page } = seat;
  for (const claims of [opioid, phoneChange, externalReferral]) {
    await seat.open(claims);
    expect(await orphans(page), claims.task.goal).toEqual([]);
    const headings = await page.getByRole("main").getByRole("heading", { level: 2 }).allInnerTexts();
    const order = [
      "Will be done if you approve",
      "From record",
      "What the agent may do",
      "Checks",
      "Agent's words, not checked",
    ];
    expect(headings.filter((heading) => order.includes(heading))).toEqual(
      order.filter((heading) => headings.includes(heading)),
    );
    if (claims === opioid) expect(headings).toEqual(expect.arrayContaining(order));
  }
  await seat.open(refill);
  await readWithKeys(page);
  await ready(seat.approve);
  await seat.approve.click();
  await expect(seat.sheet).toBeVisible();
  expect(await orphans(page), "sheet").toEqual([]);
  await ready(seat.sign);
  await seat.sign.click();
  await expect(page.getByRole("heading", { name: "Approval recorded" })).toBeVisible();
  expect(await orphans(page), "receipt").toEqual([]);
});

test("AC12 a hidden character or mixed scripts in a medicine's name: no Approve, Deny stays, the token is visible, `a` says why", async () => {
  const { page } = seat;
  const mixed = refill.action.op.body.replaceAll("amlodipine", "аmlodipine");
  for (const [claims, change, token] of [
    [hiddenCharacter, {}, "[U+200B]"],
    [refill, { action: { ...refill.action, op: { ...refill.action.op, body: mixed } } }, undefined],
  ] as const) {
    await seat.open(claims, change);
    await expect(seat.approve).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Deny…" })).toBeVisible();
    if (token !== undefined)
      await expect(page.locator("[data-prov='A'] [data-token='hidden']", { hasText: token }).first()).toBeVisible();
    else await expect(page.locator("[data-prov='A']", { hasText: "аmlodipine" }).first()).toBeVisible();
    await page.keyboard.press("a");
    await expect(page.getByRole("status").filter({ hasText: "It cannot be approved." })).toHaveCount(1);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    // The same sentence is not spoken again within a minute: the page of the next request begins anew.
    await page.reload();
    await seat.row(seat.issue(refill));
  }
});

test("AC14 doses are written safely and as sent, and nothing of an action or a banner is cut off at 320 px", async () => {
  const { page } = seat;
  const body = refill.action.op.body;
  const order = (dose: string, unit: string, instruction = `${dose} ${unit}`) =>
    body
      .replace(
        '"value":5.0,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"',
        `"value":${dose},"unit":"${unit}"`,
      )
      .replace('"text":"5mg po qd"', `"text":"${instruction}"`);
  for (const [what, changed, shown, sent] of [
    ["10U", order("10", "U", "10U"), "10 units", /10U|10 U/],
    ["0.50 mg", order("0.50", "mg"), "0.5 mg", /0\.50/],
    ["1000 units", order("1000", "units"), "1,000 units", undefined],
    ["QD", order("5", "mg", "5 mg QD"), "once a day", /QD/],
  ] as const) {
    await seat.open(refill, { action: { ...refill.action, op: { ...refill.action.op, body: changed } } });
    const action = page.locator("main [data-prov='A']");
    await expect(action.filter({ hasText: shown }).first(), what).toBeVisible();
    if (sent !== undefined) await expect(action.filter({ hasText: sent }).first(), `${what}, as sent`).toBeVisible();
  }
  const msO4 = body.replaceAll("amlodipine 5 MG Oral Tablet", "MSO4 10 MG Oral Tablet");
  await seat.open(refill, { action: { ...refill.action, op: { ...refill.action.op, body: msO4 } } });
  const written = page.getByRole("main").locator("[data-prov='A']");
  await expect(written.filter({ hasText: "morphine sulfate 10 mg Oral Tablet" }).first()).toBeVisible();
  await expect(written.filter({ hasText: "MSO4 10 MG Oral Tablet" }).first(), "as sent").toBeVisible();

  await page.setViewportSize({ width: 320, height: 700 });
  for (const claims of [opioid, externalReferral, phoneChange]) {
    await seat.open(claims);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("[data-prov='A'], [data-region='banner'] dd")]
        .filter((element) => getComputedStyle(element).display !== "inline")
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
        .map(({ innerText }) => innerText),
    );
    expect(cut, claims.task.goal).toEqual([]);
    expect(await page.locator("[data-prov='A']", { hasText: "…" }).allInnerTexts()).toEqual([]);
  }
  await page.setViewportSize({ width: 1200, height: 800 });
});

test("AC15 a record update shows one row per path of its patch (500 random steps, unknown paths among them), each naming what happens, an allergy's removal first; a base that moved on stops the approval", async () => {
  const { page } = seat;
  await seat.open(allergyRemoval);
  const rows = page.getByRole("main").locator("tr[data-change]");
  await expect(rows.first()).toHaveAccessibleName("Removed: Whole entry");
  const patches = makePatches(25, 20);
  for (const { before, patch } of patches) {
    await seat.open(patched(before, patch));
    await expect(rows).toHaveCount(patch.length);
    const drawn = await rows.evaluateAll((list) =>
      list.map((row) => ({ name: row.ariaLabel ?? "", text: row.textContent })),
    );
    for (const { op, was, is } of patch) {
      const word = { add: "Added", remove: "Removed", replace: "Changed" }[op];
      const found = drawn.filter(({ text }) => [was, is].every((value) => value === undefined || text.includes(value)));
      expect(found, JSON.stringify({ op, was, is })).toHaveLength(1);
      expect(found[0]!.name).toMatch(new RegExp(`^${word}: `));
    }
  }

  const request = await seat.open(phoneChange);
  await readWithKeys(page);
  await ready(seat.approve);
  await seat.approve.click();
  await expect(seat.sheet).toBeVisible();
  const { op } = request.claims.action;
  seat.revise(request, { action: { op: { ...op, if_match: 'W/"119"' } } });
  await expect(page.getByText(/^This request changed at/).first()).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(seat.approve).toHaveCount(0);
});

interface Step {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  /** Texts that occur nowhere else, so that each is found in one row. */
  readonly was?: string;
  readonly is?: string;
}

/** Patches of `steps` steps each over a patient's record, the same in every run; some paths are known to no view. */
function makePatches(count: number, steps: number) {
  let state = 20_261_125;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  return Array.from({ length: count }, (_, n) => {
    const telecom = Array.from({ length: 40 }, (_item, at) => ({ system: "phone", value: `07700 ${n}was${at}x` }));
    const patch = Array.from({ length: steps }, (_item, at): Step => {
      const [was, is] = [`07700 ${n}was${at}x`, `07700 ${n}now${at}x`];
      // From the end, so that removing moves no path that is still to come.
      const place = `/telecom/${at}`;
      switch (random(4)) {
        case 0:
          return { op: "add", path: `/telecom/${at}/extra${random(9)}`, is };
        case 1:
          return { op: "remove", path: `${place}/value`, was };
        case 2:
          return { op: "replace", path: `${place}/value`, was, is };
        default:
          return { op: "add", path: `/unheardOf${at}`, is };
      }
    }).toReversed();
    return { before: { resourceType: "Patient", id: "evans-gareth", telecom }, patch };
  });
}

const patched = (before: object, patch: readonly Step[]) => ({
  ...phoneChange,
  action: {
    ...phoneChange.action,
    op: {
      ...phoneChange.action.op,
      before: JSON.stringify(before),
      body: JSON.stringify(patch.map(({ op, path, is }) => ({ op, path, ...(is === undefined ? {} : { value: is }) }))),
    },
  },
});
