import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";

import { logIdentities } from "../../../gateway/requests/agent-log.ts";
import { identityReasons } from "../../../gateway/policy/identity.ts";
import { cedarPolicy } from "../../../gateway/policy/cedar/policy.ts";
import type { AgentTrait } from "../../../gateway/store/agents.ts";
import { claimsOf } from "../../../gateway/requests/signed-request.ts";
import { crypto } from "../device.ts";
import { policyFiles } from "../agents/kit.ts";
import { AGENT, makeAgent, makeDraft, makeWorld, FHIR, PATIENT, type World } from "../world.ts";

const NOW = 1_790_000_000;
const WEEK_S = 7 * 24 * 3600;
const trait = (kind: AgentTrait["kind"], value: string, first_at = NOW - 10 * WEEK_S): AgentTrait => ({
  ...{ kind, value, first_at },
});
const asking = { model: "m1", environment: "production", action: "order" };
const KNOWN = [trait("model", "m1"), trait("environment", "production"), trait("action", "order")];

describe("what an identity says", () => {
  it.each<[string, readonly AgentTrait[], Partial<typeof asking>, readonly string[]]>([
    ["nobody knows it yet", [], {}, []],
    ["asks as ever", KNOWN, {}, []],
    ["asks from a second environment", KNOWN, { environment: "test" }, ["shared-identity"]],
    ["is back in the first of two environments", [...KNOWN, trait("environment", "test")], {}, ["shared-identity"]],
    ["is another model", KNOWN, { model: "m2" }, ["changed-agent"]],
    [
      "became that model a week ago less a second",
      [...KNOWN, trait("model", "m2", NOW - WEEK_S + 1)],
      { model: "m2" },
      ["changed-agent"],
    ],
    ["became that model a week ago", [...KNOWN, trait("model", "m2", NOW - WEEK_S)], { model: "m2" }, []],
    ["is the older of two models", [...KNOWN, trait("model", "m2", NOW - 5 * WEEK_S)], {}, ["shared-identity"]],
    ["asks for what it never asked for", KNOWN, { action: "referral" }, ["first-of-kind"]],
    [
      "all of it at once",
      KNOWN,
      { model: "m2", environment: "test", action: "referral" },
      ["shared-identity", "changed-agent", "first-of-kind"],
    ],
  ])("%s", (_what, traits, now, expected) => {
    expect(identityReasons(traits, { ...asking, ...now }, NOW)).toEqual(expected);
  });

  it("more that was recorded never makes a shared identity less shared", () => {
    const kinds = fc.constantFrom("environment" as const, "action" as const);
    const more = fc.array(fc.tuple(kinds, fc.string({ minLength: 1, maxLength: 4 })), { maxLength: 6 });
    fc.assert(
      fc.property(more, (extra) => {
        const traits = [...KNOWN, ...extra.map(([kind, value]) => trait(kind, value))];
        expect(identityReasons(traits, { ...asking, environment: "test" }, NOW)).toContain("shared-identity");
      }),
    );
  });
});

describe("an identity in use", () => {
  let world: World;
  beforeEach(() => {
    world = makeWorld({
      agents: [makeAgent({ environment: "production" })],
      policy: cedarPolicy(policyFiles, { crypto, templates: builtinTemplates }),
      facts: {
        gather: () =>
          Promise.resolve({
            patient: { ref: PATIENT, name: "Ruth EXAMPLE", birthDate: "1951-03-09" },
            facts: [],
            // An unchanged repeat: routine.
            checks: ["repeat", "dose-text"].map((id) => ({ id, label: id, result: "pass", by: "gateway" }) as const),
          }),
      },
    });
  });
  afterEach(() => world.close());

  /** Risk and reasons as people are shown them. */
  async function asked(over: Parameters<typeof makeDraft>[0] = {}) {
    const body = JSON.stringify({
      ...{ resourceType: "MedicationRequest", status: "active", intent: "order", subject: { reference: PATIENT } },
      medicationCodeableConcept: { text: "amlodipine 5 MG Oral Tablet" },
    });
    const operation = {
      method: "POST",
      url: `${FHIR}/MedicationRequest`,
      media: "application/fhir+json",
      body,
    } as const;
    // One task each: a task is as risky as its riskiest step.
    const task = { id: `task-${String(world.core.store.logSize())}`, goal: "Repeat" };
    const raised = await world.core.raise(makeDraft({ operation, scopes: [], task, ...over }));
    if (raised.kind !== "pending") throw new Error(JSON.stringify(raised));
    const { action } = claimsOf(world.core.store.currentRequest(raised.rid)!);
    return [action.risk, ...(action.risk_reasons ?? [])];
  }

  it("raises the tier of what would be routine, over a restart, and tells whoever runs the gateway once an hour", async () => {
    const said: unknown[] = [];
    const warn = (event: string, fields?: unknown): void => void said.push([event, fields]);
    const logTo = (): void =>
      logIdentities(world.core.events, world.clock, { info: () => undefined, warn, error: () => undefined });
    expect(await asked()).toEqual(["moderate"]);
    world.reopen({ agents: [makeAgent({ environment: "production", model: "vendor/model@2026-11" })] });
    logTo();
    expect(await asked()).toEqual(["critical", "changed-agent"]);
    expect(await asked()).toEqual(["critical", "changed-agent"]);
    world.reopen({ agents: [makeAgent({ environment: "pharmacy", model: "vendor/model@2026-11" })] });
    logTo();
    world.clock.sleep((WEEK_S + 1) * 1000);
    expect(await asked()).toEqual(["critical", "shared-identity"]);
    expect(said).toEqual([
      ["agent.identity", { agent: AGENT, reasons: "changed-agent" }],
      ["agent.identity", { agent: AGENT, reasons: "shared-identity" }],
    ]);
  });

  it("takes an agent with other tools, another prompt or other parameters for a new one, at the highest tier", async () => {
    const made = { tools: ["read", "order"], prompt: "sha-256:one", parameters: "sha-256:a" };
    const builds = [
      { ...made, tools: [...made.tools, "send"] },
      { ...made, prompt: "sha-256:two" },
      { ...made, parameters: "sha-256:b" },
    ];
    const be = (build: typeof made) => world.reopen({ agents: [makeAgent({ environment: "production", build })] });
    be(made);
    expect(await asked()).toEqual(["moderate"]);
    be({ ...made, tools: [...made.tools].reverse() });
    expect(await asked()).toEqual(["moderate"]);
    for (const build of builds) {
      be(build);
      expect(await asked()).toEqual(["critical", "changed-agent"]);
    }
    // One that was replaced and comes back is two agents under one name.
    be(made);
    expect(await asked()).toEqual(["critical", "shared-identity"]);
  });

  it("what an agent says about itself changes nothing of it", async () => {
    await asked();
    world.reopen({ agents: [makeAgent({ environment: "pharmacy" })] });
    const words = {
      rationale: { trigger: "policy_rule", text: "production, vendor/model@2026-05, asked before" },
    } as const;
    expect(await asked(words)).toEqual(["critical", "shared-identity"]);
  });
});
