import { describe, expect, it } from "vitest";

import type { DecisionClaims } from "#shared/protocol/claims/decision.ts";
import { effectiveGrant } from "#shared/protocol/quorum/effective.ts";
import { checkQuorum } from "#shared/protocol/quorum/gate.ts";
import { checkQuorumPlace, lapsedApprovals, liveApprovals, windowOf } from "#shared/protocol/quorum/window.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { requestWith } from "../fixture/case.ts";
import { decide, revoke, type Draft, type Signed } from "../fixture/decision.ts";
import {
  codeOf,
  crypto,
  DIR,
  gateway,
  ISS,
  makePerson,
  makeRequest,
  signRequest,
  T0,
  uuid,
} from "../fixture/hospital.ts";

const [lee, kim, max] = [makePerson("lee"), makePerson("kim"), makePerson("max")];
const two = (quorum: Partial<RequestClaims["policy"]["quorum"]> = {}) =>
  requestWith({ quorum: { need: 2, ...quorum } });
const at = (seconds: number, after?: readonly Signed[]) => (c: Draft) => {
  c.iat = T0 + seconds;
  c.exp = c.iat + 120;
  c.auth_time = c.iat;
  if (after) c.after = after.map((d) => d.dig);
};
const gate = (request: { readonly jws: string }, ...decisions: readonly Signed[]) =>
  checkQuorum({
    crypto,
    request: request.jws,
    decisions: decisions.map((d) => d.jws),
    gatewayKey: () => crypto.importKey(gateway.jwk),
    directoryEntry: (kid) => [lee, kim, max].find((p) => p.entry.kid === kid)?.entry,
  });
const shut = (failure: string) => ({ ok: false, code: "E_QRM_GATE", failure, message: failure });

describe("V29 opens", () => {
  it("and says on which approvals it rests, whose they are, and what they grant", () => {
    const request = two();
    const decisions = [decide(lee, request), decide(kim, request)];
    expect(gate(request, ...decisions)).toMatchObject({
      ok: true,
      approvals: decisions.map((d) => d.dig),
      approvers: [lee.entry.sub, kim.entry.sub],
      grant: { until: T0 + 1200 },
    });
  });
  it("for approvals in their order, the first with or without an empty list", () => {
    const request = two({ ordered: true });
    for (const none of [[], undefined]) {
      const first = decide(lee, request, at(60, none));
      expect(gate(request, first, decide(kim, request, at(61, [first])))).toMatchObject({ ok: true });
    }
  });
  it("for approvals that are just one window apart", () => {
    const request = two({ window: 100 });
    expect(gate(request, decide(lee, request, at(60)), decide(kim, request, at(160)))).toMatchObject({ ok: true });
  });
  it("for one approval where one is enough: no window and no order bind it to another", () => {
    const request = requestWith({ quorum: { need: 1, ordered: true, window: 100 } });
    const both = gate(request, decide(lee, request, at(60)), decide(kim, request, at(500)));
    expect(both).toMatchObject({ ok: true, approvers: [lee.entry.sub, kim.entry.sub] });
  });
  it("whatever somebody takes back that is not one of these", () => {
    const request = two();
    const other = decide(max, two());
    const decisions = [decide(lee, request), decide(kim, request), decide(max, request, revoke(other))];
    expect(gate(request, ...decisions)).toMatchObject({ ok: true, approvers: [lee.entry.sub, kim.entry.sub] });
  });
});

