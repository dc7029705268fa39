import { describe, expect, it } from "vitest";

import { poolUri } from "#shared/protocol/names.ts";

import { caseOfLee, requestWith } from "../fixture/case.ts";
import { decide, deny, makeDecision, revoke, spell, worldOf, type Draft } from "../fixture/decision.ts";
import { DIR, ISS, makePerson, makeRequest, signRequest, T0, uuid } from "../fixture/hospital.ts";

const { lee, request, judge, NOW } = caseOfLee();

describe("V10–V18: a decision of a known key gets a signed rejection", () => {
  it("E_KEY_SUBJECT: signed in another person's name", () => {
    expect(judge((c) => (c.sub = `${DIR}/approvers/someone`))).toBe("E_KEY_SUBJECT");
  });
  it("E_KEY_DEVICE: signed in another device's name", () => {
    expect(judge((c) => (c.iss = `${DIR}/devices/other`))).toBe("E_KEY_DEVICE");
  });
  it.each([
    ["E_KEY_REVOKED", "revoked"],
    ["E_KEY_SUSPENDED", "suspended"],
  ] as const)("%s: the key is %s", (code, status) => {
    expect(judge(deny, { person: { ...lee, entry: { ...lee.entry, status } } })).toBe(code);
  });
  it("E_KEY_VALIDITY: signed or arriving outside the credential's life, give or take a minute before it", () => {
    const withLife = (nbf: number, exp: number) => ({ person: { ...lee, entry: { ...lee.entry, nbf, exp } } });
    expect(judge(undefined, withLife(T0 + 120, T0 + 900))).toBe("recorded:approved");
    expect(judge(undefined, withLife(T0 + 121, T0 + 900))).toBe("E_KEY_VALIDITY");
    expect(judge(undefined, withLife(T0, T0 + 59))).toBe("E_KEY_VALIDITY");
    expect(judge(undefined, withLife(T0, T0 + 61))).toBe("E_KEY_VALIDITY");
  });
  it("E_REQ_UNKNOWN: no such request here; the receipt's outcome is unknown", () => {
    const other = signRequest(makeRequest());
    const verdict = worldOf([lee], [request]).submit(decide(lee, other).jws, NOW);
    expect(verdict).toMatchObject({ kind: "reject", code: "E_REQ_UNKNOWN", outcome: "unknown" });
  });
  it("E_REQ_SUPERSEDED: a lower or a higher revision than the current", () => {
    expect(judge((c) => (c.rev = 0))).toBe("E_REQ_SUPERSEDED");
    expect(judge((c) => (c.rev = 2))).toBe("E_REQ_SUPERSEDED");
  });
  it("E_REQ_DIGEST: an answer to other bytes", () => {
    expect(judge((c) => (c.req_dig = signRequest(makeRequest()).dig))).toBe("E_REQ_DIGEST");
  });
  it("E_REQ_NONCE and E_REQ_TXN: not this request's one-time value, not its task", () => {
    expect(judge((c) => (c.nonce = "BBBBBBBBBBBBBBBBBBBBBB"))).toBe("E_REQ_NONCE");
    expect(judge((c) => (c.txn = uuid()))).toBe("E_REQ_TXN");
  });
  it("E_POL_MISMATCH: decided under another policy", () => {
    expect(judge((c) => (c.pol = { ...c.pol, id: "urn:policy:other" }))).toBe("E_POL_MISMATCH");
    expect(judge((c) => (c.pol = { ...c.pol, dig: c.req_dig }))).toBe("E_POL_MISMATCH");
  });
  it("E_CLM_LIFETIME: ends before it begins, or lives longer than 300 s, offline than the policy's max_age", () => {
    expect(judge((c) => (c.exp = c.iat))).toBe("E_CLM_LIFETIME");
    expect(judge((c) => (c.exp = c.iat + 301))).toBe("E_CLM_LIFETIME");
    expect(judge((c) => (deny(c), (c.offline = true), (c.exp = c.iat + 600)))).toBe("recorded:denied");
    expect(judge((c) => (deny(c), (c.offline = true), (c.exp = c.iat + 601)))).toBe("E_CLM_LIFETIME");
  });
  it("E_CLM_FUTURE and E_CLM_EXPIRED: more than a minute ahead of or behind the clock", () => {
    expect(judge(undefined, { now: T0 })).toBe("recorded:approved");
    expect(judge(undefined, { now: T0 - 1 })).toBe("E_CLM_FUTURE");
    expect(judge(undefined, { now: T0 + 240 })).toBe("recorded:approved");
    expect(judge(undefined, { now: T0 + 241 })).toBe("E_CLM_EXPIRED");
  });
  it("E_CLM_BEFORE_REQUEST: dated more than a minute before the request", () => {
    expect(judge((c) => ((c.iat = T0 - 61), (c.exp = T0 + 100), (c.auth_time = T0 - 61)))).toBe("E_CLM_BEFORE_REQUEST");
  });
  it("E_REQ_EXPIRED: signed after the request's end", () => {
    const late = (c: Draft) => ((c.iat = T0 + 901), (c.exp = T0 + 960), (c.auth_time = T0 + 901));
    expect(judge(late, { now: T0 + 902 })).toBe("E_REQ_EXPIRED");
  });
  it("E_POL_OFFLINE: an approval without a live session, where the policy does not allow it", () => {
    expect(judge((c) => (c.offline = true))).toBe("E_POL_OFFLINE");
    const asked = requestWith({ offline: { approve: true, max_age: 600 } });
    expect(judge((c) => (c.offline = true), { asked })).toBe("recorded:approved");
  });
  it("E_REQ_LATE: arriving after submit_by, to the second; a revocation may", () => {
    const signed = (c: Draft) => (deny(c), (c.iat = T0 + 890), (c.exp = T0 + 990));
    expect(judge(signed, { now: T0 + 900 })).toBe("recorded:denied");
    expect(judge(signed, { now: T0 + 901 })).toBe("E_REQ_LATE");
  });
  it("E_CLM_DECISION: none of approve, deny and revoke", () => {
    expect(judge((c) => (c.decision = "maybe"))).toBe("E_CLM_DECISION");
  });
  it("E_AUZ_NOT_ELIGIBLE: in none of the pools asked; being named oneself is enough", () => {
    const outsider = makePerson("outsider", { pools: ["ortho"] });
    expect(judge(undefined, { person: outsider })).toBe("E_AUZ_NOT_ELIGIBLE");
    expect(judge(deny, { person: outsider })).toBe("E_AUZ_NOT_ELIGIBLE");
    const asked = signRequest(makeRequest((r) => (r.aud = [poolUri(ISS, "cardiology"), outsider.entry.sub])));
    expect(judge(undefined, { person: outsider, asked })).toBe("recorded:approved");
  });
  it("E_AUZ_ROLE: without one of the policy's roles; a policy without roles asks for none", () => {
    const nurse = makePerson("nurse", { roles: ["nurse"] });
    expect(judge(undefined, { person: nurse })).toBe("E_AUZ_ROLE");
    const { roles: _, ...policy } = makeRequest().policy;
    const asked = signRequest(makeRequest((r) => (r.policy = { ...policy, dig: "" })));
    expect(judge(undefined, { person: nurse, asked })).toBe("recorded:approved");
  });
  it.each(["asker", "owner", "excluded", "obo", "sub-owner"])(
    "E_SOD_EXCLUDED: %s may not approve, and may deny",
    (name) => {
      const person = makePerson(name);
      const asked = signRequest(
        makeRequest((r) => {
          const sub = "spiffe://example/agents/sub";
          r.agent = { ...r.agent, obo: `${DIR}/approvers/obo`, act: [{ sub, owner: `${DIR}/approvers/sub-owner` }] };
        }),
      );
      expect(judge(undefined, { person, asked })).toBe("E_SOD_EXCLUDED");
      expect(judge(deny, { person, asked })).toBe("recorded:denied");
    },
  );
  it("E_CHAIN_GAP: a skipped link, told with where the chain stands; the key is not suspended for it", () => {
    const world = worldOf([lee], [request]);
    const verdict = world.submit(decide(lee, request, (c) => (c.chain = { ...c.chain, n: 3 })).jws, NOW);
    expect(verdict).toMatchObject({ kind: "reject", code: "E_CHAIN_GAP", chain: { n: 0 } });
    expect(verdict).not.toHaveProperty("suspend");
    expect(spell(world.submit(decide(lee, request).jws, NOW))).toBe("recorded:approved");
  });
  it("E_CHAIN_FORK: a used slot or another predecessor suspends the key at once", () => {
    for (const chain of [
      { n: 0, prev: makeDecision(lee, request).chain.prev },
      { n: 1, prev: request.dig },
    ]) {
      const world = worldOf([lee], [request]);
      const verdict = world.submit(decide(lee, request, (c) => (c.chain = chain)).jws, NOW);
      expect(verdict).toMatchObject({ kind: "reject", code: "E_CHAIN_FORK", suspend: true });
      expect(spell(world.submit(decide(lee, request).jws, NOW))).toBe("E_KEY_SUSPENDED");
    }
  });
  it("E_REQ_TERMINAL: a second person comes after the request was decided", () => {
    const kim = makePerson("kim");
    const world = worldOf([lee, kim], [request]);
    expect(spell(world.submit(decide(lee, request, deny).jws, NOW))).toBe("recorded:denied");
    expect(world.submit(decide(kim, request).jws, NOW)).toMatchObject({ code: "E_REQ_TERMINAL", outcome: "denied" });
  });
  it("E_CLM_REASON: missing where needed, unknown, or `other` without eight characters", () => {
    expect(judge((c) => (deny(c), delete c.reason))).toBe("E_CLM_REASON");
    expect(judge((c) => (deny(c), (c.reason = { code: "because" })))).toBe("E_CLM_REASON");
    expect(judge((c) => (deny(c), (c.reason = { code: "other", text: " seven77 " })))).toBe("E_CLM_REASON");
    expect(judge((c) => (deny(c), (c.reason = { code: "other", text: "eight888" })))).toBe("recorded:denied");
    expect(judge(undefined, { asked: requestWith({ reason_on: ["approve"] }) })).toBe("E_CLM_REASON");
  });
});

