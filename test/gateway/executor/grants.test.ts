import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { fhirExecutor } from "../../../gateway/executor/fhir.ts";
import {
  attemptsAt,
  localGrants,
  REPORT_WITHIN_MS,
  reportedGrants,
  type Grants,
} from "../../../gateway/executor/grants.ts";
import { makeHandOut, type HandOut } from "../../../gateway/executor/hand-out.ts";
import { runExecutions, type Runner } from "../../../gateway/executor/run.ts";
import type { ExecutionResult } from "../../../gateway/ports.ts";
import { crypto, makeRunKit, type RunKit } from "./kit.ts";

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const BASE = "https://fhir.example/r4";
const OPERATION = { method: "POST", url: `${BASE}/Observation`, body: '{"resourceType":"Observation"}' } as const;

describe("a use that an adapter on another host took", () => {
  let kit: RunKit;
  let handOut: HandOut;
  let runner: Runner;
  let grants: Grants;
  let found: ExecutionResult;

  const start = (): void => {
    const { executions, events, store, tokens } = kit.at;
    const executor = { ...fhirExecutor({ baseUrl: BASE }), find: async () => found };
    const { clock } = kit;
    handOut = makeHandOut(clock, () => true, true);
    runner = runExecutions({ executions, events, store, tokens, crypto, clock, executor, handOut });
    grants = reportedGrants(localGrants({ tokens, handOut, logger }), { handOut, tokens, clock, executor });
  };
  beforeEach(() => {
    kit = makeRunKit(BASE);
    found = { kind: "absent", why: "It is not there." };
    start();
  });
  afterEach(async () => {
    await runner.close();
    kit.close();
  });
  const taken = async () => {
    const rid = kit.approve(OPERATION, { jkt: "k".repeat(43) });
    kit.at.events.emit("execute", { rid });
    const { token } = handOut.byRequest(rid)!.issued;
    expect(await grants.take(token)).toBe(`${rid}.1`);
    expect(await grants.take(token)).toBeUndefined();
    return { rid, token };
  };

  it.each<[string, ExecutionResult, string, string | undefined]>([
    ["was done", { kind: "done", status: 201, body: "{}" }, "completed", "done"],
    ["cannot be found", { kind: "absent", why: "It is not there." }, "failed", "unknown"],
  ])("is asked for when nobody reports it: what %s", async (_what, state, ended, kind) => {
    const { rid, token } = await taken();
    found = state;
    kit.clock.advance(REPORT_WITHIN_MS - 1);
    expect(kit.state(rid)).toBe("executing");
    kit.clock.advance(1);
    await runner.idle();
    expect([kit.state(rid), kit.at.finished.at(-1)?.outcome.kind]).toEqual([ended, kind]);
    expect(kit.at.tokens.introspect(token).active).toBe(false);
  });

  it("ends once with what was reported, whatever is found later", async () => {
    const { rid, token } = await taken();
    await grants.end(token, { kind: "refused", status: 409, body: "{}" });
    await runner.idle();
    kit.clock.advance(REPORT_WITHIN_MS);
    expect([kit.state(rid), kit.at.finished.length]).toEqual(["failed", 1]);
  });

  it("is ended by the attempt that took it, never by the late report of one that did not", async () => {
    const rid = kit.approve(OPERATION, { jkt: "k".repeat(43) });
    kit.at.events.emit("execute", { rid });
    const { token } = handOut.byRequest(rid)!.issued;
    const attempts = attemptsAt(grants, kit.clock);
    await attempts.end(token, "first", { kind: "absent", why: "The gateway was away." });
    expect(await attempts.take(token, "second")).toBe(`${rid}.1`);
    await attempts.end(token, "first", { kind: "absent", why: "The gateway was away." });
    expect(kit.state(rid)).toBe("executing");
    await attempts.end(token, "second", { kind: "done", status: 201, body: "{}" });
    await runner.idle();
    expect([kit.state(rid), kit.at.finished.at(-1)?.outcome.kind]).toEqual(["completed", "done"]);
  });

  it("is never offered again after a restart: who took it may be sending yet", async () => {
    const { rid } = await taken();
    kit.reopen();
    start();
    await runner.recovered;
    await runner.idle();
    expect(handOut.byRequest(rid)).toBeUndefined();
    expect([kit.state(rid), kit.at.finished.at(-1)?.outcome.kind]).toEqual(["failed", "unknown"]);
  });

  it("is not said to have never arrived where the gate is shut at the next start", async () => {
    const { rid } = await taken();
    kit.shutGate(rid);
    kit.reopen();
    start();
    await runner.recovered;
    expect([kit.state(rid), kit.at.finished.at(-1)?.outcome.kind]).toEqual(["failed", "unknown"]);
  });

  it("does not keep a gateway from closing, which nobody can report to any more; the next start asks", async () => {
    const { rid } = await taken();
    await runner.close();
    expect(kit.state(rid)).toBe("executing");
    found = { kind: "done", status: 201, body: "{}" };
    kit.reopen();
    start();
    await runner.recovered;
    expect([kit.state(rid), kit.at.finished.at(-1)?.outcome.kind]).toEqual(["completed", "done"]);
  });

  it("ends with a report that comes while the hospital system is still being asked", async () => {
    const rid = kit.approve(OPERATION, { jkt: "k".repeat(43) });
    kit.at.events.emit("execute", { rid });
    const { token } = handOut.byRequest(rid)!.issued;
    const attempts = attemptsAt(grants, kit.clock);
    await attempts.take(token, "one");
    kit.clock.advance(REPORT_WITHIN_MS);
    await attempts.end(token, "one", { kind: "done", status: 201, body: "{}" });
    await runner.idle();
    expect([kit.state(rid), kit.at.finished.at(-1)?.outcome.kind]).toEqual(["completed", "done"]);
  });

  it("is not taken where nobody would ask what became of it", async () => {
    const { clock } = kit;
    const tokens = {
      read: () => {
        throw new CountersignError("E_STORE_FULL");
      },
    };
    const executor = { find: async () => found };
    const local = localGrants({ tokens: kit.at.tokens, handOut, logger });
    const rid = kit.approve(OPERATION, { jkt: "k".repeat(43) });
    kit.at.events.emit("execute", { rid });
    const offer = handOut.byRequest(rid)!;
    const failing = reportedGrants(local, { handOut, tokens, clock, executor });
    await expect(failing.take(offer.issued.token)).rejects.toMatchObject({ code: "E_STORE_FULL" });
    expect(await grants.take(offer.issued.token)).toBe(offer.exec_id);
    await grants.end(offer.issued.token, { kind: "refused", status: 409, body: "" });
  });

  it("gives a token no longer a life than policy says", () => {
    const rid = kit.approve(OPERATION, { jkt: "k".repeat(43) });
    const started = kit.at.executions.start(rid)!;
    const { policy } = started.request;
    const request = { ...started.request, policy: { ...policy, grant_ttl_max: 20 } };
    expect(kit.at.tokens.mint({ ...started, request }).exp).toBe(kit.now() + 20);
  });
});
