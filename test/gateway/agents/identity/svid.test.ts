import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeEach, describe, expect, it } from "vitest";

import { generateKey, makeSigner, publicOf, type PrivateJwk } from "#shared/crypto/sign.ts";

import type { AgentAuth } from "../../../../gateway/agents/assertion.ts";
import type { Shown } from "../../../../gateway/agents/identity/shown.ts";
import { trustBundleIn } from "../../../../gateway/agents/identity/trust-bundle.ts";
import { crypto } from "../../device.ts";
import { makeAgent } from "../../world.ts";
import { authOf, ISS, judged, time } from "./kit.ts";

const ID = "spiffe://hospital.example/agents/anticoag";

describe("SPIFFE JWT-SVID", () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-spiffe-"));
  const file = join(folder, "bundle.json");
  const [first, second] = [generateKey("ES256"), generateKey("ES256")];
  const told: string[] = [];
  let auth: AgentAuth;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const entry = (jwk: PrivateJwk, kid: string, use = "jwt-svid") => {
    const { alg: _alg, ...rest } = publicOf(jwk);
    return { ...rest, kid, use };
  };
  const bundle = (...keys: object[]): void => writeFileSync(file, JSON.stringify({ keys, spiffe_sequence: 1 }));
  beforeEach(() => {
    bundle(entry(first, "key-1"), { use: "x509-svid", kty: "RSA", n: "x", e: "AQAB", x5c: ["MIIB"] });
    told.splice(0);
    auth = authOf(
      [
        makeAgent({ sub: ID, keys: [], spiffe: ID }),
        makeAgent({ sub: "urn:agent:fleet", keys: [], spiffe: "spiffe://hospital.example/fleet/*" }),
      ],
      {
        bundle: trustBundleIn({
          ...{ file, trustDomain: "hospital.example", crypto, nowMs: () => time.now * 1000 },
          onUnreadable: () => told.push("unreadable"),
        }),
      },
    );
  });

  function svid(over: object = {}, by = first, head: object = {}): Shown {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const header = { alg: "ES256", kid: "key-1", typ: "JWT", ...head };
    const input = `${part(header)}.${part({ sub: ID, aud: [ISS], iat: time.now, exp: time.now + 300, ...over })}`;
    const signature = Buffer.from(makeSigner(by).signBytes(Buffer.from(input))).toString("base64url");
    return { authorization: `Bearer ${input}.${signature}` };
  }

  it("is believed when its trust domain signed it for this gateway", () => {
    expect(judged(auth, svid())).toBe(ID);
    expect(judged(auth, svid({ aud: ISS }, first, { typ: undefined }))).toBe(ID);
  });

  it("finds the agent by a pattern one step deep, and never beyond", () => {
    expect(judged(auth, svid({ sub: "spiffe://hospital.example/fleet/ward-4" }))).toBe("urn:agent:fleet");
    for (const sub of ["spiffe://hospital.example/fleet", "spiffe://hospital.example/fleet/a/b", `${ID}/x`]) {
      expect(judged(auth, svid({ sub }))).toBe("E_AGENT_UNKNOWN");
    }
  });

  it.each([
    ["another trust domain", { sub: "spiffe://evil.example/agents/anticoag" }],
    ["a domain that only begins like it", { sub: "spiffe://hospital.example.evil/agents/anticoag" }],
    ["no SPIFFE ID", { sub: "urn:agent:fleet" }],
    ["a path that climbs", { sub: "spiffe://hospital.example/fleet/../agents/anticoag" }],
    ["another audience", { aud: ["https://else.example"] }],
    ["no audience", { aud: [] }],
    ["a time that is over", { exp: time.now - 1 }],
    ["this very second as its end", { exp: time.now }],
    ["an hour to live", { exp: time.now + 3600 }],
    ["no end", { exp: undefined }],
    ["a beginning in the future", { nbf: time.now + 120 }],
  ])("is not believed with %s", (_what, over) => {
    expect(judged(auth, svid(over))).toMatch(/^E_AGENT_(?:AUTH|UNKNOWN)$/);
  });

  it("is not believed by a key that is not in the bundle, or not there for SVIDs", () => {
    expect(judged(auth, svid({}, second))).toBe("E_AGENT_AUTH");
    expect(judged(auth, svid({}, second, { kid: "key-2" }))).toBe("E_AGENT_AUTH");
    time.now += 2;
    bundle(entry(first, "key-1", "x509-svid"));
    expect(judged(auth, svid())).toBe("E_AGENT_AUTH");
  });

  it("is not believed when the algorithm is confused", () => {
    const { x } = publicOf(first);
    for (const head of [{ alg: "none" }, { alg: "HS256" }, { alg: "RS256" }, { alg: "Ed25519" }, { jwk: { x } }]) {
      expect(judged(auth, svid({}, first, head))).toBe("E_AGENT_AUTH");
    }
    expect(judged(auth, { authorization: `${svid().authorization!.slice(0, -4)}AAAA` })).toBe("E_AGENT_AUTH");
  });

  it("follows the bundle when keys rotate, within a second and without a restart", () => {
    expect(judged(auth, svid({}, second, { kid: "key-2" }))).toBe("E_AGENT_AUTH");
    bundle(entry(first, "key-1"), entry(second, "key-2"));
    time.now += 2;
    expect(judged(auth, svid({}, second, { kid: "key-2" }))).toBe(ID);
    bundle(entry(second, "key-2"));
    time.now += 2;
    expect(judged(auth, svid())).toBe("E_AGENT_AUTH");
  });

  it("keeps the last good bundle while the file cannot be read, and says so", () => {
    writeFileSync(file, "half a fil");
    time.now += 2;
    expect(judged(auth, svid())).toBe(ID);
    expect(told).toEqual(["unreadable"]);
  });

  it("does not begin with a file that is no bundle", () => {
    writeFileSync(file, "[]");
    const open = () =>
      trustBundleIn({ file, trustDomain: "hospital.example", crypto, nowMs: () => 0, onUnreadable: () => undefined });
    expect(open).toThrow(expect.objectContaining({ code: "E_CLI_INPUT" }));
  });

  it("is never taken where no trust bundle is configured", () => {
    expect(judged(authOf([makeAgent({ sub: ID, keys: [], spiffe: ID })]), svid())).toBe("E_AGENT_AUTH");
  });
});
