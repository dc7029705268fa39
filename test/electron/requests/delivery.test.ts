import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { readStored } from "#shared/protocol/verify/stored.ts";

import { GATEWAY_ISS } from "../hospital.ts";
import { arrangeDesk } from "./arrange-desk.ts";

describe("a denial without a connection", () => {
  it("waits, is sent once when the gateway is back, and shows as denied only after its receipt", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    await t.drop();
    const receipt = await t.desk.decide(t.deny(request));
    expect(receipt.receipt).toBeUndefined();
    expect(t.row(rid)?.status).toMatchObject({ kind: "sending", decision: "deny" });
    expect(t.desk.hasUndelivered()).toBe(true);
    t.gateway.snapshot = [request.jws];
    await t.reconnect();
    await t.status(rid, "denied");
    expect(t.judge.submitted.length).toBe(1);
    expect(readStored("decision", t.judge.submitted[0]!)).toMatchObject({ decision: "deny", offline: true });
    expect(t.desk.hasUndelivered()).toBe(false);
  });

  it("follows the one before it in the chain, and both arrive in order", async () => {
    const t = await arrangeDesk();
    const [first, second] = [await t.opened(), t.judge.issue()];
    await t.seen.next((s) => s.kind === "row" && s.row.digest === second.digest);
    await t.drop();
    await t.desk.decide(t.deny(first));
    t.desk.openReview({ iss: GATEWAY_ISS, rid: second.claims.rid });
    await t.desk.decide(t.deny(second));
    t.gateway.snapshot = [first.jws, second.jws];
    await t.reconnect();
    await t.status(second.claims.rid, "denied");
    expect(t.judge.recorded.map((d) => [d.rid, d.n])).toEqual([
      [first.claims.rid, 1],
      [second.claims.rid, 2],
    ]);
  });

  it("goes back to its author when the one before it is rejected", async () => {
    const t = await arrangeDesk();
    const [first, second] = [await t.opened(), t.judge.issue()];
    await t.seen.next((s) => s.kind === "row" && s.row.digest === second.digest);
    await t.drop();
    await t.desk.decide(t.deny(first));
    t.desk.openReview({ iss: GATEWAY_ISS, rid: second.claims.rid });
    await t.desk.decide(t.deny(second));
    t.judge.requests.get(first.claims.rid)!.state = "withdrawn";
    t.gateway.snapshot = [second.jws];
    await t.reconnect();
    expect(await t.status(second.claims.rid, "undelivered")).toMatchObject({ status: { code: "E_CHAIN_GAP" } });
    t.desk.openReview({ iss: GATEWAY_ISS, rid: second.claims.rid });
    await t.desk.decide(t.deny(second));
    await t.status(second.claims.rid, "denied");
    expect(t.judge.submitted.length).toBe(2);
    expect((await t.desk.history(10)).map((row) => [row.decision, row.signature])).toEqual([
      ["deny", "valid"],
      ["deny", "cannot_check"],
      ["deny", "valid"],
    ]);
  });

  it("is shown as not delivered when its time has passed before it could be sent", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    await t.drop();
    t.gateway.server.close();
    for (const client of t.gateway.server.clients) client.terminate();
    await t.desk.decide(t.deny(request));
    t.clock.advance(902_000);
    expect(await t.status(request.claims.rid, "undelivered")).toMatchObject({ status: { code: "E_REQ_LATE" } });
    // A restart tells the person nothing else: it never left this computer.
    await t.restart(() => Promise.resolve());
    expect(t.row(request.claims.rid)?.status).toMatchObject({ kind: "undelivered", code: "E_REQ_LATE" });
  });
});

