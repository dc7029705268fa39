import { once } from "node:events";
import { get } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { startGateway } from "./harness.ts";
import { writeSelfSigned } from "./self-signed.ts";

/** Sockets that are no WebSocket hold a place before they have said anything (T-34, reliability.md B6). */

/** Says nothing. `from` is another loopback address, so another network address to the gateway. */
async function silent(url: string, from = "127.0.0.1"): Promise<Socket> {
  const { port, hostname } = new URL(url);
  const socket = connectTcp({ port: Number(port), host: hostname, localAddress: from });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

const isCut = async (socket: Socket): Promise<true> => {
  socket.resume();
  if (!socket.destroyed) await once(socket, "close");
  return true;
};

/** The status of a page, or that the socket was cut. */
const asked = (url: string, from = "127.0.0.1"): Promise<number | "cut"> =>
  new Promise((resolve) => {
    get(`${url}/healthz`, { localAddress: from, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    }).on("error", () => resolve("cut"));
  });

describe("sockets of one address that are no WebSocket", () => {
  it("are bounded: what is beyond is cut, other addresses are served, and a place that is given up is free", async () => {
    const { serving } = await startGateway({ limits: { perAddress: 3 } });
    const held = [await silent(serving.url), await silent(serving.url), await silent(serving.url)];
    expect(await isCut(await silent(serving.url))).toBe(true);
    expect(await asked(serving.url)).toBe("cut");
    expect(await asked(serving.url, "127.0.0.2")).toBe(200);
    expect(held.map((socket) => socket.destroyed)).toEqual([false, false, false]);
    held[0]?.destroy();
    // The gateway hears of it in its own turn: the next is served once it has.
    let answer: number | "cut" = "cut";
    while (answer === "cut") answer = await asked(serving.url);
    expect(answer).toBe(200);
  });

  it("are counted apart from WebSockets, which hold no place among them", async () => {
    const { serving, connect } = await startGateway({ limits: { perAddress: 2 } });
    const clients = [await connect(), await connect()];
    const held = [await silent(serving.url), await silent(serving.url)];
    expect(await asked(serving.url)).toBe("cut");
    expect(clients.map(({ ws }) => ws.readyState)).toEqual([1, 1]);
    expect(held.map((socket) => socket.destroyed)).toEqual([false, false]);
  });

  it("are bounded before their TLS handshake, and a WebSocket under TLS gives its place up", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "countersign-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { serving, connect } = await startGateway({ tls: writeSelfSigned(folder), limits: { perAddress: 2 } });
    const { ws } = await connect({ rejectUnauthorized: false });
    await silent(serving.url);
    await silent(serving.url);
    const { port, hostname } = new URL(serving.url);
    const late = connectTls({ port: Number(port), host: hostname, rejectUnauthorized: false });
    onTestFinished(() => void late.destroy());
    const [error] = (await once(late, "error")) as [Error];
    expect(error.message).toMatch(/disconnected|ECONNRESET|socket hang up/);
    expect(ws.readyState).toBe(1);
  });
});
