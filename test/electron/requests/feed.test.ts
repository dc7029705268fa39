import { describe, expect, it } from "vitest";

import { generateKey, makeSigner } from "#shared/crypto/sign.ts";

import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { templateDigest } from "#shared/protocol/digest.ts";
import type { Template } from "#shared/protocol/template.ts";

import { crypto, GATEWAY_ISS, makeRequestClaims, newId, signEvent, signRequest } from "../hospital.ts";
import { arrangeDesk } from "./arrange-desk.ts";

const keyOf = (rid: string) => ({ iss: GATEWAY_ISS, rid });

describe("a request that is not to be trusted", () => {
  it.each([
    ["signed by a key the directory does not vouch for", "E_GW_KEY", { signer: makeSigner(generateKey("ES256")) }, {}],
    ["addressed to another pool", "E_CLM_AUD", {}, { aud: [`${GATEWAY_ISS}/pools/elsewhere`] }],
    ["of another gateway", "E_CLM_AUD", {}, { iss: "https://other.example" }],
    ["already expired", "E_REQ_EXPIRED", {}, { iat: 1_789_990_000, exp: 1_789_999_000 }],
  ] as const)(
    "is never listed when it is %s: it is counted and told to the gateway",
    async (_what, code, { signer }: { signer?: ReturnType<typeof makeSigner> }, over) => {
      const t = await arrangeDesk();
      const { jws, claims } = signRequest(t.gateway.hospital, makeRequestClaims({ ...over }), signer);
      t.gateway.push("action.pending", { jws });
      const view = await t.gateway.received.next((m) => m.type === "action.view");
      expect(view.body).toMatchObject({ rid: claims.rid, rev: 1, state: "rejected", code });
      expect(t.desk.rows()).toEqual([]);
      expect(t.desk.gateway().refused).toEqual({ [code]: 1 });
    },
  );

  it("is listed, readable and deniable, and never approvable, when its content does not hold together", async () => {
    const t = await arrangeDesk();
    const op = { ...makeRequestClaims().action.op, body_dig: `sha-256=:${"A".repeat(43)}=:` };
    const request = await t.opened({ action: { op } });
    expect(await t.status(request.claims.rid, "quarantined")).toMatchObject({ status: { code: "E_REQ_BODY_DIGEST" } });
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_REQ_BODY_DIGEST" });
    await t.desk.decide(t.deny(request));
    await t.status(request.claims.rid, "denied");
  });

  it("quarantines both when two came under one name", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    const twin = signRequest(t.gateway.hospital, makeRequestClaims({ rid }));
    t.gateway.push("action.pending", { jws: twin.jws });
    expect(await t.status(rid, "quarantined")).toMatchObject({ status: { code: "E_REQ_FORK" } });
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_CLI_NOT_SHOWN" });
    t.desk.openReview(keyOf(rid));
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_REQ_FORK" });
    t.gateway.snapshot = [request.jws];
    await t.restart();
    expect(t.row(rid)?.status).toMatchObject({ kind: "quarantined", code: "E_REQ_FORK" });
  });

  it("is quarantined when its policy is older than one already seen, also after a restart", async () => {
    const t = await arrangeDesk();
    await t.opened({ policy: { ver: 7 } });
    const older = t.judge.issue({ policy: { ver: 6 } });
    expect(await t.status(older.claims.rid, "quarantined")).toMatchObject({ status: { code: "E_POL_ROLLBACK" } });
    t.gateway.snapshot = [older.jws];
    await t.restart();
    expect(t.row(older.claims.rid)?.status).toMatchObject({ code: "E_POL_ROLLBACK" });
  });
});

