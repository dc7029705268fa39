import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { fhirExecutor } from "../../../gateway/executor/fhir.ts";
import { runExecutions, type Runner } from "../../../gateway/executor/run.ts";
import type { ExecutorPort } from "../../../gateway/ports.ts";
import { crypto, makeRunKit, type OperationText, type RunKit } from "./kit.ts";

describe("carrying approved requests out", () => {
  let server: FhirServer;
  let kit: RunKit;
  let runner: Runner | undefined;
  let cut: "before" | "after" | undefined;
  let tokensAtServer: string[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    server = await startFhirServer({
      port: 0,
      seed: [{ resourceType: "Basic", id: "b", code: { text: "x" } }],
      cut: () => cut,
      authorize({ headers }) {
        const token = headers.authorization?.replace("Bearer ", "") ?? "";
        tokensAtServer.push(token);
        return kit.at.tokens.introspect(token).active ? undefined : "The token is not active.";
      },
    });
  }, 60_000);
  afterAll(() => server.close());
  beforeEach(() => {
    kit = makeRunKit(server.baseUrl);
    tokensAtServer = [];
    cut = undefined;
    faults.length = 0;
  });
  afterEach(async () => {
    await runner?.close();
    kit.close();
  });

  const create = (text: string): OperationText => ({
    method: "POST",
    url: `${server.baseUrl}/Basic`,
    body: `{ "resourceType":"Basic", "code":{"text":"${text}"},"extension":[{"url":"urn:x","valueDecimal":2.50}]}`,
  });
  const run = (over: Partial<Parameters<typeof runExecutions>[0]> = {}): Runner => {
    const { executions, events, store, tokens } = kit.at;
    runner = runExecutions({
      ...{ executions, events, store, tokens, crypto, clock: kit.clock },
      executor: fhirExecutor({ baseUrl: server.baseUrl }),
      retryAfterMs: [1000, 1000],
      onFault: (code) => faults.push(code),
      ...over,
    });
    return runner;
  };
  const execute = async (rid: string): Promise<void> => {
    kit.at.events.emit("execute", { rid });
    await runner?.idle();
  };
  const bytesSent = () => server.wire.filter((w) => w.body.includes('"Basic"')).map((w) => w.body.toString());

  it("sends the approved bytes with a live token, finishes, and leaves the token dead", async () => {
    const operation = create("one");
    const rid = kit.approve(operation);
    run();
    await execute(rid);
    expect(bytesSent().at(-1)).toBe(operation.body);
    expect(kit.state(rid)).toBe("completed");
    expect(kit.at.finished).toEqual([
      {
        exec_id: `${rid}.1`,
        outcome: expect.objectContaining({
          kind: "done",
          status: 201,
          resource: expect.stringMatching(/^Basic\/[^/]+$/) as string,
          resource_dig: expect.stringMatching(/^sha-256:/) as string,
        }) as object,
      },
    ]);
    expect(kit.at.tokens.introspect(tokensAtServer[0]!)).toEqual({ active: false });
    expect(kit.at.leaves()).toEqual(["token-issued", "token-used", "token-revoked"]);
  });

  it("executes once, however often it is told", async () => {
    const operation = create("once");
    const rid = kit.approve(operation);
    run();
    kit.at.events.emit("execute", { rid });
    kit.at.events.emit("execute", { rid });
    await execute(rid);
    expect(bytesSent().filter((body) => body === operation.body)).toHaveLength(1);
  });

  it("starts nothing when the gate stays shut", async () => {
    const operation = create("gate");
    const rid = kit.approve(operation);
    kit.shutGate(rid);
    run();
    await execute(rid);
    expect(bytesSent()).not.toContain(operation.body);
    expect([kit.state(rid), faults]).toEqual(["approved", ["E_QRM_GATE"]]);
  });

  it("ends as failed when the server refuses", async () => {
    const rid = kit.approve({ ...create("r"), body: '{"resourceType":"Basic"}' });
    run();
    await execute(rid);
    expect(kit.state(rid)).toBe("failed");
    expect(kit.at.finished[0]?.outcome).toMatchObject({ kind: "refused", status: 400 });
    expect(kit.at.leaves().at(-1)).toBe("token-revoked");
  });

  it("says unknown, sends nothing again and kills the token when the answer is lost", async () => {
    const operation = create("lost");
    const rid = kit.approve(operation);
    cut = "after";
    run();
    await execute(rid);
    expect(kit.at.finished[0]?.outcome).toMatchObject({ kind: "unknown" });
    expect(bytesSent().filter((body) => body === operation.body)).toHaveLength(1);
    expect(kit.at.tokens.introspect(tokensAtServer[0]!)).toEqual({ active: false });
  });

  /** Arrives at nothing so often, then at the server. */
  const unreachable = (times: number): ExecutorPort => {
    const real = fhirExecutor({ baseUrl: server.baseUrl });
    let left = times;
    return {
      find: (input) => real.find(input),
      execute: (input) =>
        left-- > 0 ? Promise.resolve({ kind: "absent", why: "Nobody there." }) : real.execute(input),
    };
  };
  /** Lets what was promised happen, then moves the clock. */
  const later = async (ms: number): Promise<void> => {
    await new Promise((done) => setImmediate(done));
    kit.clock.advance(ms);
  };

  it("does not send again what never arrived, once its agent is switched off", async () => {
    const operation = create("left");
    const rid = kit.approve(operation);
    run({ executor: unreachable(1) });
    kit.at.events.emit("execute", { rid });
    kit.at.store.write((tx) => tx.disableAgent("urn:agent:test", "d", kit.now()));
    await later(1000);
    await runner?.idle();
    expect(kit.state(rid)).toBe("failed");
    expect(bytesSent().filter((body) => body === operation.body)).toEqual([]);
  });

  it("sends again what certainly never arrived, each time with a fresh token", async () => {
    const operation = create("again");
    const rid = kit.approve(operation);
    run({ executor: unreachable(2) });
    kit.at.events.emit("execute", { rid });
    await later(1000);
    await later(1000);
    await runner?.idle();
    expect(kit.state(rid)).toBe("completed");
    expect(bytesSent().filter((body) => body === operation.body)).toHaveLength(1);
    expect(kit.at.store.tokensOf(rid).map(({ reason }) => reason)).toEqual(["unused", "unused", "completed"]);
  });

  it("gives up after its waits and says that nothing was executed", async () => {
    const rid = kit.approve(create("never"));
    run({ executor: unreachable(9) });
    kit.at.events.emit("execute", { rid });
    await later(1000);
    await later(1000);
    await runner?.idle();
    expect(kit.at.finished[0]?.outcome).toMatchObject({ kind: "refused", status: 503 });
    expect(JSON.stringify(kit.at.finished[0])).toContain("Nothing was executed.");
  });

  it("sends nothing once the grant has ended between two attempts", async () => {
    const rid = kit.approve(create("ended"), { grantUntil: kit.now() + 1 });
    run({ executor: unreachable(1) });
    kit.at.events.emit("execute", { rid });
    await later(1000);
    await runner?.idle();
    expect(kit.at.finished[0]?.outcome).toMatchObject({ kind: "refused", status: 503 });
    expect(kit.at.store.tokensOf(rid)).toHaveLength(1);
  });

  it("kills tokens when an approval is revoked", () => {
    const rid = kit.approve(create("revoked"));
    run();
    const issued = kit.at.tokens.mint(kit.at.executions.start(rid)!);
    kit.at.events.emit("revoked", { rid });
    expect(kit.at.tokens.introspect(issued.token)).toEqual({ active: false });
  });

  it("leaves what it could not send to the next start when it is closed", async () => {
    const operation = create("closed");
    const rid = kit.approve(operation);
    const first = run({ executor: unreachable(9) });
    kit.at.events.emit("execute", { rid });
    await new Promise((done) => setImmediate(done));
    await first.close();
    expect(kit.state(rid)).toBe("executing");
    kit.reopen();
    await run().recovered;
    expect(kit.state(rid)).toBe("completed");
    expect(bytesSent().filter((body) => body === operation.body)).toHaveLength(1);
  });

  describe("after a crash", () => {
    /** Killed while the answer was on its way: started, perhaps sent, never finished. */
    const crash = async (operation: OperationText, when: "before" | "after" | "unsent"): Promise<string> => {
      const rid = kit.approve(operation);
      const started = kit.at.executions.start(rid)!;
      if (when !== "unsent") {
        const issued = kit.at.tokens.mint(started);
        kit.at.tokens.use(issued);
        cut = when;
        const { op } = started.request.action;
        await fhirExecutor({ baseUrl: server.baseUrl }).execute({
          operation: op,
          execution_id: started.exec_id,
          token: issued.token,
        });
        cut = undefined;
      }
      kit.reopen();
      return rid;
    };

    it("finishes what was done and does not do it again", async () => {
      const operation = create("crash-after");
      const rid = await crash(operation, "after");
      await run().recovered;
      expect(kit.state(rid)).toBe("completed");
      expect(bytesSent().filter((body) => body === operation.body)).toHaveLength(1);
      expect(kit.at.store.tokensOf(rid).map(({ revoked_at }) => revoked_at !== undefined)).toEqual([true]);
    });

    it.each(["before", "unsent"] as const)("does what certainly was not done (%s)", async (when) => {
      const operation = create(`crash-${when}`);
      const rid = await crash(operation, when);
      await run().recovered;
      expect(kit.state(rid)).toBe("completed");
      const found = await fetch(`${server.baseUrl}/Basic?_count=1000`);
      expect((await found.text()).split(`"crash-${when}"`).length - 1).toBe(1);
    });

    it("leaves what nobody can tell to a person, and never sends it again", async () => {
      const operation = create("crash-unknown");
      const rid = await crash(operation, "after");
      const real = fhirExecutor({ baseUrl: server.baseUrl });
      await run({ executor: { ...real, find: () => Promise.resolve({ kind: "unknown", why: "?" }) } }).recovered;
      expect(kit.state(rid)).toBe("failed");
      expect(kit.at.finished[0]?.outcome).toMatchObject({ kind: "unknown" });
      expect(bytesSent().filter((body) => body === operation.body)).toHaveLength(1);
    });

    it("sends nothing for an approval that no longer holds, but still finds out what was done", async () => {
      const [done, open] = [create("gate-done"), create("gate-open")];
      const first = await crash(done, "after");
      const second = await crash(open, "before");
      kit.shutGate(second);
      const sent = bytesSent().length;
      await run().recovered;
      expect([kit.state(first), kit.state(second)]).toEqual(["completed", "failed"]);
      expect(bytesSent()).toHaveLength(sent);
      expect(faults).toEqual(["E_QRM_GATE"]);
    });

    it("takes its own earlier change for done when a conditional change meets it", async () => {
      const before = await (await fetch(`${server.baseUrl}/Basic/b`)).text();
      const version = (JSON.parse(before) as { meta: { versionId: string } }).meta.versionId;
      const rid = await crash(
        {
          ...{ method: "PATCH", url: `${server.baseUrl}/Basic/b`, media: "application/json-patch+json" },
          ...{ body: '[{"op":"replace","path":"/code/text","value":"y"}]', if_match: `W/"${version}"`, before },
        },
        "after",
      );
      const real = fhirExecutor({ baseUrl: server.baseUrl });
      const noKeys: typeof globalThis.fetch = (input, init) => {
        const headers = new Headers(init?.headers);
        headers.delete("idempotency-key");
        return fetch(input, { ...init, headers });
      };
      const keyless = fhirExecutor({ baseUrl: server.baseUrl, fetch: noKeys });
      let asked = 0;
      const executor: ExecutorPort = {
        execute: (input) => keyless.execute(input),
        find: (input) => (asked++ === 0 ? Promise.resolve({ kind: "absent", why: "not yet" }) : real.find(input)),
      };
      await run({ executor }).recovered;
      expect(kit.state(rid)).toBe("completed");
    });
  });
});
