import { describe, expect, it } from "vitest";

import {
  ask,
  conflict,
  edited,
  hospitalFiles,
  makeInput,
  operation,
  order,
  policyOf,
  withFigures,
  withPolicies,
} from "./fixtures.ts";

const asking = (id: string, more: string, when = "true"): string => `@id("${id}") @says("Own.") @verdict("ask")
  @template("urn:countersign:tpl:generic") ${more}
  permit (principal, action in Action::"change", resource) when { ${when} };\n`;
const ownOrder = (more: string) =>
  policyOf(edited((text) => text.replaceAll('@id("medication-order")', `@id("medication-order") ${more}`)));

describe("several policies at once", () => {
  it("let something pass without a person where one allows it, and ask all the same when anything raises the risk", () => {
    const allow = `@id("notes") @says("Notes.") @verdict("allow")
      permit (principal, action == Action::"order.create", resource) when { resource.type == "MedicationRequest" };`;
    const others = Object.fromEntries(Object.entries(hospitalFiles).filter(([name]) => name !== "orders.cedar"));
    const policy = policyOf(withPolicies(allow, others));
    expect(policy.evaluate(makeInput(order()))).toEqual({ kind: "allow", rule: "notes" });
    expect(policy.evaluate(makeInput(order(), { gathered: { facts: [conflict] } })).kind).toBe("ask");
    expect(policy.evaluate(makeInput(order(), { scopes: ["patient/Observation.cud"] })).kind).toBe("ask");
  });

  it("do not let a later step of a task pass that has needed a person", () => {
    const allow = `@id("notes") @says("Notes.") @verdict("allow")
      permit (principal, action == Action::"order.create", resource);`;
    const others = Object.fromEntries(Object.entries(hospitalFiles).filter(([name]) => name !== "orders.cedar"));
    const policy = policyOf(withPolicies(allow, others));
    expect(policy.evaluate(makeInput(order(), { chain: ["low"] })).kind).toBe("allow");
    expect(policy.evaluate(makeInput(order(), { chain: ["moderate"] }))).toMatchObject({ kind: "ask" });
  });

  it("add friction to a tier and cannot take any away", () => {
    const more = ask(order(), {}, ownOrder('@hold_s("60") @need("2") @acr("mfa-hw")'));
    expect(more.policy).toMatchObject({ hold_s: 60, quorum: { need: 2 }, acr: "urn:countersign:acr:mfa-hw" });
    const less = ask(order(), {}, ownOrder('@hold_s("0") @reentry("") @acr("session") @max_auth_age("9999")'));
    expect(less.policy).toEqual(ask(order()).policy);
  });

  it("say of several approvers that they sign in order and within how long, and say it only of several", () => {
    const quorum = (more: string) => ask(order(), {}, ownOrder(more)).policy.quorum;
    const said = '@ordered("true") @window_s("300")';
    expect(quorum(`${said} @need("2")`)).toEqual({ need: 2, ordered: true, window: 300 });
    expect(quorum(`${said} @need("2") @blind("true")`)).toMatchObject({ ordered: true, blind: true });
    expect(quorum(said)).toEqual({ need: 1 });
    // The tier's own window is 900 s where it says none: a policy may shorten it and not make it longer.
    expect(quorum('@need("2") @window_s("3600")')).toEqual({ need: 2, window: 900 });
  });

  it("make the strictest of what each of them asks", () => {
    const one = asking(
      "a-one",
      '@tier("moderate") @pools("clinicians, pharmacists") @reversible("reversible") @hold_s("30")',
    );
    const two = asking(
      "a-two",
      '@tier("high") @pools("pharmacists, clinicians") @reversible("irreversible") @need("3") @roles("attending, consultant")',
    );
    const three = `@id("a-three") @says("Own.") @verdict("raise") @tier("low") @pools("pharmacists") @roles("consultant")
      @grant_ttl_max("60") permit (principal, action, resource) when { principal.owner == "urn:team:pharmacy" };`;
    const others = Object.fromEntries(Object.entries(hospitalFiles).filter(([name]) => name !== "orders.cedar"));
    const verdict = ask(order(), {}, policyOf(withPolicies(one + two + three, others)));
    expect(verdict).toMatchObject({ risk: "high", reversible: "irreversible", grant_ttl_s: 60 });
    expect(verdict.policy).toMatchObject({
      pools: ["pharmacists"],
      roles: ["consultant"],
      hold_s: 30,
      quorum: { need: 3 },
    });
    expect(verdict.policy.id).toBe("urn:countersign:policy:default:a-one+a-two");
  });

  it("refuse where one of them forbids, whatever the others say", () => {
    const forbid = `@id("a-no") @says("Not on this ward.") forbid (principal, action in Action::"write", resource);`;
    const allow = `@id("a-yes") @says("Yes.") @verdict("allow") permit (principal, action, resource);`;
    expect(policyOf(withPolicies(forbid + allow)).evaluate(makeInput(order()))).toEqual({
      kind: "refuse",
      code: "E_POL_REFUSED",
      reason: "Not on this ward.",
    });
  });

  it("refuse where they have nobody in common to ask", () => {
    const own = asking("a-one", '@tier("low") @pools("pharmacists") @reversible("reversible")');
    const verdict = policyOf(withPolicies(own)).evaluate(makeInput(order()));
    expect(verdict).toMatchObject({ kind: "refuse", reason: expect.stringContaining("a-one") as string });
  });
});

