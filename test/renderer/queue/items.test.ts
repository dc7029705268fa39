import { describe, expect, test } from "vitest";

import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { makeRow } from "../../../renderer/bridge/fake/reviews.ts";
import { itemsOf, neighbour } from "../../../renderer/queue/items.ts";
import type { Line } from "../../../renderer/queue/order.ts";

const line = (rid: string): Line => ({
  row: makeRow(refill, { key: { iss: "gw", rid }, agent_name: "NoteTidy" }),
  isGone: false,
});
const lines = ["a", "b", "c", "d"].map(line);
const flooding = new Map([
  ["gw b", "loop"],
  ["gw d", "loop"],
]);
const kinds = (open: ReadonlySet<string>) => itemsOf(lines, flooding, open).map((item) => item.id);

describe("an agent in a loop", () => {
  test("takes one place, that of its first request; the others keep theirs", () => {
    expect(kinds(new Set())).toEqual(["gw a", "loop", "gw c"]);
    expect(itemsOf(lines, flooding, new Set())[1]).toMatchObject({
      kind: "flood",
      count: 2,
      agentName: "NoteTidy",
      isOpen: false,
    });
  });

  test("shows all of its requests when it is opened, and none twice", () => {
    expect(kinds(new Set(["loop"]))).toEqual(["gw a", "loop", "gw b", "gw d", "gw c"]);
  });

  test("without a flood every request is a line", () => {
    expect(itemsOf(lines, new Map(), new Set()).map(({ kind }) => kind)).toEqual(["line", "line", "line", "line"]);
  });
});

describe("moving", () => {
  const items = itemsOf(lines, new Map(), new Set());

  test("to the next and the previous one, and no further than the ends", () => {
    expect(neighbour(items, "gw a", 1)).toBe(1);
    expect(neighbour(items, "gw d", 1)).toBe(3);
    expect(neighbour(items, "gw a", -1)).toBe(0);
  });

  test("from nowhere to the first or the last", () => {
    expect(neighbour(items, undefined, 1)).toBe(0);
    expect(neighbour(items, undefined, -1)).toBe(3);
  });
});