describe("a new revision", () => {
  it("takes the screen away: nothing is approved until it was opened anew, and the old one is shown beside it", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    const next = t.judge.issue({ rid, rev: 2, prev: request.digest }, "keep");
    const set = signEvent(t.gateway.hospital, request, "request-superseded", { by_rev: 2 });
    t.gateway.push("action.updated", { jws: next.jws, set });
    expect(await t.status(rid, "changed")).toMatchObject({ rev: 2, status: { from_rev: 1 } });
    await t.seen.next((s) => s.kind === "review" && s.review.row.status.kind === "changed");
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_CLI_NOT_SHOWN" });
    await expect(t.desk.decide(t.approve(next))).rejects.toMatchObject({ code: "E_CLI_NOT_SHOWN" });
    const review = t.desk.openReview(keyOf(rid));
    expect(review.previous?.rev).toBe(1);
    expect(review.row.status.kind).toBe("pending");
    await t.desk.decide(t.approve(next));
    await t.status(rid, "held");
  });

  it("may be denied from the notice that it changed", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    const next = t.judge.issue({ rid, rev: 2, prev: request.digest });
    await t.status(rid, "changed");
    await t.desk.decide(t.deny(next));
    await t.status(rid, "denied");
  });

  it("that only moves the deadline keeps the screen and what was read, and only the new bytes can be signed", async () => {
    const t = await arrangeDesk();
    const request = await t.opened({ policy: { min_dwell_ms: 5_000 } });
    const { claims } = request;
    t.clock.advance(5_000);
    const next = t.judge.issue({
      ...claims,
      jti: newId(),
      rev: 2,
      prev: request.digest,
      iat: claims.iat + 5,
      exp: claims.exp + 600,
      submit_by: claims.exp + 600,
      nonce: "M".repeat(32),
      deadline_only: true,
    });
    await t.seen.next((s) => s.kind === "review" && s.review.row.rev === 2);
    expect(t.row(claims.rid)?.status.kind).toBe("pending");
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_CLI_NOT_SHOWN" });
    await t.desk.decide(t.approve(next));
    await t.status(claims.rid, "held");
  });

  it("that says so but changes more is an ordinary revision", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { claims } = request;
    t.judge.issue({
      ...claims,
      jti: newId(),
      rev: 2,
      prev: request.digest,
      exp: claims.exp + 600,
      deadline_only: true,
      task: { ...claims.task, goal: "Something else" },
    });
    await t.status(claims.rid, "changed");
  });
});

describe("an event", () => {
  it("acts only when the gateway signed it about this very revision", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { hospital } = t.gateway;
    const { rid } = request.claims;
    const members = { by: "Pharmacy", reason: "agent" };
    t.gateway.push("action.withdrawn", {
      set: signEvent(hospital, request, "request-withdrawn", members, { signer: hospital.directory }),
    });
    t.gateway.push("action.withdrawn", {
      set: signEvent(hospital, request, "request-withdrawn", members, { req_dig: `sha-256:${"B".repeat(43)}` }),
    });
    await t.seen.next((s) => s.kind === "gateway" && s.gateway.refused["E_GW_KEY"] === 1);
    await t.gateway.flushed();
    expect(t.row(rid)?.status.kind).toBe("pending");
    t.gateway.push("action.withdrawn", { set: signEvent(hospital, request, "request-withdrawn", members) });
    expect(await t.status(rid, "withdrawn")).toMatchObject({ status: { by: "Pharmacy", reason: "agent" } });
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_CLI_STATE" });
  });

  it("ends a request for good: the same bytes are not listed again, and nothing follows", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    const by = ["https://directory.northgate.example/approvers/lee"];
    t.gateway.push("action.resolved", {
      set: signEvent(t.gateway.hospital, request, "request-resolved", { outcome: "denied", by }),
    });
    expect(await t.status(rid, "decided_elsewhere")).toMatchObject({ status: { outcome: "denied", by } });
    t.gateway.push("task.event", { set: signEvent(t.gateway.hospital, request, "task-executing", { exec_id: "x" }) });
    await t.gateway.flushed();
    expect(t.row(rid)?.status).toMatchObject({ outcome: "denied" });
    t.gateway.snapshot = [request.jws];
    await t.restart();
    expect(t.desk.rows()).toEqual([]);
  });

  it("tells a failed task as what it is, unknown outcomes included", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    await t.desk.decide(t.approve(request));
    await t.status(request.claims.rid, "held");
    t.gateway.push("task.event", {
      set: signEvent(t.gateway.hospital, request, "task-failed", { code: "E_UPSTREAM", unknown: true }),
    });
    expect(await t.status(request.claims.rid, "failed")).toMatchObject({
      status: { code: "E_UPSTREAM", unknown: true },
    });
  });
});

