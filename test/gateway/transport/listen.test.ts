import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect as connectTls } from "node:tls";

import { expect, it, onTestFinished } from "vitest";

import { isLoopback } from "../../../gateway/transport/listen.ts";
import { bind, serve } from "../../../gateway/transport/serve.ts";
import { TestClient } from "./client.ts";
import { startGateway } from "./harness.ts";
import { makeMemoryCore } from "./memory-core.ts";
import { manualClock } from "./manual-clock.ts";
import { writeSelfSigned } from "./self-signed.ts";

const clock = manualClock();
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it.each(["0.0.0.0", "::", "192.0.2.1", "gateway.example", "127.evil.example"])(
  "refuses a plain socket on %s with E_TLS: others can reach it",
  async (host) => {
    const { core } = makeMemoryCore(clock);
    await expect(serve(core, { host, port: 0, clock, logger: quiet })).rejects.toMatchObject({ code: "E_TLS" });
  },
);

it("knows loopback addresses", () => {
  expect(["127.0.0.1", "127.8.9.1", "::1", "localhost"].map(isLoopback)).toEqual([true, true, true, true]);
  expect(["10.0.0.1", "127.evil.example", "localhost.evil.example", ""].map(isLoopback)).toEqual(
    Array.from({ length: 4 }, () => false),
  );
});

it("says E_PORT_IN_USE in one line", async () => {
  const { serving } = await startGateway();
  const { core } = makeMemoryCore(clock);
  const port = Number(new URL(serving.url).port);
  await expect(serve(core, { host: "127.0.0.1", port, clock, logger: quiet })).rejects.toMatchObject({
    code: "E_PORT_IN_USE",
    message: `Port ${String(port)} on 127.0.0.1 is in use.`,
  });
});

it("says E_TLS for a certificate that is missing or does not belong to the key", async () => {
  const { core } = makeMemoryCore(clock);
  const [one, two] = [writeSelfSigned(temporaryFolder()), writeSelfSigned(temporaryFolder())];
  const attempt = async (tls: { certFile: string; keyFile: string }) =>
    await serve(core, { host: "127.0.0.1", port: 0, tls, clock, logger: quiet });
  await expect(attempt({ certFile: "/nowhere/cert.pem", keyFile: one.keyFile })).rejects.toMatchObject({
    code: "E_TLS",
  });
  await expect(attempt({ certFile: one.certFile, keyFile: two.keyFile })).rejects.toMatchObject({ code: "E_TLS" });
});

it("waits for TLS as long as for any other handshake: who opens a socket and says nothing holds no place", async () => {
  const { cert: _cert, ...tls } = writeSelfSigned(temporaryFolder());
  const { serving } = await startGateway({ tls, limits: { handshakeMs: 200 } });
  const socket = connect(Number(new URL(serving.url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("close", resolve));
});

it("serves wss and https with TLS 1.2 or better, and tells browsers to stay there", async () => {
  const { cert, ...tls } = writeSelfSigned(temporaryFolder());
  const { serving } = await startGateway({ tls });
  expect(serving.wsUrl).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/countersign\/v1\/feed$/);
  const client = await TestClient.connect(serving.wsUrl, { ca: cert });
  expect((await client.hello()).type).toBe("challenge");
  client.ws.terminate();
  const headers = await new Promise<Record<string, unknown>>((resolve) => {
    get(`${serving.url}/healthz`, { ca: cert }, (res) => {
      res.resume();
      resolve(res.headers);
    });
  });
  expect(headers["strict-transport-security"]).toBe("max-age=31536000");
  const { port } = new URL(serving.url);
  const refusal = await new Promise<string>((resolve) => {
    const socket = connectTls({
      port: Number(port),
      host: "127.0.0.1",
      ca: cert,
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    socket.on("secureConnect", () => resolve("connected"));
  });
  expect(refusal).not.toBe("connected");
});

it("answers 503 until a gateway is behind the bound socket", async () => {
  const memory = makeMemoryCore(clock);
  const bound = await bind({ host: "127.0.0.1", port: 0, clock, logger: quiet, limits: { drainMs: 0 } });
  onTestFinished(() => bound.close());
  const discovery = `${bound.url}/.well-known/countersign-gateway`;
  expect((await fetch(`${bound.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${bound.url}/readyz`)).status).toBe(503);
  expect((await fetch(discovery)).status).toBe(503);
  await expect(TestClient.connect(bound.wsUrl)).rejects.toThrow("503");
  bound.start(memory.core);
  expect((await fetch(`${bound.url}/readyz`)).status).toBe(200);
  expect((await fetch(discovery)).status).toBe(200);
});
