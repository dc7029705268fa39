import { expect, it } from "vitest";

import { killLoop } from "./kill/loop.ts";

it(
  "25 kills of gateway and workstations with traffic running: nothing is lost, nothing is invented, and there is one outcome everywhere",
  { timeout: 600_000 },
  async () => {
    const found = await killLoop({
      kills: Number(process.env["COUNTERSIGN_KILLS"] ?? 25),
      seed: Number(process.env["COUNTERSIGN_KILL_SEED"] ?? Date.now() % 1_000_000),
    });
    expect([found.lost, found.invented, found.differing]).toEqual([[], [], []]);
    expect(found.requests).toBeGreaterThan(0);
  },
);
