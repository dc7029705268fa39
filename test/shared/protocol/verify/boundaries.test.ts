import { describe, expect, it } from "vitest";

import { caseOfLee } from "../fixture/case.ts";
import { deny, revoke, type Draft } from "../fixture/decision.ts";
import { makeRequest, signRequest, T0 } from "../fixture/hospital.ts";

const { lee, request, judge } = caseOfLee();
const withEntry = (more: object) => ({ person: { ...lee, entry: { ...lee.entry, ...more } } });
const dated =
  (iat: number, more: (c: Draft) => void = () => undefined) =>
  (c: Draft) => {
    more(c);
    c.iat = iat;
    c.exp = iat + 120;
    c.auth_time = iat;
  };

describe("the last moment that still counts", () => {
  it("of a credential is its exp, for the signature and for its arrival", () => {
    expect(judge(dated(T0 + 60), { ...withEntry({ exp: T0 + 60 }), now: T0 + 60 })).toBe("recorded:approved");
    expect(judge(dated(T0 + 60), { ...withEntry({ exp: T0 + 60 }), now: T0 + 61 })).toBe("E_KEY_VALIDITY");
  });
  it("before a request is a minute before it", () => {
    expect(judge(dated(T0 - 60), { now: T0 })).toBe("recorded:approved");
    expect(judge(dated(T0 - 61), { now: T0 })).toBe("E_CLM_BEFORE_REQUEST");
  });
  it("of a request is its exp, and submit_by for what arrives", () => {
    expect(judge(dated(T0 + 900, deny), { now: T0 + 900 })).toBe("recorded:denied");
    const early = signRequest(makeRequest((r) => (r.submit_by = T0 + 100)));
    expect(judge(dated(T0 + 60, deny), { asked: early, now: T0 + 100 })).toBe("recorded:denied");
    expect(judge(dated(T0 + 60, deny), { asked: early, now: T0 + 101 })).toBe("E_REQ_LATE");
    const { submit_by: _, ...rest } = makeRequest();
    const unsaid = signRequest(rest);
    expect(judge(dated(T0 + 890, deny), { asked: unsaid, now: T0 + 900 })).toBe("recorded:denied");
    expect(judge(dated(T0 + 890, deny), { asked: unsaid, now: T0 + 901 })).toBe("E_REQ_LATE");
  });
});

it("E_SIG_KID: an entry whose key is not the one it names, even where that key is a weak one", () => {
  const weak = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43), alg: "Ed25519" };
  expect(judge(undefined, withEntry({ jwk: weak }))).toBe("E_SIG_KID");
  expect(judge(undefined, withEntry({ jwk: caseOfLee().lee.signer.jwk }))).toBe("E_SIG_KID");
});

it("E_KEY_REVOKED: a status that this version does not know is not active", () => {
  expect(judge(undefined, withEntry({ status: "resting" }))).toBe("E_KEY_REVOKED");
});

it("E_CLM_SHAPE: a revocation that does not say of what", () => {
  const take = revoke({ dig: request.dig, jws: "" });
  expect(judge((c) => (take(c), delete c.revokes))).toBe("E_CLM_SHAPE");
});
