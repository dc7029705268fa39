import { describe, expect, it } from "vitest";

import { denied, executed, expired } from "../fixture/item.ts";
import { sweep } from "./tamper.ts";

describe("tampering, every byte", () => {
  it("no single changed character of any stored object of any row passes", () => {
    for (const kept of [executed(), denied(), expired()]) {
      const { tried, passed } = sweep(kept, (text) => text.split("").keys());
      console.log(`tampering: ${String(tried)} changes, ${String(passed.length)} unseen`);
      expect(passed).toEqual([]);
      expect(tried).toBeGreaterThan(3000);
    }
  });
});
