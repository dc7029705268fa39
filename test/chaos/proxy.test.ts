import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket, { WebSocketServer } from "ws";

import { FrameReader } from "./frames.ts";
import { ofType } from "./frame-fault.ts";
import { startProxy, type Proxy } from "./proxy.ts";

const say = (n: number): string => JSON.stringify({ type: "note", n, padding: "x".repeat(n * 50) });
const number = (text: string): number => (JSON.parse(text) as { n: number }).n;

/** A server that echoes, a client of it, and the network between them. */
async function arrange() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const proxy = await startProxy((server.address() as AddressInfo).port);
  onTestFinished(async () => {
    for (const one of server.clients) one.terminate();
    server.close();
    await proxy.close();
  });
  const heard: number[] = [];
  const closes: number[] = [];
  server.on("connection", (peer) => {
    peer.on("message", (data: Buffer) => {
      heard.push(number(data.toString()));
      peer.send(data.toString());
    });
    peer.on("error", () => undefined);
    peer.on("close", (code) => closes.push(code));
  });
  return { proxy, heard, closes, client: await connect(proxy) };
}

async function connect(proxy: Proxy) {
  const socket = new WebSocket(`ws://127.0.0.1:${String(proxy.port)}/`);
  onTestFinished(() => socket.terminate());
  const got: number[] = [];
  socket.on("message", (data: Buffer) => got.push(number(data.toString())));
  const errors: string[] = [];
  socket.on("error", () => undefined);
  socket.on("upgrade", (response) => {
    response.socket.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code ?? ""));
  });
  const closed = new Promise<number>((done) => socket.on("close", done));
  await once(socket, "open");
  return { socket, got, errors, closed };
}

describe("the network between a client and its gateway", () => {
  it("carries everything unchanged in fair weather, cut into pieces of a byte and late", async () => {
    const { proxy, client } = await arrange();
    proxy.weather({ sliceBytes: 3, latencyMs: 20, jitterMs: 10 });
    const began = performance.now();
    for (const n of [1, 2, 3, 4]) client.socket.send(say(n));
    await expect.poll(() => client.got).toEqual([1, 2, 3, 4]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(40);
  });

  it("lets through no more bytes a second than told", async () => {
    const { proxy, client } = await arrange();
    proxy.weather({ bytesPerSecond: 20_000 }, ["up"]);
    const began = performance.now();
    client.socket.send(say(100));
    await expect.poll(() => client.got).toEqual([100]);
    client.socket.send(say(1));
    await expect.poll(() => client.got).toEqual([100, 1]);
    expect(performance.now() - began).toBeGreaterThan(240);
  });

  it.each([
    ["duplicate", [1, 2, 2, 3], [4]],
    ["reorder", [1, 3], [4, 2]],
    ["drop", [1, 3], [4]],
  ] as const)("%s of one frame, and only of that one", async (fault, before, after) => {
    const { proxy, heard } = await arrange();
    proxy.frames("up", {
      fault,
      times: 1,
      matches: ({ text }) => ofType("note")({ text } as never) && number(text) % 2 === 0,
    });
    const client = await connect(proxy);
    for (const n of [1, 2, 3]) client.socket.send(say(n));
    await expect.poll(() => heard).toEqual(before);
    client.socket.send(say(4));
    await expect.poll(() => heard).toEqual([...before, ...after]);
  });

  it("half-open: nothing arrives and nobody is told, and what was held comes when it is over", async () => {
    const { proxy, heard, closes, client } = await arrange();
    proxy.freeze();
    client.socket.send(say(1));
    const other = await connect(await startProxyBeside(proxy));
    other.socket.send(say(2));
    await expect.poll(() => heard).toEqual([2]);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    client.socket.terminate();
    await client.closed;
    expect(closes).toEqual([]);
    proxy.thaw();
    await expect.poll(() => heard).toEqual([2, 1]);
    await expect.poll(() => closes).toHaveLength(1);
  });

  it("half-open in one direction only", async () => {
    const { proxy, heard, client } = await arrange();
    proxy.freeze(["down"]);
    client.socket.send(say(1));
    await expect.poll(() => heard).toEqual([1]);
    expect(client.got).toEqual([]);
    proxy.thaw();
    await expect.poll(() => client.got).toEqual([1]);
  });

  it.each([
    ["fin", 1006, []],
    ["rst", 1006, ["ECONNRESET"]],
  ] as const)("cut with %s in the middle of a frame", async (how, code, errors) => {
    const { proxy, client } = await arrange();
    const cut = proxy.cutAfter(how, "down", 30);
    client.socket.send(say(5));
    await cut;
    expect(await client.closed).toBe(code);
    expect([client.got, client.errors]).toEqual([[], errors]);
  });

  it("refuses connections, and lets heads be rewritten", async () => {
    const { proxy } = await arrange();
    proxy.refuse(true);
    await expect(connect(proxy)).rejects.toThrow(/ECONNRESET|hang up/);
    proxy.refuse(false);
    proxy.heads((direction, head) => (direction === "up" ? head.replace(/^Upgrade: .*\r\n/im, "") : head));
    await expect(connect(proxy)).rejects.toThrow(/Unexpected server response: 4\d\d/);
  });

  it("leaves plain HTTP alone", async () => {
    const server = http.createServer((_request, response) => response.end("\u0081\u0005hello, world"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = await startProxy((server.address() as AddressInfo).port);
    onTestFinished(async () => {
      server.closeAllConnections();
      server.close();
      await proxy.close();
    });
    const answer = await fetch(`http://127.0.0.1:${String(proxy.port)}/`);
    expect(await answer.text()).toBe("\u0081\u0005hello, world");
  });
});

it("frames are found however the stream is cut, masked or not, short or long", () => {
  const frame = (text: string, masked: boolean): Buffer => {
    const payload = Buffer.from(text);
    const size = payload.length;
    const head =
      size < 126
        ? Buffer.from([0x81, size])
        : size < 65_536
          ? Buffer.from([0x81, 126, size >> 8, size & 255])
          : Buffer.from([0x81, 127, 0, 0, 0, 0, size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255]);
    if (!masked) return Buffer.concat([head, payload]);
    head[1]! |= 0x80;
    const mask = Buffer.from([1, 2, 3, 4]);
    return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4]!)]);
  };
  const texts = ["", "a", "b".repeat(125), "c".repeat(126), "d".repeat(70_000)];
  for (const masked of [true, false]) {
    const head = "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
    const bytes = Buffer.concat([Buffer.from(head), ...texts.map((text) => frame(text, masked))]);
    for (const size of [19, 4096, bytes.length]) {
      const reader = new FrameReader();
      const pieces = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(...reader.push(bytes.subarray(at, at + size)));
      const [first, ...frames] = pieces;
      expect(first).toEqual({ kind: "head", text: head });
      expect(frames.map((one) => one.kind === "frame" && one.text)).toEqual(texts);
      if (size > 19) continue;
      const again = frames.flatMap((one) => (one.kind === "frame" ? [one.bytes] : []));
      expect(Buffer.concat([Buffer.from(head), ...again]).equals(bytes)).toBe(true);
    }
  }
});

/** Another way to the same server, that is not frozen. */
async function startProxyBeside(proxy: Proxy): Promise<Proxy> {
  const beside = await startProxy(proxy.target);
  onTestFinished(async () => await beside.close());
  return beside;
}
