import { afterEach, expect, it } from "vitest";

import { readStored } from "#shared/protocol/verify/stored.ts";
import { ReportError } from "#shared/reports/query.ts";

import { AT, makeRequest } from "../store/contract-fixtures.ts";
import { decide, raised } from "../signing.ts";
import { askPolicy, makeDraft, makeWorld, ORDER, type Person, type World } from "../world.ts";
import { ask } from "./ward.ts";

let world: World;
afterEach(() => {
  world.close();
});

/** A supervisor over so many requests, a second apart, the last one at `AT`. */
function supervisorOver(count: number): Person {
  world = makeWorld();
  const person = world.person("boss", { roles: ["supervisor"] });
  const index = {
    ...{ agent_name: "", units: ["cardiology"], identifiers: [], blind: false, changed: false },
    ...{ denied_before: 0, claim_chars: 0 },
  };
  world.core.store.write((tx) => {
    for (let i = 0; i < count; i++) tx.addRequest(makeRequest({ iat: AT - count + 1 + i, index }), AT);
  });
  return person;
}

it("says of too many rows from when on they would fit, and refuses figures over more", () => {
  const boss = supervisorOver(10_005);
  const { total, fits, items } = ask({ world }, boss, "history", { filter: { to: AT + 1 }, limit: 3 });
  expect([total, fits, items.length]).toEqual([10_001, { from: AT - 9999, to: AT + 1 }, 3]);
  const narrower = ask({ world }, boss, "history", { filter: fits, limit: 1 });
  expect([narrower.total, narrower.fits]).toEqual([10_000, undefined]);
  const figures = (from: number) => ask({ world }, boss, "insights", { filter: { from, to: AT + 1 } });
  expect(() => figures(0)).toThrow(ReportError);
  try {
    figures(0);
  } catch (error) {
    expect(error).toMatchObject({ code: "E_QUERY_BROAD", fault: { fits: { from: AT - 9999, to: AT + 1 } } });
  }
  expect(figures(AT - 9999).total).toBe(10_000);
});

it("jumps to a date within a filter, both ways, and goes on from there", () => {
  const boss = supervisorOver(30);
  const ages = (more: object) =>
    ask({ world }, boss, "history", { limit: 2, ...more }).items.map(
      ({ rid }) => AT - Number(world.core.store.request(rid, 1)?.iat),
    );
  expect(ages({ at: AT - 9 })).toEqual([10, 11]);
  expect(ages({ at: AT - 9, sort: { by: "received", order: "oldest" } })).toEqual([9, 8]);
  const { next, total } = ask({ world }, boss, "history", { limit: 2, at: AT - 9 });
  expect(total).toBe(30);
  expect(ages({ at: AT - 9, page: next })).toEqual([12, 13]);
});

it("ends a page before a frame is full, and the rest follows", async () => {
  world = makeWorld({ policy: askPolicy({ hold_s: 0 }) });
  const boss = world.person("boss", { roles: ["supervisor"] });
  const operation = {
    ...makeDraft().operation,
    body: ORDER.replace("once daily", `once daily ${"ä".repeat(25_000)}`),
  };
  const made: string[] = [];
  for (let i = 0; i < 5; i++) made.push(await raised(world, makeDraft({ operation })));
  decide(world, boss, made[0] ?? "", "deny");
  const found: string[] = [];
  for (let page: string | undefined, i = 0; i < 9; i++) {
    const answer = ask({ world }, boss, "history", { ...(page === undefined ? {} : { page }) });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(200 * 1024);
    expect(answer.items.length).toBeGreaterThan(0);
    found.push(...answer.items.map(({ request }) => readStored("request", request ?? "").rid));
    page = answer.next;
    if (page === undefined) break;
  }
  expect(found.sort()).toEqual(made.sort());
});