describe("V29 stays shut", () => {
  const request = two();
  const one = decide(lee, request);
  it.each<[string, (c: Draft) => void]>([
    ["another digest", (c) => (c.req_dig = c.pol.dig)],
    ["another request", (c) => (c.rid = uuid())],
    ["another revision", (c) => (c.rev = 2)],
    ["another nonce", (c) => (c.nonce = "B".repeat(22))],
    ["another task", (c) => (c.txn = uuid())],
    ["another gateway", (c) => (c.aud = `${ISS}.example`)],
    ["another policy", (c) => (c.pol = { ...c.pol, dig: c.req_dig })],
  ])("for an approval of %s, all else equal", (_, change) => {
    expect(gate(request, one, decide(kim, request, change))).toEqual(shut("action_mismatch"));
  });
  it("for an approval in another device's name", () => {
    const other = decide(kim, request, (c) => (c.iss = `${DIR}/devices/other`));
    expect(gate(request, one, other)).toEqual(shut("bad_signature"));
  });
  it("for too few approvals, however many other decisions there are", () => {
    const other = decide(kim, request, revoke(decide(max, two())));
    expect(gate(request, one, other)).toEqual(shut("under_threshold"));
  });
  it("for a policy that asks for a level nobody knows", () => {
    const policy = { ...makeRequest().policy, dig: "", acr: "urn:countersign:acr:future" };
    const future = signRequest(makeRequest((r) => (r.policy = policy)));
    expect(gate(future, decide(lee, future))).toEqual(shut("bad_policy"));
  });
  it("for a policy that asks for nobody", () => {
    const policy = { ...makeRequest().policy, dig: "", quorum: { need: 0 } };
    const nobody = signRequest(makeRequest((r) => (r.policy = policy)));
    expect(gate(nobody)).toMatchObject({ ok: false });
  });
  it("and what is no fault of the objects is not taken for one", () => {
    const broken = () => {
      throw new TypeError("no directory");
    };
    const input = { crypto, request: request.jws, decisions: [one.jws], directoryEntry: broken };
    expect(() => checkQuorum({ ...input, gatewayKey: () => crypto.importKey(gateway.jwk) })).toThrow(TypeError);
  });
});

describe("what counts in a quorum", () => {
  const approval = { dig: "a", decision: "approve", live: true, iat: 100 };
  it("is a live approval, and nothing else", () => {
    const others = [
      { ...approval, live: false },
      { ...approval, decision: "deny" },
      { ...approval, live: false, decision: "deny" },
    ];
    expect(liveApprovals([...others, approval])).toEqual([approval]);
  });
  it("is 900 seconds long unless policy says, to the second", () => {
    const { policy } = two().claims;
    expect(windowOf(policy)).toBe(900);
    expect(lapsedApprovals([approval], policy, 1000)).toEqual([]);
    expect(lapsedApprovals([approval], policy, 1001)).toEqual([approval]);
  });
  it.each<[string, string[] | undefined, string]>([
    ["the approval there is", ["a"], "none"],
    ["another approval", ["b"], "E_QRM_ORDER"],
    ["none", undefined, "E_QRM_ORDER"],
    ["one too many", ["a", "b"], "E_QRM_ORDER"],
  ])("has its place in an order by what it names: %s", (_, after, code) => {
    const { policy } = two({ ordered: true }).claims;
    const claims = { iat: 100, after } as unknown as DecisionClaims;
    expect(
      codeOf(() => {
        checkQuorumPlace(claims, policy, [approval]);
      }),
    ).toBe(code);
  });
  it("has the first place by naming none", () => {
    const { policy } = two({ ordered: true }).claims;
    expect(
      codeOf(() => {
        checkQuorumPlace({ iat: 1 } as unknown as DecisionClaims, policy, []);
      }),
    ).toBe("none");
  });
});

describe("the effective grant", () => {
  const request = makeRequest();
  const granted = [...request.authorization_details].reverse();
  const approval = (more: object) => ({ granted, grant_exp: 5, ...more }) as unknown as DecisionClaims;
  it("of one approval is its own, as it stands", () => {
    expect(effectiveGrant(crypto, request, [approval({})])?.elements).toBe(granted);
  });
  it("E_CLM_SHAPE: an approval that grants nothing, or until no time", () => {
    for (const lacking of [{ granted: undefined }, { grant_exp: undefined }])
      expect(codeOf(() => effectiveGrant(crypto, request, [approval({}), approval(lacking)]))).toBe("E_CLM_SHAPE");
  });
  it("ends with the first of them", () => {
    expect(effectiveGrant(crypto, request, [approval({}), approval({ grant_exp: 3 })])?.until).toBe(3);
  });
});
