import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { runExecutions, type Runner } from "../../../gateway/executor/run.ts";
import { crypto, makeRunKit, type RunKit } from "./kit.ts";

const BASE = "https://fhir.example/r4";
const OPERATION = { method: "POST", url: `${BASE}/Observation`, body: '{"resourceType":"Observation"}' } as const;

describe("an approved action that waits to be sent again", () => {
  let kit: RunKit;
  let runner: Runner;
  let sent: number;
  beforeEach(() => {
    kit = makeRunKit(BASE);
    sent = 0;
    const { executions, events, store, tokens } = kit.at;
    const absent = { kind: "absent", why: "Nobody there." } as const;
    runner = runExecutions({
      ...{ executions, events, store, tokens, crypto, clock: kit.clock },
      executor: {
        execute: () => Promise.resolve(sent++ === 0 ? absent : { kind: "done", status: 201, body: "{}" }),
        find: () => Promise.resolve(absent),
      },
    });
  });
  afterEach(async () => {
    await runner.close();
    kit.close();
  });
  /** The first sending has not arrived, and its wait has begun. */
  async function waiting(): Promise<string> {
    const rid = kit.approve(OPERATION);
    kit.at.events.emit("execute", { rid });
    await new Promise((done) => setImmediate(done));
    expect([sent, kit.state(rid)]).toEqual([1, "executing"]);
    return rid;
  }

  it("is sent again where nothing was stopped", async () => {
    const rid = await waiting();
    kit.clock.advance(1000);
    await runner.idle();
    expect([sent, kit.state(rid)]).toEqual([2, "completed"]);
  });

  it.each(["agent", "type"] as const)("gets no token and is not sent, once its %s is stopped", async (kind) => {
    const rid = await waiting();
    const { agent } = kit.at.store.currentRequest(rid)!;
    kit.at.store.write((tx) => tx.pause(kind, kind === "agent" ? agent : "*", kit.now()));
    kit.clock.advance(1000);
    await runner.idle();
    expect([sent, kit.state(rid), kit.at.store.tokensOf(rid).length]).toEqual([1, "failed", 1]);
  });

  it("is not sent where it was stopped meanwhile, resumed or not", async () => {
    const rid = await waiting();
    kit.at.events.emit("stopped", { rid });
    kit.clock.advance(1000);
    await runner.idle();
    expect([sent, kit.state(rid)]).toEqual([1, "failed"]);
    expect(JSON.stringify(kit.at.finished)).toContain("It was stopped. Nothing was executed.");
  });
});
