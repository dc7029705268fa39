import { describe, expect, it } from "vitest";

import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";
import { eventUri, poolUri, TYP } from "#shared/protocol/names.ts";

import { DIRECTORY_ISS, GATEWAY_ISS, IDX, makeRequestClaims, newId, POOL, signRequest, T0 } from "../hospital.ts";
import { arrangeDesk, type Arranged } from "./arrange-desk.ts";

const ME = `${DIRECTORY_ISS}/approvers/okafor`;
const stopIs = (t: Arranged, code: string | undefined) =>
  t.desk.gateway().standing_stop === code
    ? Promise.resolve()
    : t.seen.next((s) => s.kind === "gateway" && s.gateway.standing_stop === code);

/** SET `key-changed` (protocol.md 3.21). */
const keyChanged = (
  t: Arranged,
  change: { kid: string; change: string },
  over: { aud?: string | string[]; id?: string; signer?: Signer } = {},
): string =>
  (over.signer ?? t.gateway.hospital.gateway).sign(TYP.event, {
    iss: GATEWAY_ISS,
    aud: over.aud ?? ME,
    iat: T0,
    jti: newId(),
    sub_id: { format: "opaque", id: over.id ?? change.kid },
    events: { [eventUri("key-changed")]: change },
  });

describe("keys.updated", () => {
  /** The gateway signs with another key; the old one only verifies until then. */
  function rotated(t: Arranged, over: { verify_until?: number; iat?: number } = {}) {
    const { hospital } = t.gateway;
    const next = makeSigner(generateKey("ES256"));
    const uses = ["request", "session"] as const;
    const old = { ...hospital.gateway.jwk, kid: hospital.gateway.kid, cs_use: [...uses] };
    const credential = hospital.gatewayCredential({
      iat: over.iat ?? T0,
      jwks: {
        keys: [
          { ...old, ...(over.verify_until === undefined ? {} : { verify_until: over.verify_until }) },
          { ...next.jwk, kid: next.kid, cs_use: [...uses] },
        ],
      },
    });
    return { next, credential };
  }
  const toPools = { aud: [poolUri(GATEWAY_ISS, POOL)] };

  it("brings the gateway's new key over a short connection of its own; what it signed meanwhile is listed", async () => {
    const t = await arrangeDesk();
    const { next, credential } = rotated(t, { verify_until: T0 + 86_400 });
    const early = signRequest(t.gateway.hospital, makeRequestClaims(), next);
    t.gateway.push("action.pending", { jws: early.jws });
    await t.gateway.received.next((m) => m.type === "action.view" && m.body["code"] === "E_GW_KEY");
    expect(t.gateway.peers.length).toBe(1);

    t.gateway.credential = credential;
    t.gateway.snapshot = [early.jws];
    t.gateway.push("keys.updated", { set: keyChanged(t, { kid: next.kid, change: "rotated" }, toPools) });
    await t.status(early.claims.rid, "pending");
    // The session went on; the other connection proved the gateway and was closed.
    expect(t.gateway.received.all.map((m) => m.type)).toEqual(expect.arrayContaining(["hello", "auth", "subscribe"]));
    expect(t.gateway.received.all.filter((m) => m.type === "auth").length).toBe(1);
    expect(t.gateway.received.all.filter((m) => m.type === "subscribe").map((m) => m.body["cursor"])).toEqual([
      null,
      null,
    ]);
    expect(t.seen.all.some((s) => s.kind === "notice" && s.notice === "disconnected")).toBe(false);
    t.desk.openReview({ iss: GATEWAY_ISS, rid: early.claims.rid });
    await t.live();
    expect(t.seen.all.filter((s) => s.kind === "key-added")).toEqual([]);
  });

  it("retires a gateway key: what it signed is readable and no longer approvable after its time", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { next, credential } = rotated(t, { verify_until: t.gateway.nowS() - 1 });
    t.gateway.credential = credential;
    t.gateway.on("hello", (m) => {
      const sid = newId();
      const now = t.gateway.nowS();
      const claims = {
        ver: 1,
        iss: GATEWAY_ISS,
        sub: GATEWAY_ISS,
        aud: "client",
        iat: now,
        exp: now + 60,
        jti: newId(),
        sid,
      };
      const proof = next.sign(TYP.session, { ...claims, nonce: m.body["client_nonce"] });
      m.peer.send("challenge", { nonce: "A".repeat(32), sid, gw_cred: credential, proof }, { re: m.id });
    });
    t.gateway.push("keys.updated", { set: keyChanged(t, { kid: next.kid, change: "rotated" }, toPools) });
    expect((await t.status(request.claims.rid, "quarantined")).status).toMatchObject({ code: "E_GW_KEY" });
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_GW_KEY" });
  });

  it("does not go back to an older credential", async () => {
    const t = await arrangeDesk();
    const { next, credential } = rotated(t, { iat: T0 - 2000 });
    t.gateway.credential = credential;
    t.gateway.push("keys.updated", { set: keyChanged(t, { kid: next.kid, change: "rotated" }, toPools) });
    await expect.poll(() => t.gateway.received.all.filter((m) => m.type === "hello").length).toBe(2);
    t.judge.issue();
    await t.seen.next((s) => s.kind === "row");
    const signed = signRequest(t.gateway.hospital, makeRequestClaims(), next);
    t.gateway.push("action.pending", { jws: signed.jws });
    await t.gateway.received.next((m) => m.type === "action.view" && m.body["code"] === "E_GW_KEY");
  });

  it.each([
    [
      "is signed by a key nobody vouches for",
      "E_GW_KEY",
      (t: Arranged) =>
        keyChanged(t, { kid: "K".repeat(43), change: "rotated" }, { signer: makeSigner(generateKey("ES256")) }),
    ],
    [
      "is for somebody else",
      "E_CLM_AUD",
      (t: Arranged) =>
        keyChanged(t, { kid: "K".repeat(43), change: "rotated" }, { aud: `${DIRECTORY_ISS}/approvers/lee` }),
    ],
    [
      "is about another key than it names",
      "E_CLM_SHAPE",
      (t: Arranged) => keyChanged(t, { kid: "K".repeat(43), change: "rotated" }, { id: "L".repeat(43) }),
    ],
    ["is no event", "E_SIG_TYP", (t: Arranged) => t.gateway.credential],
  ] as const)("changes nothing and asks nobody when it %s", async (_what, code, set) => {
    const t = await arrangeDesk();
    await expect.poll(() => t.asked.length).toBe(2);
    t.gateway.push("keys.updated", { set: set(t) });
    await t.seen.next((s) => s.kind === "gateway" && s.gateway.refused[code] === 1);
    await t.gateway.flushed();
    expect([t.asked.length, t.gateway.peers.length]).toEqual([2, 1]);
    expect(t.seen.all.some((s) => s.kind === "key-added")).toBe(false);
  });

  it("tells the person when a key was added under their name, and looks at once when one was stopped", async () => {
    const t = await arrangeDesk();
    await expect.poll(() => t.asked.length).toBe(2);
    t.gateway.push("keys.updated", { set: keyChanged(t, { kid: "K".repeat(43), change: "enrolled" }) });
    await t.seen.next((s) => s.kind === "key-added");
    t.lists.current = async () => t.gateway.hospital.statusList({ [IDX.approver]: 2 });
    const told = stopIs(t, "E_KEY_SUSPENDED");
    t.gateway.push("keys.updated", { set: keyChanged(t, { kid: t.desk.kid, change: "suspended" }) });
    await told;
    expect(t.seen.all.filter((s) => s.kind === "key-added").length).toBe(1);
  });
});
