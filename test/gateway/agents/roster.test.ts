import { randomBytes } from "node:crypto";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { eventUri } from "#shared/protocol/names.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { makeRoster, type Roster } from "../../../gateway/agents/roster.ts";
import type { Gathered } from "../../../gateway/ports.ts";
import { makeTokens } from "../../../gateway/tokens/tokens.ts";
import { uuid7 } from "../../../gateway/uuid7.ts";
import { crypto } from "../device.ts";
import { decide, raised } from "../signing.ts";
import { AGENT, FHIR, GW, makeAgent, makeDraft, makeWorld, PATIENT, type World } from "../world.ts";

const OTHER = "urn:agent:other";
const agents = [
  makeAgent({ environment: "production" }),
  makeAgent({ sub: OTHER, owner: "urn:owner:two", model: "vendors/x@1" }),
];

describe("the roster", () => {
  let world: World;
  let roster: Roster;
  let said: unknown[];
  /** Lets facts be gathered only when the test says so. */
  let gathering: Promise<void>;
  beforeEach(() => {
    [said, gathering] = [[], Promise.resolve()];
    const gathered: Gathered = { patient: { ref: PATIENT, name: "Ruth EXAMPLE" }, facts: [], checks: [] };
    world = makeWorld({ agents, facts: { gather: async () => await gathering.then(() => gathered) } });
    roster = rosterOf();
  });
  afterEach(() => world.close());

  function rosterOf(): Roster {
    const { core, now, signer, clock } = world;
    const { store, records } = core;
    const tokens = makeTokens({
      ...{ iss: GW, audience: FHIR, crypto, signer: makeSigner(generateKey("Ed25519")), store, records, now },
      uuid: () => uuid7(clock.nowMs(), randomBytes(10)),
      statusUri: `${GW}/status/tokens`,
    });
    const warn = (event: string, fields?: unknown): void => void said.push([event, fields]);
    const logger = { info: () => undefined, warn, error: () => undefined };
    const randomText = (bytes: number): string => randomBytes(bytes).toString("base64url");
    return makeRoster({ ...{ agents, store, core, tokens, crypto, kid: signer.kid, now, randomText, logger } });
  }
  const off = (who: Parameters<Roster["disable"]>[0]["who"] = { agent: AGENT }, reason = "Left") =>
    roster.disable({ who, reason, by: "alex" });
  const configLeaves = () =>
    world.core.store
      .leavesFrom(0, 1000)
      .filter(({ type }) => type === "config")
      .map(({ obj }) => obj);

  it("serves a registered agent until it is switched off, and never again: not after a restart either", () => {
    expect([roster.serving(AGENT)?.sub, roster.serving("urn:nobody")]).toEqual([AGENT, undefined]);
    off();
    expect(roster.serving(AGENT)).toBeUndefined();
    world.reopen();
    roster = rosterOf();
    expect(roster.serving(AGENT)).toBeUndefined();
    expect(roster.serving(OTHER)?.sub).toBe(OTHER);
  });

  it("what was being gathered when its agent was switched off is put before nobody", async () => {
    let go = (): void => undefined;
    gathering = new Promise((done) => (go = done));
    const asked = world.core.raise(makeDraft());
    off();
    go();
    expect(await asked).toMatchObject({ kind: "refused", code: "E_AGENT_UNKNOWN" });
    expect(world.core.store.requestsIn(["open"])).toEqual([]);
    expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "refused", code: "E_AGENT_UNKNOWN" });
  });

  it("revokes what was approved and has not begun, and says to everybody why", async () => {
    gathering = Promise.resolve();
    const rid = await raised(world, makeDraft());
    decide(world, world.person("lee"), rid, "approve");
    expect(off()).toMatchObject([{ revoked: [rid] }]);
    const resolved = world.core.store.events(rid).filter(({ name }) => name === "request-resolved");
    const { events } = readStored("event", resolved.at(-1)!.jws);
    expect(events[eventUri("request-resolved")]).toMatchObject({ outcome: "revoked", reason: "offboarded" });
  });

  it("keeps the record that the log's entry is the digest of, once; the gateway's log and event name the agent alone", () => {
    const told: unknown[] = [];
    world.core.events.on("agent-disabled", (event) => told.push(event));
    off();
    off(undefined, "Another reason");
    const [obj, second] = configLeaves();
    expect(second).toBeUndefined();
    const kept = world.core.store.published(obj!);
    expect(dig(crypto, kept!.text)).toBe(obj);
    expect(JSON.parse(kept!.text)).toMatchObject({ agent: AGENT, reason: "Left", by: "alex", at: world.now() });
    expect(said).toEqual([["agent.disabled", { agent: AGENT }]]);
    expect(told).toEqual([{ agent: AGENT }]);
  });

  it("an owner's or a vendor's agents go together, by the whole name only; an unknown one ends nothing", () => {
    expect(off({ vendor: "vendor" }).map(({ agent }) => agent)).toEqual([AGENT]);
    expect(off({ owner: "urn:owner:two" }).map(({ agent }) => agent)).toEqual([OTHER]);
    for (const who of [{ vendor: "vend" }, { owner: "urn:owner" }, { agent: "urn:nobody" }]) {
      expect(() => off(who)).toThrow(expect.objectContaining({ code: "E_AGENT_UNKNOWN" }));
    }
    for (const reason of [" ", "x".repeat(501)]) {
      expect(() => off(undefined, reason)).toThrow(expect.objectContaining({ code: "E_CLI_INPUT" }));
    }
    expect(configLeaves()).toHaveLength(2);
  });

  it("reports what an agent did and as what it is known, also one that is in the list no more", async () => {
    expect(roster.report(AGENT)).toMatchObject({ revisions: 0, models: [], paused: false });
    expect(roster.report(AGENT)).not.toHaveProperty("first_at");
    const at = world.now();
    await world.core.raise(makeDraft());
    const denied = await world.core.raise(makeDraft());
    if (denied.kind !== "pending") throw new Error(denied.kind);
    world.core.withdraw(denied.rid, AGENT, "agent");
    expect(roster.report(AGENT)).toEqual({
      agent: AGENT,
      registered: {
        ...{ name: "Anticoagulation assistant", owner: agents[0]!.owner, model: "vendor/model@2026-05", keys: 0 },
        environment: "production",
      },
      paused: false,
      models: [{ value: "vendor/model@2026-05", first_at: at }],
      environments: [{ value: "production", first_at: at }],
      requests: { open: 1, withdrawn: 1 },
      actions: { "urn:countersign:action:order.create": 2 },
      revisions: 2,
      executions: {},
      tokens: { issued: 0, used: 0, revoked: 0 },
      ...{ first_at: at, last_at: at },
    });
    const [ended] = off();
    expect(ended).toMatchObject({ already: false, withdrawn: [expect.any(String)], revoked: [], tokens: [] });
    expect(ended!.report).toMatchObject({ requests: { withdrawn: 2 }, disabled_at: at, disabled_for: "Left" });
    expect(() => roster.report("urn:nobody")).toThrow(expect.objectContaining({ code: "E_AGENT_UNKNOWN" }));
    expect(roster.list().map(({ agent, disabled_at }) => [agent, disabled_at])).toEqual([
      ...[
        [AGENT, at],
        [OTHER, undefined],
      ],
    ]);
  });

  it.each([
    ["one agent", { agent: AGENT }],
    ["one type of action", { type: "urn:countersign:action:order.create" }],
    ["everything", { type: "*" }],
  ])(
    "stops %s: what waits, what was approved and what is asked next, over a restart, until it is resumed",
    async (_what, what) => {
      const [waits, held] = [await raised(world, makeDraft()), await raised(world, makeDraft())];
      decide(world, world.person("lee"), held, "approve");
      const order = { what, reason: "Incident 4711", by: "alex" };
      expect(roster.halt(order)).toEqual({ withdrawn: [waits], revoked: [held] });
      expect([world.core.status(waits)?.state, world.core.status(held)?.state]).toEqual(["withdrawn", "revoked"]);
      world.reopen();
      roster = rosterOf();
      expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "refused", code: "E_AGENT_PAUSED" });
      const [entry] = configLeaves();
      const kept = JSON.parse(world.core.store.published(entry!)!.text) as object;
      expect(kept).toMatchObject({
        format: "countersign-agent-halted/1",
        ...what,
        reason: "Incident 4711",
        by: "alex",
      });
      expect(said).toEqual([["agent.halted", what]]);
      roster.resume(order);
      expect(await world.core.raise(makeDraft())).toMatchObject({ kind: "pending" });
      expect(configLeaves()).toHaveLength(2);
    },
  );

  it.each([[{ agent: AGENT }], [{ type: "urn:countersign:action:order.create" }], [{ type: "*" }]])(
    "has what was begun taken back where that is possible yet: %o",
    async (what) => {
      const begun = await raised(world, makeDraft());
      decide(world, world.person("lee"), begun, "approve");
      world.clock.advance(60_000);
      expect(world.core.executions.start(begun)).toBeDefined();
      const stopped: unknown[] = [];
      world.core.events.on("stopped", ({ rid }: { readonly rid: string }) => stopped.push(rid));
      roster.halt({ what: { agent: OTHER }, reason: "x", by: "alex" });
      roster.halt({ what: { type: "urn:countersign:action:referral.create" }, reason: "x", by: "alex" });
      expect(stopped).toEqual([]);
      expect(roster.halt({ what, reason: "x", by: "alex" })).toEqual({ withdrawn: [], revoked: [] });
      expect(stopped).toEqual([begun]);
    },
  );

  it("stops nothing else, begins nothing that is stopped, and guesses nothing", async () => {
    const rid = await raised(world, makeDraft());
    roster.halt({ what: { agent: OTHER }, reason: "x", by: "alex" });
    roster.halt({ what: { type: "urn:countersign:action:referral.create" }, reason: "x", by: "alex" });
    expect(world.core.status(rid)?.state).toBe("open");
    decide(world, world.person("lee"), rid, "approve");
    world.core.store.write((tx) => tx.pause("agent", AGENT, world.now()));
    world.clock.advance(60_000);
    expect(world.core.executions.start(rid)).toBeUndefined();
    for (const order of [
      { what: { agent: "urn:nobody" }, reason: "x" },
      { what: { agent: AGENT }, reason: " " },
    ]) {
      expect(() => roster.halt({ ...order, by: "alex" })).toThrow(CountersignError);
    }
  });
});
