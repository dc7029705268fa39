import { describe, expect, it } from "vitest";

import { deniedScene, eraseScene, executedScene } from "../fixture/erased.ts";
import { denied, executed, expired } from "../fixture/item.ts";
import { erasureOf, stored, sweep } from "./tamper.ts";

/** Two to five milliseconds a change, and every character is one. */
const LIMIT_MS = 1_800_000;

describe("tampering, every byte", () => {
  it.each([
    ["executed", executed],
    ["denied", denied],
    ["expired", expired],
  ] as const)(
    "no single changed character of any stored object of a row that was %s passes",
    (name, make) => {
      const { tried, passed } = sweep(make(), (text) => text.split("").keys());
      console.log(`tampering, ${name}: ${String(tried)} changes, ${String(passed.length)} unseen`);
      expect(passed).toEqual([]);
      expect(tried).toBeGreaterThan(3000);
    },
    LIMIT_MS,
  );

  it.each([
    ["denied", deniedScene],
    ["completed", executedScene],
  ] as const)(
    "nor of a row that was %s and erased, nor of what shows that the log ordered it",
    (state, scene) => {
      const row = eraseScene(scene(), state);
      const { tried, passed } = sweep(row, (text) => text.split("").keys(), [...stored(row.item), ...erasureOf(row)]);
      console.log(`tampering, ${state} and erased: ${String(tried)} changes, ${String(passed.length)} unseen`);
      expect(passed).toEqual([]);
      expect(tried).toBeGreaterThan(3000);
    },
    LIMIT_MS,
  );
});