describe("time", () => {
  it("expires requests by the gateway's clock, says so beforehand, and lets them go after ten minutes", async () => {
    const t = await arrangeDesk({ offsetMs: 30_000 });
    const request = await t.opened();
    const { rid, exp } = request.claims;
    const step = async (toS: number) => {
      while (t.desk.nowS() < toS) {
        t.clock.advance(5_000);
        await t.gateway.flushed();
      }
    };
    await step(exp - 310);
    expect(t.row(rid)?.status.kind).toBe("pending");
    await step(exp - 290);
    expect(t.row(rid)?.status.kind).toBe("expiring");
    await step(exp + 10);
    expect(t.row(rid)?.status).toEqual({ kind: "expired", at: exp });
    await step(exp + 650);
    expect(t.seen.all).toContainEqual({ kind: "gone", rid });
    expect(t.desk.rows()).toEqual([]);
  });
});

describe("a snapshot that does not hold a request", () => {
  it("leaves it not actionable, unless the gateway's signed words say what became of it", async () => {
    const t = await arrangeDesk();
    const [lost, ended] = [await t.opened(), t.judge.issue()];
    await t.seen.next((s) => s.kind === "row" && s.row.digest === ended.digest);
    const by = ["https://directory.northgate.example/approvers/lee"];
    const set = signEvent(t.gateway.hospital, ended, "request-resolved", { outcome: "approved", by });
    t.gateway.on("history.query", ({ body, id, peer }) => {
      const items = body["rid"] === ended.claims.rid ? [{ request: ended.jws, state: "approved", sets: [set] }] : [];
      peer.send("history.page", { items }, { re: id });
    });
    await t.drop();
    await t.reconnect();
    await t.status(ended.claims.rid, "decided_elsewhere");
    await t.status(lost.claims.rid, "unconfirmed");
    await expect(t.desk.decide(t.approve(lost))).rejects.toMatchObject({ code: "E_CLI_STATE" });
    await t.desk.decide(t.deny(lost));
  });
});

describe("a template of the site's own", () => {
  const own: Template = { ...BUILTIN_TEMPLATES.medicationOrder, id: "urn:northgate:tpl:order", ver: 1 };
  const display = {
    tpl: own.id,
    tpl_ver: 1,
    tpl_dig: templateDigest(crypto, own),
    lang: "en",
    statement: own.statement,
  };

  it("is fetched when the directory vouches for it, and the request is then like any other", async () => {
    const t = await arrangeDesk({
      siteTemplates: [own],
      prepare: ({ gateway }) => {
        gateway.credential = gateway.hospital.gatewayCredential({ templates: [display.tpl_dig] });
      },
    });
    const request = await t.opened({ display });
    await t.status(request.claims.rid, "pending");
    await t.desk.decide(t.deny(request));
  });

  it("is not even asked for when nobody vouches for it: readable, deniable, not approvable", async () => {
    const t = await arrangeDesk({ siteTemplates: [own] });
    const request = await t.opened({ display });
    await t.gateway.flushed();
    expect(t.row(request.claims.rid)?.status).toMatchObject({ kind: "quarantined", code: "E_DSP_TEMPLATE" });
  });
});

describe("presence and claims", () => {
  it("shows who else is reading, and never oneself", async () => {
    const t = await arrangeDesk();
    const { claims } = await t.opened();
    const lee = "https://directory.northgate.example/approvers/lee";
    const me = "https://directory.northgate.example/approvers/okafor";
    t.gateway.peer.send("action.viewing", { rid: claims.rid, by: lee, state: "opened" });
    t.gateway.peer.send("action.viewing", { rid: claims.rid, by: me, state: "opened" });
    await t.gateway.flushed();
    expect(t.row(claims.rid)?.viewing).toEqual([lee]);
    t.gateway.peer.send("action.viewing", { rid: claims.rid, by: lee, state: "closed" });
    await t.gateway.flushed();
    expect(t.row(claims.rid)?.viewing).toEqual([]);
  });

  it("tells the gateway what is open", async () => {
    const t = await arrangeDesk();
    const { claims } = await t.opened();
    expect(await t.gateway.received.next((m) => m.type === "action.view")).toMatchObject({
      body: { rid: claims.rid, rev: 1, state: "opened" },
    });
    t.desk.closeReview();
    expect(await t.gateway.received.next((m) => m.type === "action.view")).toMatchObject({ body: { state: "closed" } });
  });
});
