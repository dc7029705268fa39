import { expect, it } from "vitest";

import { killLoop, orders } from "../faults/kill/loop.ts";

it(
  "500 kills of gateway and workstations with traffic running: nothing is lost, nothing is invented, and there is one outcome everywhere",
  { timeout: 3 * 3_600_000 },
  async () => {
    const found = await killLoop(orders(500));
    expect([found.lost, found.invented, found.differing]).toEqual([[], [], []]);
    expect(found.requests).toBeGreaterThan(0);
  },
);
