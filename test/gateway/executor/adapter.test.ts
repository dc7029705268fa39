import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { dpopProof } from "../../../gateway/agents/identity/prove.ts";
import { fhirExecutor } from "../../../gateway/executor/fhir.ts";
import { localGrants } from "../../../gateway/executor/grants.ts";
import { makeHandOut, type HandOut, type Offer } from "../../../gateway/executor/hand-out.ts";
import { runExecutions, type Runner } from "../../../gateway/executor/run.ts";
import { serveAdapter } from "../../../gateway/executor/serve-adapter.ts";
import { crypto, makeRunKit, type OperationText, type RunKit } from "./kit.ts";

const WEIGHT = (patient: string, value = "61.50"): string =>
  '{"resourceType":"Observation","status":"final","code":{"text":"Weight"},' +
  `"subject":{"reference":"Patient/${patient}"},"valueQuantity":{"value":${value},"unit":"kg"}}`;
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const JSON_MEDIA = "application/fhir+json";
const seed = [
  { resourceType: "Patient", id: "p" },
  { resourceType: "Patient", id: "q" },
  {
    resourceType: "Observation",
    id: "w",
    status: "final",
    code: { text: "Weight" },
    subject: { reference: "Patient/p" },
  },
] as never;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly by: ReturnType<typeof makeSigner>;
  readonly proof: { readonly htm?: string; readonly htu?: string; readonly token?: string } | "none";
}

