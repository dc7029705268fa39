import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { contentDigest } from "#shared/protocol/digest.ts";

import { startFhirServer, type FhirServer } from "../../../demo/fhir/server.ts";
import { OnceOnly } from "../../../gateway/agents/once.ts";
import { makeHandles } from "../../../gateway/agents/handle.ts";
import { crypto } from "../device.ts";
import { AGENT_SUB, seed, startDoorKit, type DoorKit } from "./kit.ts";

describe("who an agent is", () => {
  let fhir: FhirServer;
  let kit: DoorKit;
  beforeAll(async () => {
    fhir = await startFhirServer({ port: 0, seed });
  }, 60_000);
  afterAll(() => fhir.close());
  beforeEach(async () => {
    kit = await startDoorKit(fhir);
  });
  afterEach(() => kit.close());

  /** A read that policy allows: 200 means the agent was believed. */
  const read = async (authorization: string | undefined, path = "/fhir/Patient/p"): Promise<number> => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    return (await fetch(kit.url + path, { headers })).status;
  };

  it("is believed by an assertion of its registered key, for this gateway, once", async () => {
    const token = `Bearer ${kit.assertion()}`;
    expect(await read(token)).toBe(200);
    expect(await read(token)).toBe(401);
    expect(await read(`bearer ${kit.assertion({ aud: ["https://else.example", kit.world.core.iss] })}`)).toBe(200);
    const other = { iss: "urn:agent:other", sub: "urn:agent:other" };
    expect(await read(`Bearer ${kit.assertion(other, kit.other)}`)).toBe(200);
  });

  it("is not believed otherwise", async () => {
    const now = kit.world.now();
    const token = kit.assertion();
    const bad: Record<string, string | undefined> = {
      "no assertion": undefined,
      "another scheme": `Basic ${token}`,
      "another's key": `Bearer ${kit.assertion({}, kit.other)}`,
      "an unregistered key": `Bearer ${kit.assertion({}, generateKey("ES256"))}`,
      "an unknown agent": `Bearer ${kit.assertion({ iss: "urn:agent:x", sub: "urn:agent:x" })}`,
      "two names": `Bearer ${kit.assertion({ iss: "urn:agent:other" })}`,
      "another gateway": `Bearer ${kit.assertion({ aud: "https://else.example" })}`,
      "another kind of signed object": `Bearer ${kit.assertion({}, kit.key, "session")}`,
      expired: `Bearer ${kit.assertion({ iat: now - 200, exp: now - 100 })}`,
      "from the future": `Bearer ${kit.assertion({ iat: now + 120, exp: now + 180 })}`,
      "valid for too long": `Bearer ${kit.assertion({ exp: now + 301 })}`,
      "older than the gateway": `Bearer ${kit.assertion({ iat: now - 61, exp: now + 60 })}`,
      "no id": `Bearer ${kit.assertion({ jti: undefined })}`,
      "another method": `Bearer ${kit.assertion({ htm: "POST" })}`,
      "another body": `Bearer ${kit.assertion({ content_digest: contentDigest(crypto, "x") })}`,
      "a changed signature": `Bearer ${token.slice(0, -4)}AAAA`,
      rubbish: "Bearer a.b.c",
    };
    for (const [what, authorization] of Object.entries(bad)) {
      expect([what, await read(authorization)]).toEqual([what, 401]);
    }
    const refused = await fetch(`${kit.url}/fhir/Patient/p`);
    expect(refused.headers.get("www-authenticate")).toContain("Bearer");
  });

  it("guesses slowly", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 51; i++) statuses.push(await read("Bearer a.b.c"));
    expect([statuses[0], statuses[50]]).toEqual([401, 429]);
    kit.world.clock.advance(1000);
    expect(await read("Bearer a.b.c")).toBe(401);
  });

  it.each([
    ["/fhir/Patient/p", 200],
    ["/fhir/Observation?patient=p&code=29463-7", 200],
    ["/fhir/Observation?subject=Patient/p&_count=1", 200],
    ["/fhir/Observation/none", 404],
    ["/fhir/Observation", 403],
    ["/fhir/Observation?code=29463-7", 403],
    ["/fhir/Observation?patient=p&patient=q", 403],
    ["/fhir/Observation?patient=p,q", 403],
    ["/fhir/Observation?patient=p&_include=Observation:subject", 403],
    ["/fhir/Observation?patient=p&subject.name=x", 403],
    ["/fhir/Observation?patient=p&_has:Group:member:_id=x", 403],
    ["/fhir/Patient?name=w", 403],
    ["/fhir/Patient/p/$everything", 403],
    ["/fhir/MedicationRequest?patient=p", 403],
    ["/fhir", 403],
  ])("reads %s: %i", async (path, status) => {
    expect(await read(`Bearer ${kit.assertion()}`, path)).toBe(status);
  });

  it("gets the record's own answer to a read, and none of its credentials is passed on", async () => {
    const response = await fetch(`${kit.url}/fhir/Patient/p`, {
      headers: { authorization: `Bearer ${kit.assertion()}` },
    });
    expect([response.headers.get("etag"), ((await response.json()) as { id: string }).id]).toEqual(['W/"1"', "p"]);
    let passed: Headers | undefined;
    const watched = await startDoorKit(fhir, {
      fetch: (input, init) => {
        passed = new Headers(init?.headers);
        return fetch(input, init);
      },
    });
    await watched.call("GET", "/fhir/Patient/p");
    expect(passed?.has("authorization")).toBe(false);
    await watched.close();
  });

  it("never gets a 500 for what it sends as an assertion", async () => {
    const signer = makeSigner(kit.key);
    const odd = [
      "",
      "Bearer",
      `Bearer ${"a".repeat(10_000)}`,
      "Bearer ..",
      `Bearer ${signer.sign("clientAssertion" as never, { sub: AGENT_SUB })}`,
    ];
    for (const authorization of odd) expect([401, 429, 431]).toContain(await read(authorization));
  });
});

describe("names that count once", () => {
  it("are taken once until they cannot be valid any more", () => {
    const once = new OnceOnly();
    expect([once.take("a", 100, 0), once.take("a", 100, 50), once.take("b", 100, 50)]).toEqual([true, false, true]);
    expect(once.take("a", 300, 161)).toBe(true);
  });
});

describe("handles", () => {
  const rid = "019f0000-0000-7000-8000-000000000001";
  let n = 0;
  const handles = makeHandles(new Uint8Array(32).fill(1), (bytes) => new Uint8Array(bytes).fill(n++));

  it("hide the request and open only where they were made", () => {
    const handle = handles.seal(rid);
    expect(handles.open(handle)).toBe(rid);
    expect(handles.seal(rid)).not.toBe(handle);
    const elsewhere = makeHandles(new Uint8Array(32).fill(2), (bytes) => new Uint8Array(bytes));
    expect(elsewhere.open(handle)).toBeUndefined();
  });

  it("open for nothing that was changed", () => {
    const handle = handles.seal(rid);
    for (let i = 0; i < handle.length; i++) {
      const changed = `${handle.slice(0, i)}${handle[i] === "A" ? "B" : "A"}${handle.slice(i + 1)}`;
      expect(handles.open(changed)).toBeUndefined();
    }
    expect(["", "A", rid].map((text) => handles.open(text))).toEqual([undefined, undefined, undefined]);
  });
});
