import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { contentDigest } from "#shared/protocol/digest.ts";

import { startFhirServer, type FhirServer, type RecordedWrite } from "../../../demo/fhir/server.ts";
import { fhirExecutor } from "../../../gateway/executor/fhir.ts";
import type { ExecutorPort } from "../../../gateway/ports.ts";
import { addressOf } from "../facts/fixtures.ts";

type SignedOperation = Parameters<ExecutorPort["execute"]>[0]["operation"];
const crypto = makeNodeCrypto();

describe("the executor over plain FHIR REST", () => {
  let server: FhirServer;
  let cut: "before" | "after" | undefined;
  const strange: Server[] = [];

  const op = (method: SignedOperation["method"], path: string, body: string, more: object = {}): SignedOperation => ({
    method,
    url: `${server.baseUrl}/${path}`,
    media: method === "PATCH" ? "application/json-patch+json" : "application/fhir+json",
    body,
    body_dig: contentDigest(crypto, body),
    ...more,
  });
  const run = (operation: SignedOperation, id = "r.1", baseUrl = server.baseUrl) =>
    fhirExecutor({ baseUrl }).execute({ operation, execution_id: id, token: "tok" });
  const find = (operation: SignedOperation, id: string) =>
    fhirExecutor({ baseUrl: server.baseUrl }).find({ operation, execution_id: id });
  const last = (): RecordedWrite => server.wire.at(-1)!;

  beforeAll(async () => {
    server = await startFhirServer({
      port: 0,
      seed: [{ resourceType: "Basic", id: "b", code: { text: "x" } }],
      cut: () => cut,
    });
  }, 60_000);
  afterEach(() => {
    cut = undefined;
  });
  afterAll(async () => {
    for (const one of strange) {
      one.closeAllConnections();
      one.close();
    }
    await server.close();
  });

  it.each([
    [
      "decimals, odd spacing and order",
      '{ "resourceType" :"Basic",\n\t"code":{"text":"2.50"},"extension":[{"url":"urn:x","valueDecimal":2.50},{"valueDecimal":1.0e2 ,"url":"urn:y"}]}',
    ],
    [
      "characters beyond ASCII and escapes",
      '{"resourceType":"Basic","code":{"text":"caf\u00e9 \\u202e \u{1F48A} \\/"}}',
    ],
    ["carriage returns and a long body", `{"resourceType":"Basic",\r\n"code":{"text":"${"x".repeat(60_000)}"}}`],
  ])("puts exactly the approved bytes on the wire: %s", async (_what, body) => {
    const operation = op("POST", "Basic", body);
    expect(await run(operation, `bytes-${String(body.length)}`)).toMatchObject({ kind: "done", status: 201 });
    expect(last().body.equals(Buffer.from(operation.body, "utf8"))).toBe(true);
    expect(contentDigest(crypto, last().body)).toBe(operation.body_dig);
  });

  it("says what it sends: media type, digest, key, version and token", async () => {
    const body = '[{"op":"replace","path":"/code/text","value":"y"}]';
    const result = await run(op("PATCH", "Basic/b", body, { if_match: 'W/"1"' }), "head.1");
    expect(result).toMatchObject({ kind: "done", status: 200, etag: 'W/"2"' });
    expect(last().headers).toMatchObject({
      "content-type": "application/json-patch+json",
      "content-digest": contentDigest(crypto, body),
      "idempotency-key": "head.1",
      "if-match": 'W/"1"',
      authorization: "Bearer tok",
      "content-length": String(body.length),
    });
  });

  it("sends a delete without a body", async () => {
    await fetch(`${server.baseUrl}/Basic/gone`, {
      method: "PUT",
      headers: { "content-type": "application/fhir+json" },
      body: '{"resourceType":"Basic","id":"gone","code":{"text":"x"}}',
    });
    expect(await run(op("DELETE", "Basic/gone", "", { if_match: 'W/"1"' }), "del.1")).toMatchObject({ status: 204 });
    expect(last().body.length).toBe(0);
  });

  it.each([
    [
      "a stale version",
      () => op("PUT", "Basic/b", '{"resourceType":"Basic","id":"b","code":{"text":"z"}}', { if_match: 'W/"1"' }),
      412,
    ],
    ["an invalid resource", () => op("POST", "Basic", '{"resourceType":"Basic"}'), 400],
  ])("is refused by the server for %s", async (_what, operation, status) => {
    expect(await run(operation(), `ref-${String(status)}`)).toMatchObject({ kind: "refused", status });
  });

  it("sends nothing when the bytes are not those of the digest, or the address is elsewhere", async () => {
    const before = server.wire.length;
    const swapped = {
      ...op("POST", "Basic", '{"resourceType":"Basic","code":{"text":"a"}}'),
      body: '{"resourceType":"Basic"}',
    };
    expect(await run(swapped)).toMatchObject({ kind: "refused", status: 400 });
    const elsewhere = { ...op("POST", "Basic", "{}"), url: `${server.baseUrl}.evil.example/Basic` };
    expect(await run(elsewhere)).toMatchObject({ kind: "refused", status: 421 });
    expect(server.wire.length).toBe(before);
  });

  async function strangeServer(answer: (response: ServerResponse) => void): Promise<string> {
    const one = createServer((request, response) => {
      request.resume();
      request.on("end", () => answer(response));
    });
    strange.push(one);
    await new Promise<void>((done) => one.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${String((one.address() as AddressInfo).port)}`;
  }
  const basic = '{"resourceType":"Basic"}';

  it("does not follow a redirect with the approved bytes", async () => {
    const base = await strangeServer((r) => r.writeHead(307, { location: `${server.baseUrl}/Basic` }).end());
    const before = server.wire.length;
    const result = await run({ ...op("POST", "Basic", basic), url: `${base}/Basic` }, "red.1", base);
    expect(result).toMatchObject({ kind: "refused", status: 307 });
    expect(server.wire.length).toBe(before);
  });

  it.each([
    [500, "unknown"],
    [503, "unknown"],
    [202, "unknown"],
    [408, "unknown"],
    [429, "refused"],
    [501, "refused"],
    [403, "refused"],
    [200, "done"],
  ])("takes the answer %i for %s", async (status, kind) => {
    const base = await strangeServer((r) => r.writeHead(status).end("{}"));
    expect(await run({ ...op("POST", "Basic", basic), url: `${base}/Basic` }, "s.1", base)).toMatchObject({ kind });
  });

  it("does not know what happened when the connection breaks or the time is over", async () => {
    const breaks = await strangeServer((r) => r.destroy());
    expect(await run({ ...op("POST", "Basic", basic), url: `${breaks}/Basic` }, "b.1", breaks)).toMatchObject({
      kind: "unknown",
    });
    const silent = await strangeServer(() => {});
    const slow = fhirExecutor({ baseUrl: silent, timeoutMs: 50 });
    const operation = { ...op("POST", "Basic", basic), url: `${silent}/Basic` };
    expect(await slow.execute({ operation, execution_id: "t.1", token: "t" })).toEqual({
      kind: "unknown",
      why: "The hospital system did not answer in time.",
    });
  });

  it("knows that nothing happened when no connection came to be", async () => {
    const base = await strangeServer(() => {});
    const closed = strange.pop()!;
    await new Promise((done) => closed.close(done));
    expect(await run({ ...op("POST", "Basic", basic), url: `${base}/Basic` }, "c.1", base)).toMatchObject({
      kind: "absent",
    });
  });

  it("keeps the status when the answer's body breaks off: it was done", async () => {
    const base = await strangeServer((r) => {
      r.writeHead(201, { "content-length": "100", location: "/Basic/9" });
      r.write("{", () => r.destroy());
    });
    expect(await run({ ...op("POST", "Basic", basic), url: `${base}/Basic` }, "h.1", base)).toEqual({
      kind: "done",
      status: 201,
      location: `${base}/Basic/9`,
      body: "",
    });
  });

  describe("after a crash", () => {
    it("finds by its key what was done and what never arrived, without sending a write", async () => {
      const done = op("POST", "Basic", '{"resourceType":"Basic","code":{"text":"after"}}');
      cut = "after";
      expect(await run(done, "crash.1")).toMatchObject({ kind: "unknown" });
      cut = "before";
      expect(await run(done, "crash.2")).toMatchObject({ kind: "unknown" });
      const writes = server.wire.length;
      expect(await find(done, "crash.1")).toMatchObject({
        kind: "done",
        status: 201,
        location: expect.stringContaining("/Basic/") as string,
      });
      expect(await find(done, "crash.2")).toMatchObject({ kind: "absent" });
      expect(server.wire.length).toBe(writes);
    });

    it("finds a refusal by its key as a refusal", async () => {
      const invalid = op("POST", "Basic", '{"resourceType":"Basic"}');
      cut = "after";
      await run(invalid, "crash.3");
      expect(await find(invalid, "crash.3")).toMatchObject({ kind: "refused", status: 400 });
    });

    const noKeys =
      (resource: string, etag: string, status = 200): typeof globalThis.fetch =>
      (input) =>
        Promise.resolve(
          addressOf(input).includes("$execution")
            ? new Response('{"resourceType":"OperationOutcome"}', { status: 404 })
            : new Response(resource, { status, headers: { etag } }),
        );
    const before = '{"resourceType":"Basic","id":"b","code":{"text":"x"}}';
    const patched = () =>
      op("PATCH", "Basic/b", '[{"op":"replace","path":"/code/text","value":"new"}]', { if_match: 'W/"1"', before });
    const findAt = (operation: SignedOperation, fetch: typeof globalThis.fetch) =>
      fhirExecutor({ baseUrl: server.baseUrl, fetch }).find({ operation, execution_id: "x" });

    it.each([
      ["still the old version", before, 'W/"1"', "absent"],
      [
        "exactly as approved",
        '{"resourceType":"Basic","meta":{"versionId":"2"},"id":"b","code":{"text":"new"}}',
        'W/"2"',
        "done",
      ],
      ["something else", '{"resourceType":"Basic","id":"b","code":{"text":"other"}}', 'W/"2"', "unknown"],
    ])("judges a change under If-Match by the resource where keys are not kept: %s", async (_what, now, etag, kind) => {
      expect(await findAt(patched(), noKeys(now, etag))).toMatchObject({ kind });
    });

    it("does not know about a creation where keys are not kept, nor when nothing answers", async () => {
      expect(await findAt(op("POST", "Basic", basic), noKeys(before, 'W/"1"'))).toMatchObject({ kind: "unknown" });
      expect(await findAt(patched(), () => Promise.reject(new Error("down")))).toMatchObject({ kind: "unknown" });
      expect(await findAt(patched(), noKeys("", "", 404))).toMatchObject({ kind: "unknown" });
    });
  });
});
