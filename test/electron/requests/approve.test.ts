import { describe, expect, it } from "vitest";

import { readStored } from "#shared/protocol/verify/stored.ts";

import { GATEWAY_ISS, signEvent } from "../hospital.ts";
import { arrangeDesk, PIN } from "./arrange-desk.ts";

describe("an approval", () => {
  it("is built from what main stored, recorded by the gateway's own steps, executed, logged and verified again", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    t.clock.advance(21_400);
    const receipt = await t.desk.decide(t.approve(request, { granted: ["a1"] }));
    expect(receipt).toMatchObject({ decision: "approve", logged: "pending", can_revoke: false });
    expect(receipt.receipt).toBeUndefined();

    await t.status(rid, "held");
    const claims = readStored("decision", t.judge.submitted[0]!);
    expect(claims.granted).toEqual([request.claims.authorization_details[0]]);
    expect(claims).toMatchObject({
      aud: GATEWAY_ISS,
      req_dig: request.digest,
      nonce: request.claims.nonce,
      shown: { complete: true },
      dwell: { ms: 21_400 },
      chain: { n: 1 },
      acr: "urn:countersign:acr:session",
    });

    t.gateway.push("task.event", { set: signEvent(t.gateway.hospital, request, "task-executing", { exec_id: "x" }) });
    await t.status(rid, "executing");
    const done = { outcome: "created", uses: 1, resource: "MedicationRequest/55" };
    t.gateway.push("task.event", { set: signEvent(t.gateway.hospital, request, "task-completed", done) });
    await t.status(rid, "executed");

    t.clock.advance(2_000);
    await t.seen.next((s) => s.kind === "review" && s.review.receipt?.logged === "included");
    expect(await t.desk.history(10)).toMatchObject([
      {
        decision: "approve",
        outcome: "completed",
        signature: "valid",
        patient_name: "WATERS, Shauna (Mrs)",
        signer: "OKAFOR, Amara (Dr)",
      },
    ]);
    expect(t.files.outbox.entries()).toEqual([]);
  });

  it("can be cancelled while the PIN is checked: it ends at once, nothing is signed, and it can be decided again", async () => {
    const t = await arrangeDesk();
    const request = await t.opened({ policy: { acr: "urn:countersign:acr:uv" } });
    let release: () => void = () => undefined;
    t.pinDelay.current = new Promise((resolve) => {
      release = resolve;
    });
    const deciding = t.desk.decide(t.approve(request, { pin: PIN }));
    await t.status(request.claims.rid, "signing");
    t.desk.cancelDecision();
    await expect(deciding).rejects.toMatchObject({ code: "E_CLI_CANCELLED" });
    expect(t.row(request.claims.rid)?.status.kind).toBe("pending");
    release();
    expect(t.files.outbox.entries()).toEqual([]);
    expect(t.judge.submitted).toEqual([]);
    await t.desk.decide(t.approve(request, { pin: PIN }));
    await t.status(request.claims.rid, "held");
    // What is signed already stays.
    t.desk.cancelDecision();
    expect(t.judge.recorded).toHaveLength(1);
  });

  it("shows nothing as recorded before a receipt over this very decision is verified", async () => {
    const t = await arrangeDesk();
    const [request, other] = [await t.opened(), t.judge.issue()];
    const { rid } = request.claims;
    t.gateway.on("decision.submit", () => undefined);
    await t.desk.decide(t.approve(request));
    await t.gateway.received.next((m) => m.type === "decision.submit");
    expect(t.row(rid)?.status).toMatchObject({ kind: "sending", decision: "approve" });

    const jws = String(t.gateway.received.all.findLast((m) => m.type === "decision.submit")!.body["jws"]);
    const claims = readStored("decision", jws);
    const good = {
      ver: 1,
      iss: GATEWAY_ISS,
      aud: claims.iss,
      sub: claims.sub,
      iat: t.gateway.nowS(),
      jti: claims.jti,
      rid,
      rev: 1,
      dec_jti: claims.jti,
      dec_dig: t.files.outbox.entries()[0]!.dec_dig,
      result: "recorded",
      outcome: "approved",
      enf: "gateway",
    };
    const { hospital } = t.gateway;
    for (const receipt of [
      hospital.directory.sign("countersign-receipt+jwt", good),
      hospital.gateway.sign("countersign-receipt+jwt", { ...good, dec_dig: other.digest }),
      hospital.gateway.sign("countersign-receipt+jwt", { ...good, sub: "someone-else" }),
      hospital.gateway.sign("countersign-receipt+jwt", { ...good, iss: "https://other.example" }),
      hospital.gateway.sign("countersign-receipt+jwt", { ...good, rev: 2 }),
    ]) {
      t.gateway.push("decision.receipt", { jws: receipt });
    }
    t.gateway.push("log.checkpoint", { note: "the end" });
    t.gateway.push("action.pending", { jws: t.judge.issue({}, "keep").jws });
    await t.seen.next((s) => s.kind === "row" && s.row.key.rid !== rid && s.row.key.rid !== other.claims.rid);
    expect(t.row(rid)?.status.kind).toBe("sending");
    t.gateway.push("decision.receipt", { jws: hospital.gateway.sign("countersign-receipt+jwt", good) });
    await t.status(rid, "held");
  });

  it("can be taken back inside the hold, by a signed decision of its own", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    await t.desk.decide(t.approve(request));
    await t.status(rid, "held");
    const { key, rev, digest } = t.approve(request);
    await t.desk.decide({ key, rev, digest, choice: { kind: "revoke", reason: { code: "wrong-drug-or-dose" } } });
    await t.status(rid, "revoked");
    const claims = readStored("decision", t.judge.submitted[1]!);
    expect(claims).toMatchObject({ decision: "revoke", revokes: t.judge.recorded[0]!.dig, chain: { n: 2 } });
    expect(claims.granted).toBeUndefined();
  });

  it("cannot be taken back after the hold", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    await t.desk.decide(t.approve(request));
    await t.status(request.claims.rid, "held");
    t.clock.advance(11_000);
    const { key, rev, digest } = t.approve(request);
    const choice = { kind: "revoke", reason: { code: "not-needed" } } as const;
    await expect(t.desk.decide({ key, rev, digest, choice })).rejects.toMatchObject({ code: "E_CLI_STATE" });
  });

  it("waits for a second person where policy asks for two, and shows the other's request as theirs to decide", async () => {
    const t = await arrangeDesk();
    const request = await t.opened({ policy: { quorum: { need: 2, blind: true } } });
    await t.desk.decide(t.approve(request));
    await t.status(request.claims.rid, "waiting_second");
    const second = await t.opened({ policy: { quorum: { need: 2, blind: true } } });
    t.gateway.push("quorum.progress", {
      set: signEvent(t.gateway.hospital, second, "quorum-progress", { have: 1, need: 2 }),
    });
    await t.status(second.claims.rid, "needs_second");
  });

  it("an approval that has lapsed does not wait for a second person: it is asked for again", async () => {
    const t = await arrangeDesk();
    const request = await t.opened({ policy: { quorum: { need: 2, blind: true } } });
    await t.desk.decide(t.approve(request));
    await t.status(request.claims.rid, "waiting_second");
    t.gateway.push("quorum.progress", {
      set: signEvent(t.gateway.hospital, request, "quorum-progress", { have: 0, need: 2 }),
    });
    await t.status(request.claims.rid, "pending");
  });

  it("tells who signs in after the first approval that they are the second, and signs over the first where order counts", async () => {
    const t = await arrangeDesk();
    const { gateway } = t;
    const request = await t.opened({ policy: { quorum: { need: 2, ordered: true } } });
    await t.drop();
    const first = `sha-256:${"A".repeat(43)}`;
    gateway.snapshot = [request.jws];
    gateway.progress = [
      signEvent(gateway.hospital, request, "quorum-progress", { have: 1, need: 2, dec_digs: [first] }),
    ];
    gateway.epoch = "e2";
    await t.reconnect();
    await t.status(request.claims.rid, "needs_second");
    t.desk.openReview({ iss: request.claims.iss, rid: request.claims.rid });
    await t.desk.decide(t.approve(request));
    await gateway.received.next((m) => m.type === "decision.submit");
    expect(readStored("decision", t.judge.submitted[0]!)).toMatchObject({ decision: "approve", after: [first] });
  });
});
