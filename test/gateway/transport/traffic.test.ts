import { expect, it } from "vitest";
import WebSocket from "ws";

import type { Traffic } from "../../../gateway/transport/traffic.ts";
import { startGateway } from "./harness.ts";

/** A gateway whose traffic is written down as it is told. */
async function counting() {
  const told: string[] = [];
  const traffic: Traffic = {
    message: (type) => told.push(type),
    refused: (door, code) => told.push(`${door} ${code}`),
  };
  return { ...(await startGateway({ traffic })), told };
}

it("tells every well-formed message by its type, and every error message by its code, each once", async () => {
  const { connect, ready, told } = await counting();
  const client = await connect();
  await client.ask("subscribe", { feeds: ["me"], cursor: null, credit: 1 });
  client.ws.send("{");
  await client.next("error");
  expect(told).toEqual(["subscribe", "feed E_AUTH_REQUIRED", "feed E_FMT_JSON"]);
  told.length = 0;
  const lee = await ready();
  await lee.ask("decision.submit", { jws: "not a jws" });
  await lee.ask("nonsense");
  expect(told).toEqual(["hello", "auth", "decision.submit", "feed E_FMT_JWS", "nonsense", "feed E_TYPE_UNKNOWN"]);
});

it("tells of upgrades and posted decisions that are refused", async () => {
  const { serving, told } = await counting();
  const page = new WebSocket(serving.wsUrl, "countersign.v1", { origin: "https://page.example" });
  await new Promise<void>((done) => page.on("error", () => done()));
  const headers = { "Content-Type": "application/countersign-decision+jwt" };
  await fetch(`${serving.url}/countersign/v1/decisions`, { method: "POST", body: "x", headers });
  expect(told).toEqual(["upgrade E_ORIGIN", "https E_FMT_JWS"]);
});
