import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";

const FHIR = { "content-type": "application/fhir+json" };
const order = (extra: object = {}) => ({
  resourceType: "MedicationRequest",
  status: "active",
  intent: "order",
  subject: { reference: "Patient/p-1" },
  medicationCodeableConcept: { text: "amoxicillin" },
  ...extra,
});

describe("the FHIR server of demo and tests", () => {
  let server: FhirServer;
  let nowMs = Date.parse("2026-11-24T10:00:00Z");
  const call = (method: string, path: string, body?: string, headers: Record<string, string> = FHIR) =>
    fetch(server.baseUrl + path, { method, headers, ...(body === undefined ? {} : { body }) });

  beforeAll(async () => {
    server = await startFhirServer({
      port: 0,
      nowMs: () => nowMs,
      authorize: (write) => (write.headers["x-forbidden"] === undefined ? undefined : "Not with this token."),
      cut: (write) => {
        const cut = write.headers["x-cut"];
        return cut === "before" || cut === "after" ? cut : undefined;
      },
      seed: [
        { resourceType: "Patient", id: "p-1", name: [{ family: "Waters", given: ["Shauna"] }] },
        {
          resourceType: "Observation",
          id: "w-1",
          status: "final",
          subject: { reference: "Patient/p-1" },
          code: { coding: [{ system: "http://loinc.org", code: "29463-7" }] },
          effectiveDateTime: "2026-11-12T09:10:00Z",
          valueQuantity: { value: 28, unit: "kg" },
        },
      ],
    });
  }, 60_000);
  afterAll(() => server.close());

  it("says what it does in a CapabilityStatement", async () => {
    const statement = (await (await call("GET", "/metadata")).json()) as {
      fhirVersion: string;
      rest: { resource: { type: string; interaction: { code: string }[] }[] }[];
    };
    expect(statement.fhirVersion).toBe("4.0.1");
    const order = statement.rest[0]?.resource.find(({ type }) => type === "MedicationRequest");
    expect(order?.interaction.map(({ code }) => code)).toContain("patch");
  });

  it("reads a seeded resource with its version and time, and finds it by search", async () => {
    const read = await call("GET", "/Patient/p-1");
    expect(read.status).toBe(200);
    expect(read.headers.get("etag")).toBe('W/"1"');
    expect(read.headers.get("last-modified")).toBe("Tue, 24 Nov 2026 10:00:00 GMT");
    const found = (await (
      await call("GET", "/Observation?patient=Patient/p-1&code=http://loinc.org|29463-7&_sort=-date&_count=1")
    ).json()) as { entry: { resource: { id: string } }[] };
    expect(found.entry.map(({ resource }) => resource.id)).toEqual(["w-1"]);
  });

  it("keeps the exact bytes of a write: decimals, spacing and order as they came", async () => {
    const body = `{ "subject":{"reference":"Patient/p-1"},\n\t"resourceType" : "MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"caf\u00e9 \u202e 2.50"},"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":2.50,"unit":"mg"}}]}] }`;
    const created = await call("POST", "/MedicationRequest", body);
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toMatch(
      new RegExp(`^${server.baseUrl}/MedicationRequest/[^/]+/_history/1$`),
    );
    expect(server.wire.at(-1)).toMatchObject({ method: "POST", path: "/MedicationRequest", status: 201 });
    expect(server.wire.at(-1)?.body.equals(Buffer.from(body))).toBe(true);
  });

  it("ignores an id that a create brings and gives its own", async () => {
    const created = await call("POST", "/MedicationRequest", JSON.stringify(order({ id: "mine" })));
    expect(((await created.json()) as { id: string }).id).not.toBe("mine");
  });

  it("updates with If-Match, counts versions up, and refuses a stale version with 412", async () => {
    const put = (status: string, version: string) =>
      call("PUT", "/MedicationRequest/m-1", JSON.stringify(order({ id: "m-1", status })), {
        ...FHIR,
        "if-match": `W/"${version}"`,
      });
    const first = await call("PUT", "/MedicationRequest/m-1", JSON.stringify(order({ id: "m-1" })));
    expect([first.status, first.headers.get("etag")]).toEqual([201, 'W/"1"']);
    nowMs += 1000;
    const second = await put("on-hold", "1");
    expect([second.status, second.headers.get("etag")]).toEqual([200, 'W/"2"']);
    const stale = await put("stopped", "1");
    expect(stale.status).toBe(412);
    expect(((await stale.json()) as { resourceType: string }).resourceType).toBe("OperationOutcome");
    expect(((await (await call("GET", "/MedicationRequest/m-1")).json()) as { status: string }).status).toBe("on-hold");
  });

  it("keeps every version, newest first however often it is asked", async () => {
    const versions = async () =>
      (
        (await (await call("GET", "/MedicationRequest/m-1/_history")).json()) as {
          entry: { resource: { meta: { versionId: string } } }[];
        }
      ).entry.map(({ resource }) => resource.meta.versionId);
    expect(await versions()).toEqual(["2", "1"]);
    expect(await versions()).toEqual(["2", "1"]);
    const first = (await (await call("GET", "/MedicationRequest/m-1/_history/1")).json()) as { status: string };
    expect(first.status).toBe("active");
  });

  it("applies a JSON Patch under If-Match and nothing of one that does not fit", async () => {
    const patch = (operations: object[], version: string) =>
      call("PATCH", "/MedicationRequest/m-1", JSON.stringify(operations), {
        "content-type": "application/json-patch+json",
        "if-match": `W/"${version}"`,
      });
    const bad = await patch(
      [
        { op: "replace", path: "/status", value: "stopped" },
        { op: "test", path: "/intent", value: "plan" },
      ],
      "2",
    );
    expect(bad.status).toBe(400);
    const good = await patch([{ op: "replace", path: "/status", value: "stopped" }], "2");
    expect([good.status, good.headers.get("etag")]).toEqual([200, 'W/"3"']);
    expect((await patch([{ op: "replace", path: "/status", value: "active" }], "2")).status).toBe(412);
  });

  it("deletes, then says that it is gone", async () => {
    await call("PUT", "/Basic/b-1", '{"resourceType":"Basic","id":"b-1","code":{"text":"x"}}');
    const stale = await call("DELETE", "/Basic/b-1", undefined, { "if-match": 'W/"9"' });
    expect(stale.status).toBe(412);
    expect((await call("DELETE", "/Basic/b-1")).status).toBe(204);
    expect((await call("GET", "/Basic/b-1")).status).toBe(410);
    expect((await call("GET", "/Basic/never")).status).toBe(404);
  });

  it.each([
    ["a resource that is not valid", "POST", "/MedicationRequest", '{"resourceType":"MedicationRequest"}', FHIR, 400],
    ["another type than the address", "POST", "/Patient", JSON.stringify(order()), FHIR, 400],
    ["what is not JSON", "POST", "/Patient", "{", FHIR, 400],
    ["another media type", "POST", "/Patient", "<Patient/>", { "content-type": "application/fhir+xml" }, 415],
    [
      "bytes that do not fit their digest",
      "POST",
      "/Basic",
      "{}",
      { ...FHIR, "content-digest": "sha-256=:AAAA:" },
      400,
    ],
    ["a write that its hook refuses", "POST", "/Basic", "{}", { ...FHIR, "x-forbidden": "1" }, 403],
    ["more than 1 MiB", "POST", "/Basic", " ".repeat(1024 * 1024 + 1), FHIR, 413],
  ])("refuses %s with an OperationOutcome", async (_what, method, path, body, headers, status) => {
    const answer = await call(method, path, body, headers);
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as { resourceType: string }).resourceType).toBe("OperationOutcome");
  });

  it("accepts a body that fits its Content-Digest", async () => {
    const body = '{"resourceType":"Basic","code":{"text":"x"}}';
    const digest = createHash("sha256").update(body).digest("base64");
    const answer = await call("POST", "/Basic", body, { ...FHIR, "content-digest": `sha-256=:${digest}:` });
    expect(answer.status).toBe(201);
  });

  it("executes an Idempotency-Key once, answers it again, and refuses it for other bytes", async () => {
    const post = (body: object) =>
      call("POST", "/MedicationRequest", JSON.stringify(body), { ...FHIR, "idempotency-key": "r1.1" });
    const first = await post(order());
    const again = await post(order());
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect((await post(order({ status: "draft" }))).status).toBe(422);
  });

  it("tells what became of an Idempotency-Key after the connection was cut", async () => {
    const cut = (when: string) =>
      call("POST", "/MedicationRequest", JSON.stringify(order()), {
        ...FHIR,
        "idempotency-key": `cut-${when}`,
        "x-cut": when,
      });
    await expect(cut("before")).rejects.toThrow();
    await expect(cut("after")).rejects.toThrow();
    const known = async (key: string) =>
      (
        (await (await call("GET", `/$execution?key=${key}`)).json()) as {
          parameter: { name: string; valueBoolean?: boolean; valueInteger?: number }[];
        }
      ).parameter.map((p) => p.valueBoolean ?? p.valueInteger);
    expect((await known("cut-before"))[0]).toBe(false);
    expect((await known("cut-after")).slice(0, 2)).toEqual([true, 201]);
  });

  const examples = resolve(import.meta.dirname, "../../../../shared/data/fhir-r4/r4/examples");
  // The library's validator: base64 with line breaks, and the invariant csd-1 on a hierarchy of codes.
  const librarys = ["binary-example.json", "codesystem-example.json"];
  it.skipIf(!existsSync(examples))(
    "stores the public FHIR R4 examples, but two that its validator refuses",
    async () => {
      const refused: string[] = [];
      for (const name of readdirSync(examples).filter((n) => /^(?!.*(?:bundle|capability)).*\.json$/i.test(n))) {
        const text = readFileSync(resolve(examples, name), "utf8");
        const { resourceType } = JSON.parse(text) as { resourceType?: string };
        if (resourceType === undefined) continue;
        const answer = await call("POST", `/${resourceType}`, text);
        if (answer.status !== 201) refused.push(name);
      }
      expect(refused.sort()).toEqual(librarys);
    },
  );
});
