import { once } from "node:events";
import { connect } from "node:net";

import { describe, expect, it } from "vitest";
import WebSocket from "ws";

import { SUBPROTOCOL } from "#shared/protocol/names.ts";

import type { ServeOptions } from "../../../gateway/transport/serve.ts";
import { startGateway } from "./harness.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** A handshake by hand: what a browser or an attacker can send and `ws` would not. Returns the gateway's answer. */
async function handshake(wsUrl: string, headers: Record<string, string>, path?: string): Promise<string> {
  const url = new URL(wsUrl);
  const socket = connect(Number(url.port), url.hostname);
  const lines = Object.entries({
    Host: url.host,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": SUBPROTOCOL,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${path ?? url.pathname} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  let answer = "";
  socket.on("error", () => undefined);
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
    if (answer.startsWith("HTTP/1.1 101")) socket.destroy();
  });
  await once(socket, "close");
  return answer;
}

const open = async (options: Partial<ServeOptions> = {}) => await startGateway(options);

describe("upgrade (protocol.md 3.4.1, 3.22)", () => {
  it("accepts a native client: subprotocol, no Origin, no compression, no cookie", async () => {
    const { serving } = await open();
    const answer = await handshake(serving.wsUrl, { "Sec-WebSocket-Extensions": "permessage-deflate" });
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toMatch(/^sec-websocket-protocol: countersign\.v1\r$/im);
    expect(answer).not.toMatch(/extensions|set-cookie/i);
  });

  it.each([
    ["none", ""],
    ["another", "graphql-transport-ws"],
    ["a later version only", "countersign.v2"],
  ])("answers HTTP 400 when the subprotocol is %s", async (_name, protocol) => {
    const { serving } = await open();
    expect(await handshake(serving.wsUrl, { "Sec-WebSocket-Protocol": protocol })).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("chooses countersign.v1 among several subprotocols", async () => {
    const { serving } = await open();
    const answer = await handshake(serving.wsUrl, { "Sec-WebSocket-Protocol": "countersign.v2, countersign.v1" });
    expect(answer).toMatch(/^sec-websocket-protocol: countersign\.v1\r$/im);
  });

  it.each([
    ["a foreign page", { Origin: "https://evil.example" }],
    ["a page without an origin of its own", { Origin: "null" }],
    [
      "a foreign page with the header of version 8",
      { "Sec-WebSocket-Version": "8", "Sec-WebSocket-Origin": "https://evil.example" },
    ],
    ["an origin that only begins like an allowed one", { Origin: "https://console.northgate.example.evil.example" }],
  ])("answers HTTP 403 to %s, with cookies or not (cross-site WebSocket hijacking)", async (_name, headers) => {
    const { serving, logged } = await open({ allowedOrigins: ["https://console.northgate.example"] });
    const answer = await handshake(serving.wsUrl, { ...headers, Cookie: "session=1" });
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain('"code":"E_ORIGIN"');
    expect(logged).toContainEqual({ event: "ws.refused", fields: { status: 403, code: "E_ORIGIN" } });
  });

  it("accepts an origin on the list", async () => {
    const { serving } = await open({ allowedOrigins: ["https://console.northgate.example"] });
    const answer = await handshake(serving.wsUrl, { Origin: "https://console.northgate.example" });
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
  });

  it("answers HTTP 404 at every other path", async () => {
    const { serving } = await open();
    expect(await handshake(serving.wsUrl, {}, "/")).toMatch(/^HTTP\/1\.1 404 /);
    expect(await handshake(serving.wsUrl, {}, "//evil:80:80/")).toMatch(/^HTTP\/1\.1 40[04] /);
  });

  it("answers HTTP 431 to headers larger than the limit", async () => {
    const { serving } = await open();
    expect(await handshake(serving.wsUrl, { "X-Big": "x".repeat(9000) })).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("answers HTTP 429 to one socket too many of one address, and admits again when one left", async () => {
    const { serving, connect: join, memory, clock } = await open({ limits: { perAddress: 2 } });
    const first = await join();
    await first.signIn(memory.person("lee"), clock.nowMs());
    await join();
    expect(await handshake(serving.wsUrl, {})).toMatch(/^HTTP\/1\.1 429 [^]*Retry-After: 5/);
    first.ws.close();
    await first.closed;
    expect(await handshake(serving.wsUrl, {})).toMatch(/^HTTP\/1\.1 101 /);
  });

  it("limits sockets that have not proved who they are apart from those that have", async () => {
    const { serving, connect: join, memory, clock } = await open({ limits: { handshakesPerAddress: 1 } });
    const client = await join();
    expect(await handshake(serving.wsUrl, {})).toMatch(/^HTTP\/1\.1 429 /);
    await client.signIn(memory.person("lee"), clock.nowMs());
    expect(await handshake(serving.wsUrl, {})).toMatch(/^HTTP\/1\.1 101 /);
  });

  it("refuses one device too many of one person with E_RATE and 4429", async () => {
    const { ready, connect: join, memory, clock } = await open({ limits: { perPerson: 1 } });
    await ready(memory.person("lee"));
    const second = await join();
    expect((await second.signIn(memory.person("lee", { device: "b" }), clock.nowMs())).body).toMatchObject({
      code: "E_RATE",
    });
    expect((await second.closed).code).toBe(4429);
  });

  it("survives a client that leaves in the middle of the handshake", async () => {
    const { serving, connect: join } = await open();
    const url = new URL(serving.wsUrl);
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, "connect");
    socket.write(`GET ${url.pathname} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`);
    socket.resetAndDestroy();
    const client = await join();
    await client.hello();
    expect(client.ws.readyState).toBe(WebSocket.OPEN);
  });
});