describe("a decision that was sent", () => {
  it("is sent again with the same bytes after a kill, and there is still only one", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    // The gateway records it, and the receipt is lost with the process.
    const answer = t.judge.judge.bind(t.judge);
    t.gateway.on("decision.submit", (m) => {
      answer({ ...m, peer: { ...m.peer, send: () => undefined } });
    });
    await t.desk.decide(t.approve(request));
    await t.gateway.received.next((m) => m.type === "decision.submit");
    t.gateway.on("decision.submit", answer);
    await t.restart();
    await t.status(rid, "held");
    expect(t.judge.submitted.length).toBe(2);
    expect(new Set(t.judge.submitted).size).toBe(1);
    expect(t.judge.recorded.length).toBe(1);
    expect((await t.desk.history(10)).map((row) => row.signature)).toEqual(["valid"]);
    expect(t.files.outbox.entries()).toEqual([]);
  });

  it("may have arrived, also after a restart, when it waited before and its time has passed since", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    await t.drop();
    await t.desk.decide(t.deny(request));
    t.gateway.on("decision.submit", () => undefined);
    t.gateway.snapshot = [request.jws];
    await t.reconnect();
    await t.gateway.received.next((m) => m.type === "decision.submit");
    t.gateway.server.close();
    for (const client of t.gateway.server.clients) client.terminate();
    t.clock.advance(902_000);
    await t.restart(() => Promise.resolve());
    expect(t.row(request.claims.rid)?.status).toMatchObject({ kind: "sending", decision: "deny" });
  });

  it("does not make anything approved by itself: another request is pending as before after the restart", async () => {
    const t = await arrangeDesk();
    const [request, other] = [await t.opened(), t.judge.issue()];
    t.gateway.on("decision.submit", () => undefined);
    await t.desk.decide(t.approve(request));
    t.gateway.snapshot = [request.jws, other.jws];
    await t.restart();
    expect(t.row(request.claims.rid)?.status.kind).toBe("sending");
    expect(t.row(other.claims.rid)?.status.kind).toBe("pending");
  });

  it("is sent again later when the gateway is too busy or has a fault, with the same bytes", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const answer = t.judge.judge.bind(t.judge);
    t.gateway.on("decision.submit", ({ id, peer, body }) => {
      t.judge.submitted.push(String(body["jws"]));
      peer.send("error", { code: "E_RATE", title: "wait", retry: "later", retry_after_ms: 500 }, { re: id });
    });
    await t.desk.decide(t.approve(request));
    await t.gateway.received.next((m) => m.type === "decision.submit");
    await t.gateway.flushed();
    t.gateway.on("decision.submit", answer);
    t.clock.advance(500);
    await t.status(request.claims.rid, "held");
    expect(t.judge.submitted.length).toBe(2);
    expect(new Set(t.judge.submitted).size).toBe(1);
  });

  it("that is no decision to the gateway goes back to its author, and its place in the chain is free", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const answer = t.judge.judge.bind(t.judge);
    t.gateway.on("decision.submit", ({ id, peer }) => {
      peer.send("error", { code: "E_KEY_UNKNOWN", title: "unknown", retry: "refresh" }, { re: id });
    });
    await t.desk.decide(t.approve(request));
    expect(await t.status(request.claims.rid, "undelivered")).toMatchObject({ status: { code: "E_KEY_UNKNOWN" } });
    t.gateway.on("decision.submit", answer);
    t.desk.openReview({ iss: GATEWAY_ISS, rid: request.claims.rid });
    await t.desk.decide(t.approve(request));
    await t.status(request.claims.rid, "held");
    expect(readStored("decision", t.judge.submitted[0]!).chain.n).toBe(1);
  });

  it("that is rejected says why, and may be decided anew after it was read anew", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    const { rid } = request.claims;
    t.judge.requests.get(rid)!.digest = `sha-256:${"Z".repeat(43)}`;
    await t.desk.decide(t.approve(request));
    expect(await t.status(rid, "rejected")).toMatchObject({ status: { code: "E_REQ_DIGEST" } });
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_CLI_STATE" });
    t.judge.requests.get(rid)!.digest = request.digest;
    t.desk.openReview({ iss: GATEWAY_ISS, rid });
    await t.desk.decide(t.approve(request));
    await t.status(rid, "held");
  });
});

describe("what is on the disk", () => {
  it("keeps a decision from being signed when there is no room for it", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    await rm(path.join(t.folder, "outbox"), { recursive: true });
    await writeFile(path.join(t.folder, "outbox"), "not a folder");
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_CLI_DISK" });
    expect(t.judge.submitted).toEqual([]);
    expect(t.row(request.claims.rid)?.status.kind).toBe("pending");
  });

  it("stops all signing when the journal lost what the gateway recorded", async () => {
    const t = await arrangeDesk();
    const first = await t.opened();
    await t.desk.decide(t.approve(first));
    await t.status(first.claims.rid, "held");
    await t.desk.close();
    for (const name of await readdir(t.folder)) await rm(path.join(t.folder, name), { recursive: true });
    const second = t.judge.issue({}, "keep");
    t.gateway.snapshot = [second.jws];
    await t.restart();
    t.desk.openReview({ iss: GATEWAY_ISS, rid: second.claims.rid });
    await expect(t.desk.decide(t.approve(second))).rejects.toMatchObject({ code: "E_CLI_CHAIN" });
    await expect(t.desk.decide(t.deny(second))).rejects.toMatchObject({ code: "E_CLI_CHAIN" });
  });
});