describe("policy fails closed", () => {
  it("where a policy cannot be evaluated", () => {
    const broken = `@id("a-broken") @says("Sums.") @verdict("allow")
      permit (principal, action in Action::"change", resource)
      when { context.history.asked + 9223372036854775807 > 0 };`;
    const policy = policyOf(withPolicies(broken));
    expect(policy.evaluate(makeInput(order())).kind).toBe("ask");
    expect(policy.evaluate(makeInput(order(), { history: { asked: 1, denied: 0 } }))).toMatchObject({
      kind: "refuse",
      reason: "Policy a-broken cannot judge this.",
    });
  });

  it.each([
    ["an owner", { owner: undefined }],
    ["a permission list that is one", { permissions: "write" }],
  ])("where the registry lacks %s", (_what, change) => {
    const input = makeInput(order());
    const agent = { ...input.agent, ...change } as unknown as typeof input.agent;
    expect(policyOf().evaluate({ ...input, agent })).toMatchObject({ kind: "refuse", code: "E_POL_REFUSED" });
  });

  it("where no policy is about the action, or the only one raises", () => {
    const figures = { "policy.json": hospitalFiles["policy.json"] ?? "" };
    const none = `@id("a-read") @says("Own.") forbid (principal, action == Action::"read", resource);`;
    const raise = `@id("a-raise") @says("Own.") @verdict("raise") @tier("low")
      permit (principal, action in Action::"change", resource);`;
    for (const text of [none, raise]) {
      const verdict = policyOf(withPolicies(text, figures)).evaluate(makeInput(order()));
      expect(verdict).toMatchObject({ kind: "refuse", code: "E_POL_REFUSED" });
    }
    expect(policyOf(withPolicies(raise, figures)).read({ agent: makeInput(order()).agent, type: "Basic" }).kind).toBe(
      "refuse",
    );
  });
});

describe("permissions", () => {
  const organisation = operation("PUT", "Organization/o", { resourceType: "Organization", id: "o" });
  const note = operation("PUT", "Observation/o", { resourceType: "Observation", id: "o" });
  const holding = (...permissions: ("read" | "write" | "administer")[]) => ({
    agent: { ...makeInput(note).agent, permissions },
  });

  it("to write a record, to read it and to administer are separate", () => {
    const readable = withPolicies(`@id("results") @says("Results.") @verdict("allow")
      permit (principal, action == Action::"read", resource);`);
    const policy = policyOf(readable);
    const verdicts = (["read", "write", "administer"] as const).map((permission) => {
      const { agent } = holding(permission);
      const kinds = [note, organisation].map((op) => policy.evaluate(makeInput(op, { agent })).kind);
      return [permission, policy.read({ agent, type: "Observation" }).kind, ...kinds];
    });
    expect(verdicts).toEqual([
      ["read", "allow", "refuse", "refuse"],
      ["write", "refuse", "ask", "refuse"],
      ["administer", "refuse", "refuse", "ask"],
    ]);
  });

  it("to administer is had by nobody who was not given it", () => {
    expect(policyOf().evaluate(makeInput(organisation))).toMatchObject({ kind: "refuse" });
    expect(ask(organisation, holding("administer"))).toMatchObject({
      risk: "critical",
      policy: { quorum: { need: 2 } },
    });
  });

  it("of an agent that is registered for trials are none here", () => {
    const agent = { ...makeInput(note).agent, environment: "test" };
    expect(policyOf().evaluate(makeInput(note, { agent }))).toMatchObject({ kind: "refuse" });
    expect(ask(note, { agent: { ...agent, environment: "production" } }).risk).toBe("moderate");
  });
});

describe("what a record and a task are", () => {
  const labelled = (code: string) =>
    operation("PUT", "Observation/o", { resourceType: "Observation", id: "o", meta: { security: [{ code }] } });

  it("raises the tier: protected records, and more so the most protected", () => {
    expect(["N", "R", "PSY", "V"].map((code) => ask(labelled(code)).risk)).toEqual([
      "moderate",
      "high",
      "high",
      "critical",
    ]);
    expect(ask(labelled("V")).risk_reasons).toContain("sensitive-record");
  });

  it("raises it too where only the record has the label and the agent leaves it out", () => {
    const before = { text: labelled("V").body, version: 'W/"1"' };
    expect(ask(labelled("N"), { gathered: { before } }).risk).toBe("critical");
  });

  it("raises the tier: the highest step of a task counts for all later ones, and so does their number", () => {
    const note = labelled("N");
    expect(ask(note, { chain: Array(9).fill("low") as "low"[] }).risk).toBe("moderate");
    expect(ask(note, { chain: Array(10).fill("low") as "low"[] }).risk).toBe("critical");
    expect(ask(note, { chain: ["low", "high"] })).toMatchObject({ risk: "high", risk_reasons: ["task-chain"] });
  });

  it("has figures of the hospital's own", () => {
    const files = withFigures(({ tiers }) => ({ tiers: { ...tiers, high: { ...tiers["high"], need: 2 } } }));
    expect(ask(order(), {}, policyOf(files)).policy.quorum).toMatchObject({ need: 2 });
  });
});