describe("revocation inside the hold", () => {
  const approved = () => {
    const world = worldOf([lee, makePerson("kim")], [request]);
    const approval = decide(lee, request);
    expect(spell(world.submit(approval.jws, NOW))).toBe("recorded:approved");
    return { world, approval };
  };
  it("takes one's own approval back, even after the request's end", () => {
    const { world, approval } = approved();
    expect(spell(world.submit(decide(lee, request, revoke(approval, T0 + 950)).jws, T0 + 951))).toBe(
      "recorded:revoked",
    );
    expect(world.decisionsOf(request.claims.rid).map((d) => d.live)).toEqual([false, true]);
  });
  it("E_REVOKE_TARGET: not an approval of one's own on this request", () => {
    const { world, approval } = approved();
    const wrong = decide(lee, request, (c) => (revoke(approval)(c), (c.revokes = request.dig)));
    expect(spell(world.submit(wrong.jws, T0 + 91))).toBe("E_REVOKE_TARGET");
  });
  it("E_REQ_TERMINAL: a second revocation of the same approval", () => {
    const { world, approval } = approved();
    const first = decide(lee, request, revoke(approval));
    expect(spell(world.submit(first.jws, T0 + 91))).toBe("recorded:revoked");
    const again = decide(lee, request, (c) => (revoke(approval)(c), (c.chain = { n: 3, prev: first.dig })));
    expect(spell(world.submit(again.jws, T0 + 91))).toBe("E_REQ_TERMINAL");
  });
});
