import { describe, expect, it } from "vitest";

import { insightsOf } from "#shared/insights/insights.ts";
import { caseOfFact } from "#shared/insights/case-of-fact.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { insightFact } from "#shared/reports/items.ts";

import { arrange, fact, PAGE, WANTED } from "./many-requests.ts";

describe("figures of many requests", () => {
  it("are those that the formulas give, taken in another process, page after page", async () => {
    const t = arrange(1000);
    const { insights, agents } = await t.take();
    const cases = Array.from({ length: 1000 }, (_, i) => caseOfFact(insightFact.parse(fact(i)))!);
    const expected = insightsOf({ cases, groups: [], period: WANTED, zone: "Europe/London", mayName: () => false });
    expect(insights).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(agents["urn:agent:3"]).toBe("Agent 3");
    expect(t.read).toEqual([400, 800, 1000, 1000]);
  });

  it("of which a part cannot be read are not shown as if they were whole", async () => {
    const t = arrange(1000, (items, page) => (page === 1 ? [{ ...items[0], outcome: "praised" }, ...items] : items));
    await expect(t.take()).rejects.toMatchObject({ code: "E_CLM_SHAPE" });
  });

  it("can be stopped while they are read and while they are computed, and then nothing more is asked", async () => {
    for (const whenRead of [800, 4000]) {
      const t = arrange(4000);
      t.at((requests) => {
        if (requests === whenRead) t.stop.abort();
      });
      await expect(t.take()).rejects.toBeInstanceOf(CountersignError);
      const asked = t.asked();
      await new Promise((resolve) => setImmediate(resolve));
      expect(t.asked()).toBe(asked);
      expect(asked).toBeLessThanOrEqual(whenRead / PAGE + 1);
    }
  });
});
