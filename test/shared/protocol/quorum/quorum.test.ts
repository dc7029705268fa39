import { describe, expect, it } from "vitest";

import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { lapsedApprovals } from "#shared/protocol/quorum/window.ts";
import { checkUndecided } from "#shared/protocol/verify/standing.ts";
import { RAR } from "#shared/protocol/names.ts";

import { requestWith } from "../fixture/case.ts";
import { decide, deny, revoke, spell, worldOf, type Draft, type Signed } from "../fixture/decision.ts";
import { codeOf, DIR, makePerson, makeRequest, signRequest, T0 } from "../fixture/hospital.ts";

const [lee, kim, max] = [makePerson("lee"), makePerson("kim"), makePerson("max")];
const people = [lee, kim, max];
const NOW = T0 + 62;
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

describe("a quorum", () => {
  it("is partial until enough distinct people have approved, and confers nothing before", () => {
    const request = two();
    const world = worldOf(people, [request]);
    const first = world.submit(decide(lee, request).jws, NOW);
    expect(first).toMatchObject({ effect: { state: "partial", consumesNonce: false, quorum: { have: 1, need: 2 } } });
    expect(first).not.toHaveProperty("effect.grant");
    const second = world.submit(decide(kim, request).jws, NOW);
    expect(second).toMatchObject({ effect: { state: "approved", consumesNonce: true, quorum: { have: 2, need: 2 } } });
  });

  it("E_ALREADY_DECIDED: one person counts once, whatever the device", () => {
    const request = two();
    const second = makePerson("lee");
    const world = worldOf([lee, second], [request]);
    world.submit(decide(lee, request).jws, NOW);
    expect(spell(world.submit(decide(second, request).jws, NOW))).toBe("E_ALREADY_DECIDED");
    expect(spell(world.submit(decide(second, request, deny).jws, NOW))).toBe("E_ALREADY_DECIDED");
  });

  it("E_SOD_SAME_KEY: one key counts once, whoever it is said to be", () => {
    const { dig, claims } = two();
    const { jws, dig: decided } = decide(lee, { jws: "", dig, claims });
    const row = { dig: decided, jws, kid: lee.entry.kid, sub: lee.entry.sub, decision: "approve", iat: T0, live: true };
    const author = { sub: `${DIR}/approvers/other`, kid: lee.entry.kid };
    const judge = (live: boolean) => () =>
      checkUndecided({ dig, claims, state: "partial" }, [{ ...row, live }], author);
    expect(codeOf(judge(true))).toBe("E_SOD_SAME_KEY");
    expect(codeOf(judge(false))).toBe("none");
  });

  it("ends with any denial, and with a revocation of one's own approval", () => {
    const request = two();
    const denied = worldOf(people, [request]);
    denied.submit(decide(lee, request).jws, NOW);
    expect(spell(denied.submit(decide(kim, request, deny).jws, NOW))).toBe("recorded:denied");
    const revoked = worldOf(people, [request]);
    const approval = decide(lee, request);
    revoked.submit(approval.jws, NOW);
    expect(spell(revoked.submit(decide(lee, request, revoke(approval)).jws, T0 + 91))).toBe("recorded:revoked");
  });

  it("grants what everybody granted: the narrowest of each element and the earliest end", () => {
    const request = two();
    const world = worldOf(people, [request]);
    const narrow = (c: Draft) => {
      c.grant_exp = T0 + 500;
      c.granted = (c.granted ?? []).filter((g) => g.id === "a1").map((g) => ({ ...g, not_after: T0 + 400 }));
    };
    world.submit(decide(lee, request, narrow).jws, NOW);
    const verdict = world.submit(decide(kim, request, (c) => (c.grant_exp = T0 + 800)).jws, NOW);
    expect(verdict).toMatchObject({
      effect: { grant: { until: T0 + 500, elements: [{ id: "a1", not_after: T0 + 400 }] } },
    });
  });

  it("is denied for want of a common grant of something required", () => {
    const scoped = (scopes: string[]) => (c: Draft) => {
      c.granted = (c.granted ?? []).map((g) => (g.id === "a2" ? { ...g, scopes } : g));
    };
    const request = signRequest(
      makeRequest((r) => {
        r.policy = { ...r.policy, quorum: { need: 2 } };
        r.authorization_details = r.authorization_details.map((e) =>
          e.type === RAR.smartScope ? { ...e, required: true, scopes: ["patient/*.rs"] } : e,
        );
      }),
    );
    const world = worldOf(people, [request]);
    world.submit(decide(lee, request, scoped(["patient/Observation.rs"])).jws, NOW);
    const verdict = world.submit(decide(kim, request, scoped(["patient/Condition.rs"])).jws, NOW);
    expect(verdict).toMatchObject({ effect: { state: "denied", why: "no-common-grant", consumesNonce: true } });
  });
});

describe("an ordered quorum", () => {
  it("takes each approval only after exactly those before it", () => {
    const request = two({ ordered: true });
    const world = worldOf(people, [request]);
    const first = decide(lee, request, after());
    expect(spell(world.submit(first.jws, NOW))).toBe("recorded:partial");
    expect(spell(world.submit(decide(kim, request, after(first)).jws, NOW))).toBe("recorded:approved");
  });

  it("E_QRM_ORDER: the signer saw other approvals, or none", () => {
    const request = two({ ordered: true });
    const world = worldOf(people, [request]);
    const first = decide(lee, request, after());
    expect(spell(world.submit(decide(max, request, after(first)).jws, NOW))).toBe("E_QRM_ORDER");
    world.submit(first.jws, NOW);
    expect(spell(world.submit(decide(kim, request, after()).jws, NOW))).toBe("E_QRM_ORDER");
  });
});

describe("the window", () => {
  const request = two({ window: 100 });
  const first = decide(lee, request, at(60));

  it("E_QRM_WINDOW: approvals too far apart do not add up", () => {
    const world = worldOf(people, [request]);
    world.submit(first.jws, NOW);
    expect(spell(world.submit(decide(kim, request, at(161)).jws, T0 + 161))).toBe("E_QRM_WINDOW");
    expect(spell(world.submit(decide(max, request, at(160)).jws, T0 + 161))).toBe("recorded:approved");
  });

  it("lets approvals lapse that are older than it", () => {
    const world = worldOf(people, [request]);
    world.submit(first.jws, NOW);
    const recorded = world.decisionsOf(request.claims.rid);
    expect(lapsedApprovals(recorded, request.claims.policy, T0 + 160)).toEqual([]);
    expect(lapsedApprovals(recorded, request.claims.policy, T0 + 161)).toEqual(recorded);
  });
});
