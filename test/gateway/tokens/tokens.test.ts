import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { gateJws, parsePayload } from "#shared/protocol/jws.ts";
import { TYP } from "#shared/protocol/names.ts";

import type { StartedExecution } from "../../../gateway/core.ts";
import { decodeStatusList } from "#shared/crypto/status-list.ts";
import { crypto, ISS, makeRunKit, type RunKit } from "../executor/kit.ts";

const FHIR = "https://fhir.northgate.example/r4";
const operation = { method: "POST" as const, url: `${FHIR}/Basic`, body: '{"resourceType":"Basic"}' };
const claimsOf = (token: string) => parsePayload(gateJws(token, { typ: TYP.accessToken }));

describe("the task's token", () => {
  let kit: RunKit;
  beforeEach(() => {
    kit = makeRunKit(FHIR);
  });
  afterEach(() => kit.close());

  const started = (more: Parameters<RunKit["approve"]>[1] = {}): StartedExecution => {
    const rid = kit.approve(operation, more);
    return kit.at.executions.start(rid)!;
  };

  it("says who approved, for which agent, exactly what, and rests on the signed decision", () => {
    const execution = started({ scopes: ["patient/Observation.rs", "patient/Observation.r?category=laboratory"] });
    const { token, jti, exp } = kit.at.tokens.mint(execution);
    expect(claimsOf(token)).toEqual({
      iss: ISS,
      sub: "https://directory.example/approvers/lee",
      aud: FHIR,
      client_id: "urn:agent:test",
      act: { sub: "urn:agent:test" },
      iat: kit.now(),
      nbf: kit.now(),
      exp,
      jti,
      txn: execution.request.txn,
      scope: "patient/Observation.rs",
      authorization_details: JSON.parse(JSON.stringify(execution.granted)) as unknown,
      human_authorization_ref: { digest: kit.approval, format: "countersign-decision+jwt", rid: execution.rid },
      status: { status_list: { idx: expect.any(Number) as number, uri: `${ISS}/status/tokens` } },
    });
  });

  it("names every decision of a quorum", () => {
    const execution = started();
    const [one] = execution.approvals;
    const both = { ...execution, approvals: [one!, { ...one!, dig: `sha-256:${"E".repeat(43)}` }] };
    expect(claimsOf(kit.at.tokens.mint(both).token)["human_authorization_ref"]).toMatchObject({
      digests: [kit.approval, `sha-256:${"E".repeat(43)}`],
    });
  });

  it("lives five minutes at most, and never longer than the grant", () => {
    expect(kit.at.tokens.mint(started()).exp).toBe(kit.now() + 300);
    expect(kit.at.tokens.mint(started({ grantUntil: kit.now() + 20 })).exp).toBe(kit.now() + 20);
  });

  it("is not minted for an agent that was switched off while its action was on the way", () => {
    const execution = started();
    kit.at.store.write((tx) => tx.disableAgent("urn:agent:other", "d", kit.now()));
    expect(kit.at.tokens.mint(execution).jti).not.toBe("");
    kit.at.store.write((tx) => tx.disableAgent("urn:agent:test", "d", kit.now()));
    expect(() => kit.at.tokens.mint(execution)).toThrow(expect.objectContaining({ code: "E_QRM_GATE" }));
  });

  it("is not minted without an approval in force", () => {
    const execution = started();
    for (const bad of [{ approvals: [] }, { granted: [] }, { grant_exp: kit.now() }]) {
      expect(() => kit.at.tokens.mint({ ...execution, ...bad })).toThrow(
        expect.objectContaining({ code: "E_QRM_GATE" }),
      );
    }
    expect(kit.at.leaves()).toEqual([]);
  });

  it("is used once, and leaves a trace of each step in the log", () => {
    const issued = kit.at.tokens.mint(started());
    expect([kit.at.tokens.use(issued), kit.at.tokens.use(issued)]).toEqual([true, false]);
    kit.at.tokens.revoke(issued.jti, "completed");
    kit.at.tokens.revoke(issued.jti, "completed");
    expect(kit.at.leaves()).toEqual(["token-issued", "token-used", "token-revoked"]);
    const [event] = kit.at.store.events(kit.at.store.token(issued.jti)!.rid);
    expect(parsePayload(gateJws(event!.jws, { typ: TYP.event }))).toMatchObject({
      aud: FHIR,
      events: { "urn:countersign:event:token-revoked": { jti: issued.jti, reason: "completed" } },
    });
  });

  it("cannot be used once it is revoked or its time is over", () => {
    const revoked = kit.at.tokens.mint(started());
    kit.at.tokens.revokeRequest(kit.at.store.token(revoked.jti)!.rid, "approval-revoked");
    expect(kit.at.tokens.use(revoked)).toBe(false);
    const old = kit.at.tokens.mint(started());
    kit.clock.advance(301_000);
    expect(kit.at.tokens.use(old)).toBe(false);
  });

  it("is active until it is revoked or its time is over, also after a restart", () => {
    const issued = kit.at.tokens.mint(started());
    kit.at.tokens.use(issued);
    expect(kit.at.tokens.introspect(issued.token)).toMatchObject({ active: true, jti: issued.jti, aud: FHIR });
    kit.reopen();
    expect(kit.at.tokens.introspect(issued.token).active).toBe(true);
    kit.at.tokens.revoke(issued.jti, "completed");
    kit.reopen();
    expect(kit.at.tokens.introspect(issued.token)).toEqual({ active: false });
    const old = kit.at.tokens.mint(started());
    kit.clock.advance(300_000);
    expect(kit.at.tokens.introspect(old.token)).toEqual({ active: false });
  });

  it("is inactive when anybody else signed it, when it is another kind, or when it is no token", () => {
    const { token } = kit.at.tokens.mint(started());
    const claims = claimsOf(token);
    const foreign = makeSigner(generateKey("Ed25519")).sign(TYP.accessToken, claims);
    const otherKind = kit.tokenSigner.sign(TYP.event, claims);
    const otherPlace = kit.tokenSigner.sign(TYP.accessToken, { ...claims, aud: "https://evil.example" });
    const unknown = kit.tokenSigner.sign(TYP.accessToken, { ...claims, jti: "019f0000-0000-7000-8000-0000000fffff" });
    const changed = `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`;
    for (const bad of [foreign, otherKind, otherPlace, unknown, changed, "", "a.b.c", token.slice(0, -10)]) {
      expect(kit.at.tokens.introspect(bad)).toEqual({ active: false });
    }
  });

  it("stands in the signed status list once it is revoked", () => {
    const [alive, dead] = [kit.at.tokens.mint(started()), kit.at.tokens.mint(started())];
    kit.at.tokens.revoke(dead.jti, "misuse");
    const gated = gateJws(kit.at.tokens.statusList(), { typ: TYP.statusList });
    const key = crypto.importKey(kit.tokenSigner.jwk);
    expect(crypto.verify(key, gated.signingInput, gated.signature)).toBe(true);
    const { status_list } = parsePayload(gated) as { status_list: { bits: number; lst: string } };
    const at = decodeStatusList(status_list.lst);
    const idx = (token: string) => (claimsOf(token)["status"] as { status_list: { idx: number } }).status_list.idx;
    expect([status_list.bits, at(idx(alive.token)), at(idx(dead.token))]).toEqual([2, 0, 1]);
  });
});
