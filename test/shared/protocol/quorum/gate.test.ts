import { describe, expect, it } from "vitest";

import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { checkQuorum } from "#shared/protocol/quorum/gate.ts";
import { RAR, TYP } from "#shared/protocol/names.ts";

import { requestWith } from "../fixture/case.ts";
import { decide, deny, revoke, type Draft, type Signed } from "../fixture/decision.ts";
import { crypto, DIR, gateway, makePerson, makeRequest, signRequest, T0, type Person } from "../fixture/hospital.ts";

const [lee, kim, max] = [makePerson("lee"), makePerson("kim"), makePerson("max")];
const people = [lee, kim, max];
const two = (quorum: Partial<RequestClaims["policy"]["quorum"]> = {}) =>
  requestWith({ quorum: { need: 2, ...quorum } });
const after =
  (...earlier: Signed[]) =>
  (c: Draft): void => {
    c.after = earlier.map((d) => d.dig);
  };
const at =
  (seconds: number) =>
  (c: Draft): void => {
    c.iat = T0 + seconds;
    c.exp = c.iat + 120;
    c.auth_time = c.iat;
  };

function gate(
  request: { readonly jws: string },
  decisions: readonly Signed[],
  entries: readonly Person[] = people,
): string {
  const result = checkQuorum({
    crypto,
    request: request.jws,
    decisions: decisions.map((d) => d.jws),
    gatewayKey: (kid) => (kid === gateway.kid ? crypto.importKey(gateway.jwk) : undefined),
    directoryEntry: (kid) => entries.find((p) => p.entry.kid === kid)?.entry,
  });
  return result.ok ? "open" : result.failure;
}

describe("V29, the gate over the stored objects alone", () => {
  const request = two();
  const one = decide(lee, request);
  const other = decide(kim, request);

  it("opens for enough good approvals, and says on which it rests", () => {
    expect(gate(request, [one, other])).toBe("open");
    const single = requestWith({});
    expect(gate(single, [decide(lee, single)])).toBe("open");
  });

  it.each<[string, () => string]>([
    ["under_threshold", () => gate(request, [one])],
    ["under_threshold", () => gate(request, [])],
    [
      "duplicate_human",
      () => {
        const second = makePerson("lee");
        return gate(request, [one, decide(second, request)], [...people, second]);
      },
    ],
    ["duplicate_human", () => gate(request, [one, one])],
    [
      "duplicate_key",
      () => {
        const sub = `${DIR}/approvers/twin`;
        const twin = decide(lee, request, (c) => (c.sub = sub));
        let asked = 0;
        const entries = [lee.entry, { ...lee.entry, sub }];
        const result = checkQuorum({
          crypto,
          request: request.jws,
          decisions: [one.jws, twin.jws],
          gatewayKey: () => crypto.importKey(gateway.jwk),
          directoryEntry: () => entries[asked++],
        });
        return result.ok ? "open" : result.failure;
      },
    ],
    ["action_mismatch", () => gate(request, [one, decide(kim, two())])],
    ["action_mismatch", () => gate(request, [one, decide(kim, request, (c) => (c.nonce = "BBBBBBBBBBBBBBBBBBBBBB"))])],
    ["action_mismatch", () => gate(request, [one, decide(kim, request, (c) => (c.decision = "maybe"))])],
    [
      "wrong_role",
      () => {
        const nurse = makePerson("nurse", { roles: ["nurse"] });
        return gate(request, [one, decide(nurse, request)], [...people, nurse]);
      },
    ],
    [
      "wrong_role",
      () => {
        const outsider = makePerson("outsider", { pools: [] });
        return gate(request, [one, decide(outsider, request)], [...people, outsider]);
      },
    ],
    [
      "self_approval",
      () => {
        const asker = makePerson("asker");
        return gate(request, [one, decide(asker, request)], [...people, asker]);
      },
    ],
    ["bad_grant", () => gate(request, [one, decide(kim, request, (c) => (c.granted = []))])],
    ["bad_signature", () => gate(request, [one, { ...other, jws: `${other.jws.slice(0, -86)}${"A".repeat(86)}` }])],
    ["bad_signature", () => gate(request, [one, other], [lee])],
    ["bad_signature", () => gate(request, [one, decide(kim, request, (c) => (c.sub = lee.entry.sub))])],
    ["bad_signature", () => gate({ jws: lee.signer.sign(TYP.request, request.claims) }, [one, other])],
    [
      "bad_policy",
      () => {
        const lying = signRequest({ ...request.claims, policy: { ...request.claims.policy, quorum: { need: 1 } } });
        return gate(lying, [decide(lee, lying)]);
      },
    ],
    [
      "key_inactive",
      () => gate(request, [one, other], [lee, { ...kim, entry: { ...kim.entry, status: "suspended" } }]),
    ],
    ["denied", () => gate(request, [one, other, decide(max, request, deny)])],
    ["revoked", () => gate(request, [one, other, decide(lee, request, revoke(one))])],
    [
      "outside_window",
      () => {
        const narrow = two({ window: 100 });
        return gate(narrow, [decide(lee, narrow, at(60)), decide(kim, narrow, at(161))]);
      },
    ],
    [
      "out_of_order",
      () => {
        const ordered = two({ ordered: true });
        return gate(ordered, [decide(lee, ordered, after()), decide(kim, ordered, after())]);
      },
    ],
    [
      "broken_chain",
      () => {
        const ordered = two({ ordered: true });
        return gate(ordered, [decide(lee, ordered, after()), decide(kim, ordered, after(one))]);
      },
    ],
    [
      "no_common_grant",
      () => {
        const strict = signRequest(
          makeRequest((r) => {
            r.policy = { ...r.policy, quorum: { need: 2 } };
            r.authorization_details = r.authorization_details.map((e) =>
              e.type === RAR.smartScope ? { ...e, required: true, scopes: ["patient/*.rs"] } : e,
            );
          }),
        );
        const only = (scope: string) => (c: Draft) => {
          c.granted = (c.granted ?? []).map((g) => (g.id === "a2" ? { ...g, scopes: [scope] } : g));
        };
        return gate(strict, [
          decide(lee, strict, only("patient/Observation.rs")),
          decide(kim, strict, only("patient/Condition.rs")),
        ]);
      },
    ],
  ])("stays shut: %s", (failure, run) => {
    expect(run()).toBe(failure);
  });

  it("does not count an approval that has lapsed by the time of the last", () => {
    const narrow = two({ window: 100 });
    const late = decide(max, narrow, at(200));
    expect(gate(narrow, [decide(lee, narrow, at(60)), decide(kim, narrow, at(150)), late])).toBe("open");
  });
});
