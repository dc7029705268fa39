import { afterEach, describe, expect, it, vi } from "vitest";

import type { Budgets } from "../../../gateway/policy/budgets.ts";
import { logBudgets } from "../../../gateway/requests/agent-log.ts";
import type { RequestDraft } from "../../../gateway/ports.ts";
import { startFhirServer } from "../../../demo/fhir/server.ts";
import { codeOf, FHIR_JSON, orderBody, policyFiles, seed, startDoorKit } from "../agents/kit.ts";
import { cedarPolicy } from "../../../gateway/policy/cedar/policy.ts";
import { options } from "../policy/fixtures.ts";
import { decide, raised, receiptOf } from "../signing.ts";
import { AGENT, askPolicy, makeAgent, makeDraft, makeWorld, type World } from "../world.ts";

let world: World;
afterEach(() => {
  expect(world.faults).toEqual([]);
  world.close();
});

/** A world in which people may be asked so much; each draft is an order of its own. */
function open(budgets: Budgets) {
  world = makeWorld({
    policy: { ...askPolicy(), budgets },
    agents: [makeAgent(), makeAgent({ sub: "urn:agent:other" })],
  });
  let n = 0;
  const over: unknown[] = [];
  world.core.events.on("over-budget", (event: unknown) => over.push(event));
  const ask = async (more: Partial<RequestDraft> = {}) => {
    const draft = makeDraft(more);
    n += 1;
    const body = draft.operation.body.replace("{", `{"id":"o${String(n)}",`);
    return await world.core.raise({ ...draft, operation: { ...draft.operation, body } });
  };
  return { ask, over };
}
const plenty = { asks: 1000, per_s: 3600, waiting: 1000 };
const said = (code: string, why: RegExp, retry_after_s: number) => ({
  kind: "refused",
  code,
  reason: expect.stringMatching(why) as string,
  retry_after_s,
});

describe("how much people may be asked", () => {
  it("of one agent: so many within a time, and it is told when it may ask again", async () => {
    const { ask, over } = open({ agent: { asks: 2, per_s: 600, waiting: 10 } });
    await ask();
    world.clock.advance(60_000);
    await ask();
    expect(await ask()).toEqual(said("E_AGENT_BUDGET", /2 were asked by this agent within 600 seconds/, 540));
    expect((await ask({ agent: "urn:agent:other" })).kind).toBe("pending");
    expect(over).toEqual([{ agent: AGENT, budget: "agent", code: "E_AGENT_BUDGET" }]);
    world.clock.advance(541_000);
    expect((await ask()).kind).toBe("pending");
  });

  it("of one agent: so many that wait at a time, and a decision makes room", async () => {
    const { ask } = open({ agent: { ...plenty, waiting: 1 } });
    const first = await ask();
    expect(await ask()).toEqual(said("E_AGENT_BUDGET", /1 requests by this agent wait for a decision/, 60));
    if (first.kind === "pending") world.core.withdraw(first.rid, AGENT, "agent");
    expect((await ask()).kind).toBe("pending");
  });

  it("about one patient, by all agents together", async () => {
    const { ask, over } = open({ patient: { asks: 1, per_s: 600, waiting: 10 } });
    await ask();
    expect(await ask({ agent: "urn:agent:other" })).toEqual(said("E_AGENT_BUDGET", /about this patient/, 600));
    expect(over).toEqual([{ agent: "urn:agent:other", budget: "patient", code: "E_AGENT_BUDGET" }]);
  });

  it("of one person: a pool of two can be asked twice as much as a pool of one", async () => {
    const { ask } = open({ approver: { asks: 1, per_s: 600, waiting: 10 } });
    world.person("lee");
    await ask();
    expect(await ask()).toEqual(said("E_AGENT_BUDGET", /of the people who could decide this/, 600));
    world.person("kim");
    world.clock.advance(1000);
    expect((await ask()).kind).toBe("pending");
    expect((await ask()).kind).toBe("refused");
  });

  it("holds for a revision too, which is read anew", async () => {
    const { ask } = open({ agent: { ...plenty, asks: 1 } });
    const first = await ask();
    if (first.kind !== "pending") throw new Error(first.kind);
    expect(await world.core.revise(first.rid, makeDraft())).toMatchObject({ code: "E_AGENT_BUDGET" });
    expect(world.core.status(first.rid)?.state).toBe("open");
  });

  it("holds over a restart", async () => {
    const { ask } = open({ agent: { ...plenty, asks: 1 } });
    await ask();
    world.reopen();
    expect(await ask()).toMatchObject({ code: "E_AGENT_BUDGET" });
  });

  it("drops nothing that waits, and answers a retry of what was asked before", async () => {
    const { ask } = open({ agent: { ...plenty, asks: 1 } });
    const draft = makeDraft({ idempotency_key: "k1" });
    const first = await world.core.raise(draft);
    expect((await ask()).kind).toBe("refused");
    expect(await world.core.raise(draft)).toEqual(first);
    expect(world.core.store.requestsIn(["open"])).toHaveLength(1);
  });

  it("is without limit where policy says none", async () => {
    const { ask } = open({});
    for (let i = 0; i < 5; i++) expect((await ask()).kind).toBe("pending");
  });
});

