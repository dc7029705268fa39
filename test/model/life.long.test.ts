import process from "node:process";
import { expect, it } from "vitest";

import { runModel } from "./run-model.ts";

/** Seconds of `npm run test:long`. */
const seconds = Number(process.env["COUNTERSIGN_MODEL_SECONDS"] ?? 120);

it(
  "as the short model test, for minutes, and every kind of step was taken",
  async () => {
    const { runs, tally } = await runModel({ seconds });
    process.stdout.write(
      `model: ${String(runs)} runs; ${[...tally].map(([k, n]) => `${k} ${String(n)}`).join(", ")}\n`,
    );
    for (const kind of [
      ...[
        "approve recorded",
        "approve rejected",
        "deny recorded",
        "deny rejected",
        "revoke recorded",
        "revoke rejected",
      ],
      ...["withdraw", "revise", "expired", "lapsed", "crash", "duplicate", "reuse", "execute done", "execute refused"],
    ]) {
      expect(tally.get(kind) ?? 0, kind).toBeGreaterThan(0);
    }
  },
  (seconds + 60) * 1000,
);
