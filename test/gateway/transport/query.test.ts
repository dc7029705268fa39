import { expect, it } from "vitest";

import { gatewayBodies } from "#shared/protocol/messages.ts";

import { startGateway } from "./harness.ts";

it("answers history.query with what is addressed to the asker", async () => {
  const { ready, memory } = await startGateway();
  memory.person("lee");
  const other = memory.person("other", { pools: ["surgery"] });
  const request = memory.raise();
  const client = await ready(memory.person("kim"));
  const page = await client.ask("history.query", { from: 0, to: 2_000_000_000, limit: 10, rid: request.rid });
  expect(gatewayBodies["history.page"].parse(page.body).items).toHaveLength(1);
  const outsider = await ready(other);
  const nothing = await outsider.ask("history.query", { from: 0, to: 2_000_000_000, limit: 10 });
  expect(nothing.body["items"]).toEqual([]);
});

it("refuses a filter it cannot read instead of returning more than was asked", async () => {
  const { ready } = await startGateway();
  const client = await ready();
  const query = { from: 0, to: 1, limit: 1 };
  expect((await client.ask("history.query", { ...query, state: "undone" })).body).toMatchObject({ code: "E_QUERY" });
  expect((await client.ask("history.query", { ...query, limit: 101 })).body).toMatchObject({ code: "E_CLM_SHAPE" });
});

it("says E_INTERNAL when an answer is larger than a client accepts", async () => {
  const { ready, memory, logged } = await startGateway();
  memory.core.history = () => ({ items: [{ request: "x".repeat(300_000) }] });
  const client = await ready();
  expect((await client.ask("history.query", { from: 0, to: 1, limit: 1 })).body).toMatchObject({ code: "E_INTERNAL" });
  expect(logged.map(({ event }) => event)).toContain("ws.oversize");
});

it("passes the log's proofs and its refusals on", async () => {
  const { ready } = await startGateway();
  const client = await ready();
  const proof = await client.ask("log.proof", { index: 0 });
  expect(gatewayBodies["log.proof"].parse(proof.body).proof).toContain("tlog-proof");
  expect((await client.ask("log.proof", { index: 7 })).body).toMatchObject({ code: "E_LOG_RANGE" });
  expect((await client.ask("log.proof", {})).body).toMatchObject({ code: "E_CLM_SHAPE" });
  const consistency = await client.ask("log.consistency", { from: 1, to: 1 });
  expect(gatewayBodies["log.consistency"].parse(consistency.body)).toEqual({ from: 1, to: 1, hashes: [] });
  expect((await client.ask("log.consistency", { from: 0, to: 1 })).body).toMatchObject({ code: "E_LOG_RANGE" });
});

it("answers ping with the gateway's own times", async () => {
  const { ready, clock } = await startGateway();
  const client = await ready();
  clock.advance(5);
  const { body } = await client.ask("ping", { t0: 1 });
  expect(body).toEqual({ t0: 1, t1: clock.nowMs(), t2: clock.nowMs() });
});
