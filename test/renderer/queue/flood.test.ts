import { expect, test } from "vitest";

import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { makeRow } from "../../../renderer/bridge/fake/reviews.ts";
import { floods } from "../../../renderer/queue/flood.ts";

const arrivals = (count: number, everySeconds: number, agent = "NoteTidy") =>
  Array.from({ length: count }, (_, at) =>
    makeRow(refill, {
      key: { iss: "gw", rid: `${agent}${String(at)}` },
      agent_name: agent,
      received_at: at * everySeconds,
    }),
  );

test("more than twenty requests of one agent within ten minutes are a flood", () => {
  expect(floods(arrivals(21, 30)).size).toBe(21);
});

test("twenty are not, nor are twenty-one over a longer time, nor many agents together", () => {
  expect(floods(arrivals(20, 1)).size).toBe(0);
  expect(floods(arrivals(21, 31)).size).toBe(0);
  expect(floods([...arrivals(15, 1, "A"), ...arrivals(15, 1, "B")]).size).toBe(0);
});

test("only the requests inside the ten minutes belong to it", () => {
  const early = makeRow(refill, { key: { iss: "gw", rid: "early" }, agent_name: "NoteTidy", received_at: -5000 });
  expect([...floods([early, ...arrivals(21, 30)]).keys()]).not.toContain("gw early");
});

test("a critical or urgent request is never put behind the group", () => {
  const rows = arrivals(21, 1).map((row, at) => {
    if (at === 3) return { ...row, tier: 3 as const };
    return at === 5 ? { ...row, status: { kind: "expiring" as const, at: 9 } } : row;
  });
  const flooding = floods(rows);
  expect(flooding.size).toBe(19);
  expect([...flooding.keys()]).not.toContain("gw NoteTidy3");
  expect([...flooding.keys()]).not.toContain("gw NoteTidy5");
});
