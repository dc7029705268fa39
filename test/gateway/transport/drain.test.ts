import { expect, it } from "vitest";

import { startGateway } from "./harness.ts";
import { makeDecision } from "./signed-by-people.ts";

it("tells ready clients when to come back, still answers a decision, refuses newcomers, then closes 4503", async () => {
  const { ready, memory, clock, serving, connect } = await startGateway({ limits: { drainMs: 500 } });
  const lee = memory.person("lee");
  const client = await ready(lee);
  const request = memory.raise();
  const closing = serving.close("update");
  const drain = await client.next("drain");
  expect(drain.body).toEqual({ reconnect_after_ms: 2500, reason: "update" });
  await expect(connect()).rejects.toThrow();
  const answer = await client.ask("decision.submit", { jws: makeDecision(lee, request, clock.nowMs()) });
  expect(answer.type).toBe("decision.receipt");
  clock.advance(500);
  expect((await client.closed).code).toBe(4503);
  await closing;
});

it("closes clients that are not ready at once", async () => {
  const { connect, serving } = await startGateway({ limits: { drainMs: 60_000 } });
  const client = await connect();
  await client.hello();
  const closing = serving.close();
  expect((await client.closed).code).toBe(4503);
  await closing;
});

it("cuts a client that does not answer the closing handshake", async () => {
  const { ready, serving, clock } = await startGateway({ limits: { drainMs: 0 } });
  const client = await ready();
  client.ws.pause();
  const closing = serving.close();
  clock.advance(5_000);
  await closing;
  expect(serving.connections()).toBe(0);
});

it("lets go of the core: nobody listens any more, and closing twice is closing once", async () => {
  const { ready, memory, serving } = await startGateway();
  await ready();
  const before = memory.listeners();
  await Promise.all([serving.close(), serving.close()]);
  expect([before, memory.listeners(), memory.core.events.listenerCount("checkpoint")]).toEqual([2, 0, 0]);
});
