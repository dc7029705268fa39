import { describe, expect, it } from "vitest";

import type { PolicyInput } from "../../../gateway/ports.ts";
import { makeInput, policyOf, withPolicies } from "./fixtures.ts";

function call(tool: string, args: object = {}): PolicyInput {
  const operation = {
    ...{ method: "tools/call" as const, url: `mcp:ward/${tool}`, media: "application/json" },
    body: JSON.stringify(args),
  };
  const input = makeInput(operation);
  const { patient: _nobody, ...gathered } = input.gathered;
  return { ...input, action: "tool.call", gathered, agent: { ...input.agent, actions: ["tool.call"] } };
}

describe("a call of a tool", () => {
  it("asks a person at a high tier where no policy names the tool, and nobody types again whom it is about", () => {
    const verdict = policyOf().evaluate(call("send_message"));
    expect(verdict).toMatchObject({ kind: "ask", risk: "high", reversible: "irreversible" });
    expect(verdict.kind === "ask" && verdict.policy.reentry).toEqual([]);
  });

  it("is refused to an agent that is not registered for tools, or not for writing", () => {
    const policy = policyOf();
    const input = call("send_message");
    const other = { ...input, agent: { ...input.agent, actions: ["order.create" as const] } };
    expect(policy.evaluate(other)).toMatchObject({ kind: "refuse", code: "E_AGENT_ACTION" });
    const reader = { ...input, agent: { ...input.agent, permissions: ["read" as const] } };
    expect(policy.evaluate(reader)).toMatchObject({ kind: "refuse", code: "E_POL_REFUSED" });
  });

  it("is known to policy by its server and name, and still asks where its arguments name two patients", () => {
    const policy = policyOf(
      withPolicies(`@id("bleep") @says("A bleep.") @verdict("allow")
permit (principal, action == Action::"tool.call", resource) when { resource.type == "ward/bleep" };`),
    );
    expect(policy.evaluate(call("bleep"))).toEqual({ kind: "allow", rule: "bleep" });
    expect(policy.evaluate(call("bleeps"))).toMatchObject({ kind: "ask" });
    const two = call("bleep", { about: ["Patient/a", "Patient/b"] });
    expect(policy.evaluate(two)).toMatchObject({ kind: "ask", risk: "critical" });
    const body = two.operation.body.replaceAll("Patient/", String.raw`\u0050atient\/`);
    const escaped = { ...two, operation: { ...two.operation, body } };
    expect(policy.evaluate(escaped)).toMatchObject({ kind: "ask", risk: "critical" });
  });

  it.each([
    [{ drug: "Morphine sulfate 10 mg" }],
    [{ order: { lines: [{ text: "please give MORPHINE now" }] } }],
    [{ text: "mor\u200bphine 10 mg" }],
    [{ "morphine 10 mg": true }],
  ])("is refused where its arguments speak of a controlled medicine, wherever in them: %j", (args) => {
    const verdict = policyOf().evaluate(call("place_order", args));
    expect(verdict).toMatchObject({ kind: "refuse", reason: "Agents may not ask for controlled medicines." });
  });

  it("is a graver thing where its arguments speak of a high-alert medicine, also where policy allows the tool", () => {
    const policy = policyOf(
      withPolicies(`@id("order") @says("Orders by a tool.") @verdict("allow")
permit (principal, action == Action::"tool.call", resource) when { resource.type == "ward/place_order" };`),
    );
    expect(policy.evaluate(call("place_order", { drug: "paracetamol" }))).toMatchObject({ kind: "allow" });
    expect(policy.evaluate(call("place_order", { drug: "warfarin 3 mg" }))).toMatchObject({ kind: "ask" });
  });
});