describe("the adapter in front of a FHIR server (mode B)", () => {
  const prover = makeSigner(generateKey("ES256"));
  let fhir: FhirServer;
  let kit: RunKit;
  let handOut: HandOut;
  let runner: Runner;
  let adapter: Awaited<ReturnType<typeof serveAdapter>>;
  let n = 0;

  beforeAll(async () => {
    await (await startFhirServer({ port: 0, seed: [] })).close();
  }, 120_000);
  beforeEach(async () => {
    fhir = await startFhirServer({ port: 0, seed });
    kit = makeRunKit(fhir.baseUrl);
    const { executions, events, store, tokens } = kit.at;
    handOut = makeHandOut(kit.clock, () => true);
    const executor = fhirExecutor({ baseUrl: fhir.baseUrl });
    const { clock } = kit;
    runner = runExecutions({ executions, events, store, tokens, crypto, clock, executor, handOut });
    adapter = await serveAdapter({
      ...{ grants: localGrants({ tokens, handOut, logger }), executor, crypto, clock, fhirBase: fhir.baseUrl },
      ...{ host: "127.0.0.1", port: 0, logger },
    });
  });
  afterEach(async () => {
    await adapter.close();
    await runner.close();
    kit.close();
    await fhir.close();
  });

  const create: OperationText = { method: "POST", url: "", media: JSON_MEDIA, body: WEIGHT("p") };
  /** An approved operation whose token waits for its agent. */
  function offered(operation: Partial<OperationText> = {}): Offer {
    const url = `${fhir.baseUrl}/Observation`;
    const rid = kit.approve({ ...create, url, ...operation }, { jkt: prover.kid });
    kit.at.events.emit("execute", { rid });
    return handOut.byRequest(rid)!;
  }

  function send({ issued }: Offer, over: Partial<Sent> = {}): Promise<Response> {
    const { method = "POST", path = "/Observation", body = WEIGHT("p"), headers = {}, by = prover, proof = {} } = over;
    const shown =
      proof === "none"
        ? {}
        : {
            dpop: dpopProof(
              by,
              {
                ...{ htm: proof.htm ?? method, htu: proof.htu ?? adapter.url + path.split("?")[0]!, iat: kit.now() },
                jti: `proof-number-${String(n++)}`,
              },
              proof.token ?? issued.token,
            ),
          };
    return fetch(adapter.url + path, {
      method,
      headers: { authorization: `DPoP ${issued.token}`, "content-type": JSON_MEDIA, ...shown, ...headers },
      ...(method === "GET" || method === "DELETE" ? {} : { body }),
    });
  }
  const misuses = (): number => kit.at.leaves().filter((type) => type === "token-misuse").length;
  const isDead = ({ issued }: Offer): boolean => !kit.at.tokens.introspect(issued.token).active;

  it("passes exactly what was approved, once, and the token is dead before the agent has its answer", async () => {
    const offer = offered();
    expect(kit.at.tokens.introspect(offer.issued.token)).toMatchObject({
      token_type: "DPoP",
      cnf: { jkt: prover.kid },
    });
    const answer = await send(offer);
    expect([answer.status, isDead(offer), kit.state(offer.rid)]).toEqual([201, true, "completed"]);
    expect(fhir.wire.map(({ body }) => body.toString())).toEqual([WEIGHT("p")]);
    expect(answer.headers.get("location")).toMatch(/Observation\//);
    expect(kit.at.leaves()).toEqual(["token-issued", "token-used", "token-revoked"]);
  });

  it.each<[string, Partial<Sent>, Partial<OperationText>?]>([
    ["other bytes", { body: WEIGHT("p", "61.5") }],
    ["another patient", { body: WEIGHT("q") }],
    ["no bytes", { body: "" }],
    ["more bytes than can be approved", { body: WEIGHT("p") + " ".repeat(1_100_000) }],
    ["another method", { method: "PUT" }],
    ["a read", { method: "GET" }],
    ["another type", { path: "/Condition" }],
    ["an address with a query", { path: "/Observation?x=1" }],
    ["another resource", { method: "DELETE", path: "/Observation/x" }, { method: "DELETE", body: "" }],
    ["another media type", { headers: { "content-type": "application/json" } }],
    ["a version that nobody saw", { headers: { "if-match": 'W/"9"' } }],
    ["no proof of its key", { proof: "none" }],
    ["another agent's key", { by: makeSigner(generateKey("ES256")) }],
    ["a proof for another method", { proof: { htm: "GET" } }],
    ["a proof for another server", { proof: { htu: "https://else.example/Observation" } }],
    ["a proof for another token", { proof: { token: "a.b.c" } }],
  ])("refuses %s, writes it down and lets the token die", async (_what, over, operation = {}) => {
    const place = operation.method === "DELETE" ? { url: `${fhir.baseUrl}/Observation/w` } : {};
    const offer = offered({ ...operation, ...place });
    const answer = await send(offer, over);
    await runner.idle();
    expect([answer.status, misuses(), isDead(offer), fhir.wire.length]).toEqual([403, 1, true, 0]);
    expect(answer.headers.get("www-authenticate")).toContain("insufficient_authorization");
    expect(kit.at.store.token(offer.issued.jti)?.reason).toBe("misuse");
    expect(kit.state(offer.rid)).toBe("failed");
    expect((await send(offer)).status).toBe(403);
    expect(fhir.wire).toEqual([]);
  });

  it("refuses a second use after completion, and one at the same time", async () => {
    const offer = offered();
    const [a, b] = await Promise.all([send(offer), send(offer)]);
    expect([a.status, b.status].sort()).toEqual([201, 403]);
    expect((await send(offer)).status).toBe(403);
    expect([fhir.wire.length, misuses(), kit.state(offer.rid)]).toEqual([1, 2, "completed"]);
  });

  it.each([
    ["it may not be taken any more", () => false, 403],
    [
      "it cannot be written down",
      () => {
        throw new CountersignError("E_STORE_FULL");
      },
      503,
    ],
  ])("ends the execution where the one use is claimed and %s", async (_what, use, status) => {
    const { tokens } = kit.at;
    const failing = await serveAdapter({
      grants: localGrants({ tokens: { ...tokens, use }, handOut, logger }),
      ...{ executor: fhirExecutor({ baseUrl: fhir.baseUrl }), crypto, logger },
      ...{ clock: kit.clock, fhirBase: fhir.baseUrl, host: "127.0.0.1", port: 0 },
    });
    const [offer, whole] = [offered(), adapter];
    adapter = failing;
    expect((await send(offer)).status).toBe(status);
    adapter = whole;
    await failing.close();
    // Nothing waits for a use that cannot come any more.
    expect(handOut.byToken(offer.issued.jti)).toBeUndefined();
    expect(fhir.wire).toEqual([]);
  });

  it("passes nothing that was approved for another server, whose addresses end alike", async () => {
    const { clock, at } = kit;
    const other = await serveAdapter({
      ...{ grants: localGrants({ tokens: at.tokens, handOut, logger }), crypto, clock, logger },
      ...{ fhirBase: `https://other.example${new URL(fhir.baseUrl).pathname}`, upstream: fhir.baseUrl },
      ...{ executor: fhirExecutor({ baseUrl: fhir.baseUrl }), host: "127.0.0.1", port: 0 },
    });
    const [offer, whole] = [offered(), adapter];
    adapter = other;
    const answer = await send(offer);
    adapter = whole;
    await other.close();
    expect([answer.status, misuses(), isDead(offer), fhir.wire.length]).toEqual([403, 1, true, 0]);
  });

  it("never asks to send again what was sent and could not be written down", async () => {
    const { clock, at } = kit;
    const grants = {
      ...localGrants({ tokens: at.tokens, handOut, logger }),
      end: () => Promise.reject(new CountersignError("E_STORE_FULL")),
    };
    const failing = await serveAdapter({
      ...{ grants, crypto, clock, logger, fhirBase: fhir.baseUrl, host: "127.0.0.1", port: 0 },
      executor: fhirExecutor({ baseUrl: fhir.baseUrl }),
    });
    const [offer, whole] = [offered(), adapter];
    adapter = failing;
    const answer = await send(offer);
    adapter = whole;
    await failing.close();
    expect([answer.status, answer.headers.get("retry-after"), fhir.wire.length]).toEqual([502, null, 1]);
    expect(await answer.text()).toContain("E_EXEC_UNKNOWN");
    offer.end({ kind: "unknown", why: "" });
  });

  it("passes nothing with a token that was handed out before a stop; what is being sent goes on", async () => {
    const offer = offered();
    kit.at.events.emit("stopped", { rid: offer.rid });
    await runner.idle();
    expect([kit.state(offer.rid), isDead(offer)]).toEqual(["failed", true]);
    expect(kit.at.store.token(offer.issued.jti)?.reason).toBe("agent-paused");
    expect((await send(offer)).status).toBe(403);
    expect(fhir.wire).toEqual([]);
    const taken = offered();
    expect(taken.take()).toBe(true);
    kit.at.events.emit("stopped", { rid: taken.rid });
    expect(kit.state(taken.rid)).toBe("executing");
    taken.end({ kind: "done", status: 201, body: "{}" });
    await runner.idle();
    expect(kit.state(taken.rid)).toBe("completed");
  });

  it("sends nothing where the gateway let it wait too long for the use, and says that nothing was sent", async () => {
    const { clock, at } = kit;
    const local = localGrants({ tokens: at.tokens, handOut, logger });
    const ended: string[] = [];
    const slow = await serveAdapter({
      grants: {
        ...local,
        async take(token) {
          const taken = await local.take(token);
          clock.advance(10_001);
          return taken;
        },
        async end(token, result) {
          ended.push(result.kind);
          await local.end(token, result);
        },
      },
      ...{ crypto, clock, logger, fhirBase: fhir.baseUrl, host: "127.0.0.1", port: 0 },
      executor: fhirExecutor({ baseUrl: fhir.baseUrl }),
    });
    const [offer, whole] = [offered(), adapter];
    adapter = slow;
    const answer = await send(offer);
    adapter = whole;
    await slow.close();
    expect([answer.status, ended, fhir.wire.length]).toEqual([502, ["absent"], 0]);
  });

  it("refuses a token after it was revoked, and one whose time is over", async () => {
    const revoked = offered();
    kit.at.tokens.revokeRequest(revoked.rid, "approval-revoked");
    expect((await send(revoked)).status).toBe(403);
    const old = offered();
    kit.clock.advance(301_000);
    await runner.idle();
    expect([(await send(old)).status, kit.state(old.rid)]).toEqual([403, "failed"]);
    expect([fhir.wire.length, misuses()]).toEqual([0, 2]);
  });

  it("knows nothing of a token that this gateway did not mint, and writes nothing down", async () => {
    const offer = offered();
    const foreign = { ...offer, issued: { ...offer.issued, token: `${offer.issued.token.slice(0, -6)}AAAAAA` } };
    const bearer = await fetch(`${adapter.url}/Observation`, {
      method: "POST",
      headers: { authorization: `Bearer ${offer.issued.token}` },
      body: WEIGHT("p"),
    });
    expect([(await send(foreign)).status, bearer.status, misuses(), isDead(offer)]).toEqual([401, 401, 0, false]);
  });

  it("keeps at most ten misuses of one token, so that a dead one cannot fill the log", async () => {
    const offer = offered();
    for (let i = 0; i < 14; i++) await send(offer, { body: "x" });
    expect(misuses()).toBe(10);
  });

  it("leaves what was not used to the next start, under a fresh token", async () => {
    const offer = offered();
    await runner.close();
    expect(kit.state(offer.rid)).toBe("executing");
    expect(isDead(offer)).toBe(true);
  });
});
