import { expect, it } from "vitest";

import { killLoop, orders } from "./kill/loop.ts";

it(
  "25 kills of gateway and workstations with traffic running: nothing is lost, nothing is invented, and there is one outcome everywhere",
  { timeout: 600_000 },
  async () => {
    const found = await killLoop(orders(25));
    expect([found.lost, found.invented, found.differing]).toEqual([[], [], []]);
    expect(found.requests).toBeGreaterThan(0);
  },
);
