import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import http, { type Server } from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import path from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer, type ServerOptions, type WebSocket } from "ws";

import { readSiteCa } from "../../../electron/connection/site-ca.ts";
import type { Closed } from "../../../electron/connection/socket.ts";
import { wsSockets } from "../../../electron/connection/ws-socket.ts";
import { writeSelfSigned } from "../../gateway/transport/self-signed.ts";
import { Inbox } from "../inbox.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

type Seen =
  | { readonly kind: "open" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "closed"; readonly closed: Closed };

function connect(url: string, siteCa = "") {
  const seen = new Inbox<Seen>();
  const socket = wsSockets(siteCa)(new URL(url), {
    onOpen: () => {
      seen.put({ kind: "open" });
    },
    onText: (text) => {
      seen.put({ kind: "text", text });
    },
    onPong: () => undefined,
    onClosed: (closed) => {
      seen.put({ kind: "closed", closed });
    },
  });
  onTestFinished(() => {
    socket.terminate();
  });
  return {
    socket,
    seen,
    closed: async () => ((await seen.next((s) => s.kind === "closed")) as { closed: Closed }).closed,
  };
}

async function serve(
  server: Server | https.Server,
  options: ServerOptions = {},
): Promise<{ port: number; peers: Inbox<WebSocket> }> {
  const peers = new Inbox<WebSocket>();
  const sockets = new WebSocketServer({
    server: server as Server,
    handleProtocols: () => "countersign.v1",
    ...options,
  });
  sockets.on("connection", (peer) => {
    Object.defineProperty(peer, "toJSON", { value: () => "peer" });
    peers.put(peer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
    sockets.close();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, peers };
}

describe("a socket", () => {
  it("refuses a certificate that nobody here trusts, and takes it with the site's own authority", async () => {
    const folder = await makeTemporaryFolder();
    const { certFile, keyFile } = writeSelfSigned(folder);
    const { port } = await serve(https.createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }));
    const url = `wss://127.0.0.1:${String(port)}/`;
    expect(await connect(url).closed()).toMatchObject({ kind: "tls" });
    await connect(url, await readSiteCa(certFile)).seen.next((s) => s.kind === "open");
  });

  it("refuses a plain answer where encryption was asked for", async () => {
    const { port } = await serve(http.createServer());
    expect(await connect(`wss://127.0.0.1:${String(port)}/`).closed()).toMatchObject({ kind: "tls" });
  });

  it("does not follow a redirect, and tells what was answered instead", async () => {
    const server = http.createServer();
    server.on("upgrade", (_request, socket) => {
      socket.end("HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nConnection: close\r\n\r\n");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await connect(`ws://127.0.0.1:${String(port)}/`).closed()).toEqual({ kind: "http", status: 302 });
  });

  it("closes on a server without the subprotocol, on binary, and on a frame above 256 KiB", async () => {
    const other = await serve(http.createServer(), { handleProtocols: () => false });
    expect((await connect(`ws://127.0.0.1:${String(other.port)}/`).closed()).kind).toBe("network");
    const { port, peers } = await serve(http.createServer());
    const url = `ws://127.0.0.1:${String(port)}/`;
    const binary = connect(url);
    (await peers.next()).send(Buffer.from([1, 2, 3]));
    expect(await binary.closed()).toEqual({ kind: "code", code: 1003 });
    const large = connect(url);
    (await peers.next()).send("x".repeat(256 * 1024 + 1));
    expect((await large.closed()).kind).toBe("network");
    const fits = connect(url);
    (await peers.next()).send("x".repeat(256 * 1024));
    await fits.seen.next((s) => s.kind === "text");
  });

  it("offers no compression", async () => {
    const { port, peers } = await serve(http.createServer(), { perMessageDeflate: true });
    connect(`ws://127.0.0.1:${String(port)}/`);
    expect((await peers.next()).extensions).toBe("");
  });

  it("is told as the network's fault when nobody is there", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect(await connect(`ws://127.0.0.1:${String(port)}/`).closed()).toEqual({
      kind: "network",
      detail: "ECONNREFUSED",
    });
  });
});

describe("the site's certificate authorities", () => {
  it("are every certificate of the file, and a file without one is refused", async () => {
    const folder = await makeTemporaryFolder();
    const { cert, certFile, keyFile } = writeSelfSigned(folder);
    const two = path.join(folder, "two.pem");
    writeFileSync(two, `# our own\n${cert}\n${cert}`);
    expect((await readSiteCa(two)).match(/BEGIN CERTIFICATE/g)?.length).toBe(2);
    expect(await readSiteCa("")).toBe("");
    expect(await readSiteCa(certFile)).toContain("BEGIN CERTIFICATE");
    writeFileSync(path.join(folder, "cut.pem"), cert.slice(0, 300) + "\n-----END CERTIFICATE-----");
    for (const file of [keyFile, path.join(folder, "cut.pem"), path.join(folder, "gone.pem"), folder]) {
      await expect(readSiteCa(file)).rejects.toMatchObject({ code: "E_CLI_INPUT" });
    }
  });
});
