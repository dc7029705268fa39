import { describe, expect, it } from "vitest";

import { reloadablePolicy } from "../../../gateway/policy/reloadable.ts";
import type { PolicyInput, PolicyPort, ReadInput, ReadPolicyPort } from "../../../gateway/ports.ts";

const judge = (rule: string): PolicyPort & ReadPolicyPort => ({
  evaluate: () => ({ kind: "allow", rule }),
  read: () => ({ kind: "allow", rule }),
  budgets: { mute: { denials: rule.length, within_s: 1, for_s: 1 } },
});

describe("a policy that can be another one from one question to the next", () => {
  it("answers every question, and every figure, from the set that serves now", () => {
    const { policy, swap } = reloadablePolicy(judge("a"));
    const answers = () => [
      policy.evaluate({} as PolicyInput),
      policy.read({} as ReadInput),
      (policy.budgets as unknown as { mute: { denials: number } }).mute.denials,
    ];
    expect(answers()).toEqual([{ kind: "allow", rule: "a" }, { kind: "allow", rule: "a" }, 1]);
    swap(judge("bb"));
    expect(answers()).toEqual([{ kind: "allow", rule: "bb" }, { kind: "allow", rule: "bb" }, 2]);
  });
});
