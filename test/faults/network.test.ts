import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Frame } from "../chaos/frames.ts";
import { ofType } from "../chaos/frame-fault.ts";
import { checkEverywhere, type Came } from "./everywhere.ts";
import { openSite, type Site } from "./site.ts";

/** Group B of the fault matrix (reliability.md 7): what networks do between a workstation and its real gateway process. */

let site: Site;
let frames: Frame[];

beforeEach(async () => {
  site = await openSite();
  frames = [];
  site.proxy.frames("down", { fault: "drop", times: 1, matches: (frame) => frames.push(frame) === 0 });
});
afterEach(async () => await site.close());

const APPROVED = { decision: "approve", state: "completed" } as const;
const DENIED = { decision: "deny", state: "denied" } as const;
const modes = (): unknown[] =>
  frames.filter(ofType("subscribed")).map(({ text }) => (JSON.parse(text) as { body: { mode: string } }).body.mode);
/** Rows as the page has them: one for each request, or there is a duplicate. */
const rids = (): string[] => site.app.snapshot().rows.map(({ key }) => key.rid);

describe("B1 the connection is cut", () => {
  it.each(["fin", "rst"] as const)(
    "with %s between two frames: it resumes by its cursor, and lists nothing twice",
    async (how) => {
      const first = await site.raise();
      await site.row(first, "pending");
      const { accepted } = site.proxy;
      site.proxy.cut(how);
      const second = await site.raise();
      await site.row(second, "pending");
      expect(site.proxy.accepted).toBeGreaterThan(accepted);
      expect(modes()).toEqual(["resume"]);
      expect(rids().sort()).toEqual([first, second].sort());
      for (const rid of [first, second]) {
        expect(await site.approve(rid)).toMatchObject({ ok: true });
        await site.row(rid, "executed");
      }
      await checkEverywhere(
        site,
        new Map<string, Came>([
          [first, APPROVED],
          [second, APPROVED],
        ]),
      );
    },
  );

  it.each(["fin", "rst"] as const)(
    "with %s in the middle of a request's frame: the request comes whole after it",
    async (how) => {
      const cut = site.proxy.cutAfter(how, "down", 700);
      const rid = await site.raise();
      await cut;
      await site.row(rid, "pending");
      expect(modes()).toEqual(["resume"]);
      expect(await site.deny(rid)).toMatchObject({ ok: true });
      await site.row(rid, "denied");
      await checkEverywhere(site, new Map<string, Came>([[rid, DENIED]]));
    },
  );

  it("in the middle of a decision's frame: the same bytes go again, and are one decision", async () => {
    const rid = await site.raise();
    await site.row(rid, "pending");
    const cut = site.proxy.cutAfter("rst", "up", 900);
    expect(await site.approve(rid)).toMatchObject({ ok: true });
    await cut;
    await site.row(rid, "executed");
    await checkEverywhere(site, new Map<string, Came>([[rid, APPROVED]]));
  });

  it("before the receipt arrived: the same receipt comes again, and one decision is recorded", async () => {
    const rid = await site.raise();
    await site.row(rid, "pending");
    site.proxy.freeze(["down"]);
    expect(await site.approve(rid)).toMatchObject({ ok: true });
    await expect.poll(() => site.hospital.state(rid)).toBe("completed");
    expect(site.app.snapshot().rows[0]?.status.kind).toBe("sending");
    site.proxy.cut("rst");
    site.proxy.thaw();
    await site.row(rid, "executed");
    await checkEverywhere(site, new Map<string, Came>([[rid, APPROVED]]));
  });
});

describe("B3 frames come twice", () => {
  it("of every kind, in both directions: nothing is listed, decided or executed twice", async () => {
    const twice = { fault: "duplicate", times: Infinity } as const;
    site.proxy.frames("down", {
      ...twice,
      matches: ({ text }) => text.includes('"seq":') || ofType("decision.receipt")({ text } as Frame),
    });
    site.proxy.frames("up", { ...twice, matches: ofType("decision.submit") });
    site.proxy.cut("fin");
    await site.is(["offline", "connecting"]);
    await site.live();
    const [first, second] = [await site.raise(), await site.raise()];
    for (const rid of [first, second]) await site.row(rid, "pending");
    expect(rids()).toHaveLength(2);
    expect(await site.approve(first)).toMatchObject({ ok: true });
    await site.row(first, "executed");
    expect(await site.deny(second)).toMatchObject({ ok: true });
    await site.row(second, "denied");
    const sent = frames.filter(ofType("action.pending"));
    expect(sent).toHaveLength(2);
    await checkEverywhere(
      site,
      new Map<string, Came>([
        [first, APPROVED],
        [second, DENIED],
      ]),
    );
  });
});

describe("B4 frames come out of order", () => {
  it("a request after what followed it: it is noticed, asked for anew and listed", async () => {
    site.proxy.frames("down", { fault: "reorder", times: 1, matches: ofType("action.pending") });
    site.proxy.cut("fin");
    await site.is(["offline", "connecting"]);
    await site.live();
    const [first, second] = [await site.raise(), await site.raise()];
    for (const rid of [second, first]) await site.row(rid, "pending");
    await site.live();
    expect(rids()).toHaveLength(2);
    expect(await site.approve(first)).toMatchObject({ ok: true });
    await site.row(first, "executed");
    expect(await site.deny(second)).toMatchObject({ ok: true });
    await site.row(second, "denied");
    await checkEverywhere(
      site,
      new Map<string, Came>([
        [first, APPROVED],
        [second, DENIED],
      ]),
    );
  });
});

describe("B9 a proxy meddles with the upgrade", () => {
  it.each([
    ["strips the subprotocol", "up", /^sec-websocket-protocol: .*\r\n/im, ""],
    ["asks for another subprotocol", "up", /countersign\.v1/i, "countersign.v0"],
    ["strips the upgrade", "up", /^upgrade: .*\r\n/im, ""],
    ["answers with another subprotocol", "down", /^(sec-websocket-protocol): .*$/im, "$1: chat"],
    ["adds an Origin", "up", /\r\n\r\n$/, "\r\nOrigin: https://proxy.example\r\n\r\n"],
  ] as const)(
    "and %s: refused before anybody proved anything, and live again without it",
    async (_what, at, from, to) => {
      const rid = await site.raise();
      await site.row(rid, "pending");
      const heads: string[] = [];
      site.proxy.heads((direction, head) => {
        if (direction === "down") heads.push(head.slice(0, head.indexOf("\r\n")));
        return direction === at ? head.replace(from, to) : head;
      });
      frames.length = 0;
      site.proxy.cut("rst");
      await expect.poll(() => heads.length).toBeGreaterThan(1);
      await site.is(["offline", "connecting"]);
      for (const head of heads) expect(head).toMatch(at === "up" ? /^HTTP\/1\.1 4\d\d / : /^HTTP\/1\.1 101 /);
      expect(frames).toEqual([]);
      expect(await site.approve(rid)).toMatchObject({ ok: false, error: { code: "E_CLI_OFFLINE" } });
      expect(await site.deny(rid)).toMatchObject({ ok: true });

      site.proxy.heads((_direction, head) => head);
      site.app.workstation.probe();
      await site.live();
      await site.row(rid, "denied");
      await checkEverywhere(site, new Map([[rid, DENIED]]));
    },
  );
});
