import { describe, expect, test } from "vitest";

import { hiddenCharacter, refill } from "../../../renderer/bridge/fake/orders.ts";
import { makeRow } from "../../../renderer/bridge/fake/reviews.ts";
import { arrange, matches, NO_FILTER, sortRows } from "../../../renderer/queue/order.ts";
import type { QueueRow } from "#shared/ipc/contract.ts";

let next = 0;
const row = (change: Partial<QueueRow> = {}): QueueRow =>
  makeRow(refill, { key: { iss: "gw", rid: `r${String(next++).padStart(3, "0")}` }, exp: 1000, tier: 1, ...change });
const rids = (rows: readonly QueueRow[]) => rows.map(({ key }) => key.rid);

describe("sorting", () => {
  test("due first, and the higher tier first among equals", () => {
    const [late, soon, soonHigh] = [row({ exp: 900 }), row({ exp: 100 }), row({ exp: 100, tier: 3 })];
    expect(sortRows([late, soon, soonHigh], "due")).toEqual([soonHigh, soon, late]);
  });

  test("what has ended comes last in every order", () => {
    const ended = row({ exp: 1, tier: 3, received_at: 9999, status: { kind: "expired", at: 1 } });
    const open = row({ exp: 900 });
    for (const sort of ["due", "tier", "received"] as const)
      expect(sortRows([ended, open], sort)).toEqual([open, ended]);
  });

  test("equal rows keep one order whatever the order of arrival", () => {
    const rows = [row(), row(), row()];
    expect(rids(sortRows(rows.toReversed(), "due"))).toEqual(rids(rows));
  });
});

describe("a list that does not move under the hand (P9, AC16)", () => {
  test("arrivals wait, however urgent they are", () => {
    const shown = [row({ exp: 500 }), row({ exp: 900 })];
    const urgent = row({ exp: 10, status: { kind: "expiring", at: 10 } });
    const { lines, waiting } = arrange(shown, [urgent, ...shown]);
    expect(lines.map((line) => line.row)).toEqual(shown);
    expect(waiting).toEqual([urgent]);
  });

  test("a row that goes keeps its place and says so", () => {
    const [first, second, third] = [row(), row(), row()];
    const { lines } = arrange([first, second, third], [first, third]);
    expect(lines.map((line) => line.isGone)).toEqual([false, true, false]);
    expect(lines[1]?.row).toBe(second);
  });

  test("a row in the list shows its present state in its old place", () => {
    const [first, second] = [row(), row()];
    const changed: QueueRow = { ...second, status: { kind: "withdrawn", at: 5, by: "x", reason: "agent" } };
    expect(arrange([first, second], [changed, first]).lines.map((line) => line.row)).toEqual([first, changed]);
  });
});

describe("searching", () => {
  const waters = makeRow(hiddenCharacter);

  test.each(["waters", "SHAUNA", "999 728", "9997287657", "medrec", ""])("%j finds her", (text) => {
    expect(matches(waters, { ...NO_FILTER, text })).toBe(true);
  });

  test("other words do not", () => {
    expect(matches(waters, { ...NO_FILTER, text: "evans" })).toBe(false);
  });

  test("a type leaves out the others", () => {
    expect(matches(waters, { text: "", actionType: waters.action_type })).toBe(true);
    expect(matches(waters, { text: "", actionType: "urn:countersign:action:record.update" })).toBe(false);
  });
});
