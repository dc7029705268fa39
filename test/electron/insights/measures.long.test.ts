import { expect, it } from "vitest";

import { longestTurn } from "./many-requests.ts";

it(
  "figures of 100,000 requests never hold the process that has the window for 50 ms",
  { timeout: 120_000 },
  async () => {
    const { worst, view } = await longestTurn(100_000);
    expect(view.insights.summary.requests).toBe(100_000);
    console.log(`insights of 100,000 requests: at most ${worst.toFixed(1)} ms of the asking thread at a time`);
    expect(worst).toBeLessThan(50);
  },
);
