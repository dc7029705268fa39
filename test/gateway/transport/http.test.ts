import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";

import { describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { verifyJws } from "#shared/protocol/verify/signed.ts";

import type { ServeOptions } from "../../../gateway/transport/serve.ts";
import { startGateway } from "./harness.ts";
import { makeDecision } from "./signed-by-people.ts";
import { ISS } from "./people.ts";

const MEDIA = { "Content-Type": "application/countersign-decision+jwt" };
const TEMPLATE = `sha-256:${"T".repeat(43)}`;

const open = async (options: Partial<ServeOptions> = {}) => {
  const gateway = await startGateway(options);
  gateway.memory.core.documents.template = (digest) => (digest === TEMPLATE ? '{"id":"t"}' : undefined);
  gateway.memory.core.documents.statusList = (name) => (name === "1" ? "a.b.c" : undefined);
  const post = async (body: string, headers: Record<string, string> = MEDIA) =>
    await fetch(`${gateway.serving.url}/countersign/v1/decisions`, { method: "POST", body, headers });
  return { ...gateway, post };
};

describe("discovery (protocol.md 3.3)", () => {
  it("names the issuer, the endpoints, the log, the limits and the directory", async () => {
    const { serving, memory } = await open({ discovery: { token_endpoint: `${ISS}/token` } });
    const res = await fetch(`${serving.url}/.well-known/countersign-gateway`);
    expect(res.headers.get("content-type")).toBe("application/json");
    expect(await res.json()).toMatchObject({
      issuer: ISS,
      versions: ["1"],
      ws_endpoint: "wss://gw.northgate.example/countersign/v1/feed",
      decision_endpoint: `${ISS}/countersign/v1/decisions`,
      token_endpoint: `${ISS}/token`,
      template_registry_uri: `${ISS}/countersign/v1/templates`,
      status_list_uris: [`${ISS}/status/1`],
      alg_values_supported: ["ES256", "Ed25519"],
      enf: "gateway",
      directory: { kid: memory.directory.kid },
      log: { origin: "gw.northgate.example/log", mmd: 60 },
      limits: { max_frame: 65_536, max_inflight: 1, rate: 20 },
    });
  });

  it("serves the key set that discovery names, public members only", async () => {
    const { serving, memory } = await open();
    const { keys } = (await (await fetch(`${serving.url}/countersign/v1/jwks.json`)).json()) as { keys: object[] };
    expect(keys).toEqual([expect.objectContaining({ kid: memory.gateway.kid })]);
    expect(keys[0]).not.toHaveProperty("d");
  });

  it("claims no decision endpoint where there is none", async () => {
    const { serving } = await startGateway({ decisionsOverHttp: false });
    const discovery = (await (await fetch(`${serving.url}/.well-known/countersign-gateway`)).json()) as object;
    expect(discovery).not.toHaveProperty("decision_endpoint");
    const res = await fetch(`${serving.url}/countersign/v1/decisions`, { method: "POST", body: "x", headers: MEDIA });
    expect(res.status).toBe(404);
  });
});

describe("decisions over HTTPS (protocol.md 3.4.4)", () => {
  it("answers 200 with the signed receipt", async () => {
    const { post, memory, clock } = await open();
    const lee = memory.person("lee");
    const res = await post(makeDecision(lee, memory.raise(), clock.nowMs()));
    expect(res.status).toBe(200);
    expect(res.headers.get("content-type")).toBe("application/countersign-receipt+jwt");
    const crypto = makeNodeCrypto();
    const key = crypto.importKey(memory.gateway.jwk);
    expect(verifyJws(crypto, "receipt", await res.text(), () => key).claims.result).toBe("recorded");
  });

  it("gives one answer to everything that fails before a receipt, whatever the reason", async () => {
    const { post, memory, clock } = await open();
    const lee = memory.person("lee");
    const request = memory.raise();
    const good = makeDecision(lee, request, clock.nowMs());
    const stranger = { ...lee, key: memory.directory };
    const answers: string[] = [];
    for (const body of ["x", "a.b.c", `${good.slice(0, -4)}AAAA`, makeDecision(stranger, request, clock.nowMs())]) {
      const res = await post(body);
      answers.push(`${String(res.status)} ${await res.text()}`);
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^400 \{"code":"E_SIG_BAD","title":"/);
  });

  it("refuses another media type with 415, another method with 405, a body above the limit with 413", async () => {
    const { post, serving } = await open();
    expect((await post("x", { "Content-Type": "application/json" })).status).toBe(415);
    const get = await fetch(`${serving.url}/countersign/v1/decisions`);
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    const big = await post("x".repeat(65_537));
    expect(big.status).toBe(413);
    expect(await big.json()).toMatchObject({ code: "E_FMT_SIZE" });
  });

  it("answers 413 to a sender that is still sending, and keeps the connection for who then stops", async () => {
    const { serving } = await open();
    const socket = connect(Number(new URL(serving.url).port), "127.0.0.1");
    let received = "";
    const answered = new Promise<void>((done, failed) => {
      socket.on("data", (chunk: Buffer) => {
        received += chunk.toString("latin1");
        if (received.includes('"}')) done();
      });
      socket.on("close", () => failed(new Error(`closed after: ${received}`)));
    });
    const head =
      "POST /countersign/v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Type: application/countersign-decision+jwt\r\n";
    socket.write(`${head}Content-Length: 1000000\r\n\r\n${"x".repeat(200_000)}`);
    await answered;
    expect(received).toMatch(/^HTTP\/1\.1 413 [^]*"code":"E_FMT_SIZE"/);
    received = "";
    const next = once(socket, "data");
    socket.write(`${"x".repeat(800_000)}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`);
    await next;
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it("answers 429 when one address posts too fast, and goes on a second later", async () => {
    const { post, clock } = await open({ limits: { messageBurst: 3 } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await post("x")).status);
    expect(statuses).toEqual([400, 400, 400, 429]);
    clock.advance(1000);
    expect((await post("x")).status).toBe(400);
  });

  it("answers 500 for a fault of its own, without a word of it", async () => {
    const { serving, logged, memory } = await open();
    memory.core.submitDecision = () => {
      throw new Error("Maria Example");
    };
    const res = await fetch(`${serving.url}/countersign/v1/decisions`, { method: "POST", body: "x", headers: MEDIA });
    expect(res.status).toBe(500);
    expect((await res.text()) + JSON.stringify(logged)).not.toContain("Maria");
  });
});

describe("documents", () => {
  it("serves a template by its digest, to be kept for ever, and no other", async () => {
    const { serving } = await open();
    const registry = `${serving.url}/countersign/v1/templates`;
    for (const name of [TEMPLATE, encodeURIComponent(TEMPLATE)]) {
      const res = await fetch(`${registry}/${name}`);
      expect([res.status, await res.text()]).toEqual([200, '{"id":"t"}']);
      expect(res.headers.get("cache-control")).toContain("immutable");
    }
    for (const name of [`sha-256:${"U".repeat(43)}`, "../../etc/passwd", "", "__proto__"]) {
      expect((await fetch(`${registry}/${name}`)).status).toBe(404);
    }
  });

  it("serves status lists as status list tokens", async () => {
    const { serving } = await open({ statusLists: (name) => (name === "tokens" ? "d.e.f" : undefined) });
    const res = await fetch(`${serving.url}/status/1`);
    expect([res.status, res.headers.get("content-type")]).toEqual([200, "application/statuslist+jwt"]);
    expect(await (await fetch(`${serving.url}/status/tokens`)).text()).toBe("d.e.f");
    expect((await fetch(`${serving.url}/status/2`)).status).toBe(404);
  });
});

describe("every answer", () => {
  it("carries the hardening headers and sets no cookie", async () => {
    const { serving } = await open();
    for (const path of ["/healthz", "/nothing", "/.well-known/countersign-gateway"]) {
      const { headers } = await fetch(`${serving.url}${path}`);
      expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("set-cookie")).toBeNull();
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("strict-transport-security")).toBeNull();
    }
  });

  it("is JSON with a code and a title where there is nothing", async () => {
    const { serving } = await open();
    const res = await fetch(`${serving.url}/admin`);
    expect([res.status, await res.json()]).toEqual([404, { code: "E_NOT_FOUND", title: expect.any(String) as string }]);
  });

  it("says whether the gateway is alive and whether it is ready", async () => {
    let fault: CountersignError | undefined = new CountersignError("E_STORE_FULL");
    const { serving } = await open({ fault: () => fault });
    const status = async (path: string) => (await fetch(`${serving.url}${path}`)).status;
    expect([await status("/healthz"), await status("/readyz")]).toEqual([200, 503]);
    expect(await (await fetch(`${serving.url}/readyz`)).json()).toMatchObject({ ok: false, code: "E_STORE_FULL" });
    fault = undefined;
    expect(await status("/readyz?x=1")).toBe(200);
  });

  it("lets the agents' doors answer what is not its own, with the same headers", async () => {
    const { serving } = await open({
      routes: (req, res) => {
        if (req.url !== "/agents") return false;
        res.end("door");
        return true;
      },
    });
    const res = await fetch(`${serving.url}/agents`);
    expect([await res.text(), res.headers.get("x-content-type-options")]).toEqual(["door", "nosniff"]);
    expect((await fetch(`${serving.url}/other`)).status).toBe(404);
  });

  it("survives a request line that is no URL", async () => {
    const { serving } = await open();
    const { port } = new URL(serving.url);
    const status = await new Promise<number>((resolve, reject) => {
      httpRequest({ port, host: "127.0.0.1", path: "//evil:80:80/" }, (res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(404);
  });
});