describe("an agent that people deny again and again", () => {
  const deny = (rid: string): void => {
    const lee = world.person(`p${rid.slice(-6)}`);
    expect(receiptOf(decide(world, lee, rid, "deny"))).toMatchObject({ result: "recorded", outcome: "denied" });
  };

  it("asks nobody for a while, and then may again; others go on", async () => {
    const { ask, over } = open({ mute: { denials: 2, within_s: 600, for_s: 300 } });
    for (let i = 0; i < 2; i++) deny(await raised(world, makeDraft({ task: { id: `t${String(i)}`, goal: "x" } })));
    world.clock.advance(10_000);
    const again = await ask();
    expect(again).toMatchObject({ kind: "refused", code: "E_AGENT_MUTED" });
    expect(again.kind === "refused" && again.retry_after_s).toBeGreaterThan(250);
    expect(over).toEqual([{ agent: AGENT, budget: "mute", code: "E_AGENT_MUTED" }]);
    expect((await ask({ agent: "urn:agent:other" })).kind).toBe("pending");
    world.clock.advance(300_000);
    expect((await ask()).kind).toBe("pending");
  });
});

it("an agent at the door gets 429 with our code and when to come back, and nothing is executed", async () => {
  world = makeWorld();
  const fhir = await startFhirServer({ port: 0, seed });
  const figures = JSON.parse(policyFiles["policy.json"] ?? "") as object;
  const files = {
    ...policyFiles,
    "policy.json": JSON.stringify({ ...figures, budgets: { agent: { ...plenty, asks: 1 } } }),
  };
  const kit = await startDoorKit(fhir, {}, cedarPolicy(files, options));
  const order = async (note: string) =>
    await kit.call("POST", "/fhir/MedicationRequest", {
      body: orderBody(`,"note":[{"text":"${note}"}]`),
      headers: FHIR_JSON,
    });
  expect((await order("one")).status).toBe(202);
  const refused = await order("two");
  expect([refused.status, refused.headers.get("retry-after"), await codeOf(refused)]).toEqual([
    429,
    "3600",
    "E_AGENT_BUDGET",
  ]);
  await kit.close();
  await fhir.close();
});

it("whoever runs the gateway is told once an hour of each agent and budget, with names and codes alone", () => {
  world = makeWorld();
  const warn = vi.fn();
  logBudgets(world.core.events, world.clock, { info: vi.fn(), warn, error: vi.fn() });
  const event = { agent: AGENT, budget: "agent", code: "E_AGENT_BUDGET" };
  for (let i = 0; i < 3; i++) world.core.events.emit("over-budget", event);
  world.core.events.emit("over-budget", { ...event, budget: "mute", code: "E_AGENT_MUTED" });
  expect(warn.mock.calls).toEqual([
    ["agent.over-budget", event],
    ["agent.over-budget", { ...event, budget: "mute", code: "E_AGENT_MUTED" }],
  ]);
  world.clock.advance(3600_000);
  world.core.events.emit("over-budget", event);
  expect(warn).toHaveBeenCalledTimes(3);
});
