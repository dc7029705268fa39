import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import type { ErrorCode } from "#shared/protocol/registry.ts";

import { arrange } from "./arrange.ts";
import type { HostileGateway } from "./gateway.ts";
import { jdig, jws, leafHash, makeKey, makeLog, nodeHash, uuid } from "./jose.ts";
import { ISS, T0 } from "./request.ts";

const LIES: readonly (readonly [what: string, code: ErrorCode, prepare: (g: HostileGateway) => void])[] = [
  ["a proof over another nonce", "E_AUTH_PROOF", (g) => (g.proof = { nonce: "A".repeat(32) })],
  ["a proof for another audience", "E_AUTH_PROOF", (g) => (g.proof = { aud: ISS })],
  ["a proof for a list of audiences", "E_AUTH_PROOF", (g) => (g.proof = { aud: ["client"] })],
  ["a proof of another session", "E_AUTH_PROOF", (g) => (g.proof = { sid: uuid() })],
  ["a proof of another gateway", "E_AUTH_PROOF", (g) => (g.proof = { iss: "https://other.example" })],
  ["a proof that lives for an hour", "E_AUTH_PROOF", (g) => (g.proof = { exp: T0 + 3600 })],
  ["a proof that ended before it began", "E_AUTH_PROOF", (g) => (g.proof = { exp: T0 - 1 })],
  ["a proof by a key for requests", "E_AUTH_PROOF", (g) => (g.proofKey = g.request)],
  ["a proof by nobody's key", "E_AUTH_PROOF", (g) => (g.proofKey = makeKey())],
  ["a proof that is none", "E_AUTH_PROOF", (g) => (g.challenge = { proof: "a.b.c" })],
  ["a credential by another directory", "E_GW_CRED", (g) => (g.credentialKey = makeKey())],
  ["a credential that has ended", "E_GW_CRED", (g) => (g.credentialClaims = { exp: T0 - 1 })],
  ["a credential of another gateway", "E_GW_CRED", (g) => (g.credentialClaims = { sub: "https://other.example" })],
  ["a credential by another directory's name", "E_GW_CRED", (g) => (g.credentialClaims = { iss: "https://d.example" })],
];

describe("a gateway that cannot prove itself is refused by its code and learns nothing of the person:", () => {
  it.each(LIES)("%s (%s)", async (_what, code, prepare) => {
    const v = await arrange({ start: false, prepare });
    await v.connection("refused");
    expect(v.status().connection).toEqual({ kind: "refused", code });
    expect(v.gateway.received.all.map((m) => m.type)).toEqual(["hello"]);
    v.expectNothingSigned();
  });
});

const envelope = (members: string): string =>
  `{"v":1,"type":"action.pending","id":"${uuid()}","ts":"2026-09-21T14:13:20.123Z",${members}}`;

describe("frames", () => {
  it.each([
    ["one member twice", "E_FMT_DUP", envelope('"body":{},"body":{}')],
    ["a fraction", "E_FMT_NUMBER", envelope('"body":{"jws":1.5}')],
    ["a body that does not fit its type", "E_CLM_SHAPE", envelope('"body":{"jws":7}')],
    ["no JSON", "E_FMT_JSON", "hello"],
  ])("%s are answered by %s, and the third ends the connection with 4400", async (_what, code, frame) => {
    const v = await arrange();
    v.gateway.text(frame);
    expect(await v.gateway.received.next((m) => m.type === "error")).toMatchObject({ body: { code } });
    expect(v.status().connection.kind).toBe("live");
    v.gateway.text(frame);
    v.gateway.text(frame);
    expect(await v.gateway.closed.next()).toBe(4400);
    await v.connection("offline");
    expect(v.desk.rows()).toEqual([]);
    v.expectNothingSigned();
  });

  it("of an unknown type or with a feature that must be understood are answered and do not end it", async () => {
    const v = await arrange();
    const pending = { jws: v.gateway.signed() };
    v.gateway.send("action.teleport", pending);
    expect(await v.gateway.received.next((m) => m.type === "error")).toMatchObject({
      body: { code: "E_TYPE_UNKNOWN" },
    });
    v.gateway.send("action.pending", pending, { crit: ["urgent"] });
    expect(await v.gateway.received.next((m) => m.type === "error")).toMatchObject({
      body: { code: "E_CRIT_UNKNOWN" },
    });
    for (let i = 0; i < 5; i++) v.gateway.send("action.teleport", pending);
    await v.gateway.flushed();
    expect(v.status().connection.kind).toBe("live");
    expect(v.desk.rows()).toEqual([]);
  });

  it("above 256 KiB end the connection with 1009, binary ones with 1003; it is opened again", async () => {
    for (const [frame, code] of [
      ["x".repeat(256 * 1024 + 1), 1009],
      [Buffer.from("{}"), 1003],
    ] as const) {
      const v = await arrange();
      v.gateway.text(frame);
      expect(await v.gateway.closed.next()).toBe(code);
      await v.connection("offline");
      v.clock.advance(600);
      await v.connection("live");
    }
  });
});

describe("the feed", () => {
  it("applies a replayed event once, and one that comes after a later one not at all", async () => {
    const v = await arrange();
    const request = v.gateway.signed();
    v.gateway.push("action.pending", { jws: request });
    await v.row(jdig(request));
    const place = { seq: 3, epoch: "e1" };
    v.gateway.send(
      "action.withdrawn",
      { set: v.gateway.event(request, "request-withdrawn", { by: "gateway", reason: "gateway" }) },
      place,
    );
    await v.gateway.flushed();
    expect(v.desk.rows().map((row) => row.status.kind)).toEqual(["withdrawn"]);
    v.gateway.send("action.pending", { jws: request }, { seq: 2, epoch: "e1" });
    v.gateway.send("action.pending", { jws: request }, place);
    v.gateway.send("action.pending", { jws: request }, { seq: 4, epoch: "e1" });
    v.gateway.send("action.pending", { jws: request, snapshot: true });
    await v.gateway.flushed();
    expect(v.desk.rows().map((row) => row.status.kind)).toEqual(["withdrawn"]);
  });

  it.each([
    [
      "signed by nobody's key",
      "E_GW_KEY",
      (g: HostileGateway, r: string) => g.event(r, "request-resolved", { outcome: "approved" }, {}, makeKey()),
    ],
    [
      "of another gateway",
      "E_CLM_AUD",
      (g: HostileGateway, r: string) => g.event(r, "request-withdrawn", {}, { iss: "https://other.example" }),
    ],
    ["that is a request", "E_SIG_TYP", (_g: HostileGateway, r: string) => r],
  ])("takes no event %s", async (_what, code, forge) => {
    const v = await arrange();
    const request = v.gateway.signed();
    v.gateway.push("action.pending", { jws: request });
    v.gateway.push("action.resolved", { set: forge(v.gateway, request) });
    await v.gateway.flushed();
    expect(v.desk.rows().map((row) => row.status.kind)).toEqual(["pending"]);
    expect(v.status().refused).toEqual({ [code]: 1 });
  });

  it("believes no receipt for what was not sent, nor one over other bytes than were", async () => {
    const v = await arrange();
    const request = v.gateway.signed();
    v.gateway.push("action.pending", { jws: request });
    const row = await v.row(jdig(request));
    const claims = (over: object) => ({
      ver: 1,
      iss: ISS,
      aud: "https://directory.northgate.example/devices/wow-17",
      sub: "https://directory.northgate.example/approvers/okafor",
      iat: T0,
      jti: uuid(),
      rid: row.key.rid,
      rev: 1,
      dec_jti: uuid(),
      dec_dig: `sha-256:${"A".repeat(43)}`,
      result: "recorded",
      outcome: "approved",
      quorum: { have: 1, need: 1 },
      enf: "gateway",
      ...over,
    });
    const receipt = (over: object = {}) => jws(v.gateway.request, "countersign-receipt+jwt", claims(over));
    v.gateway.push("decision.receipt", { jws: receipt() });
    await v.gateway.flushed();
    expect(v.desk.rows().map((r) => r.status.kind)).toEqual(["pending"]);
    await v.approve(row);
    const sent = await v.gateway.received.next((m) => m.type === "decision.submit");
    v.gateway.send("decision.receipt", { jws: receipt() }, { re: sent.id });
    v.gateway.push("decision.receipt", { jws: receipt({ dec_dig: jdig(String(sent.body["jws"])) }) });
    await v.gateway.flushed();
    expect(v.desk.rows().map((r) => r.status.kind)).toEqual(["sending"]);
  });
});

describe("the log", () => {
  const [one, two, forged] = ["one", "two", "forged"].map(leafHash) as [Buffer, Buffer, Buffer];

  async function pinned() {
    const v = await arrange();
    v.gateway.answers.set("log.consistency", ({ id, body }) => {
      const hashes = [two.toString("base64url")];
      v.gateway.send("log.consistency", { from: body["from"], to: body["to"], hashes }, { re: id });
    });
    v.gateway.push("log.checkpoint", { note: v.gateway.log.checkpoint(1, one) });
    await v.gateway.flushed();
    return v;
  }

  it("that grows as it should raises no alarm", async () => {
    const v = await pinned();
    v.gateway.push("log.checkpoint", { note: v.gateway.log.checkpoint(2, nodeHash(one, two)) });
    await v.gateway.received.next((m) => m.type === "log.consistency");
    await v.gateway.flushed();
    await v.gateway.flushed();
    expect(v.status().log_alarm).toBeUndefined();
  });

  it.each([
    ["that forks", "E_LOG_FORK", (g: HostileGateway) => g.log.checkpoint(2, nodeHash(forged, two))],
    ["that says two things about one size", "E_LOG_FORK", (g: HostileGateway) => g.log.checkpoint(1, forged)],
    ["of another key", "E_LOG_KEY", () => makeLog("log.northgate.example").checkpoint(2, nodeHash(one, two))],
    ["of another name", "E_LOG_KEY", () => makeLog("log.elsewhere.example").checkpoint(2, nodeHash(one, two))],
  ])("%s raises %s, and nothing more is approved", async (_what, code, note) => {
    const v = await pinned();
    v.gateway.push("log.checkpoint", { note: note(v.gateway) });
    // The status may say it sooner: it asks for the alarm whenever anything about the gateway changes.
    await v.seen.next((s) => "kept" in s && s.kept === code);
    expect(v.status().log_alarm).toBe(code);
    const [file, ...more] = await readdir(path.join(v.folder, "evidence"));
    expect(more).toEqual([]);
    // Both notes under the log's own key are there, for whoever judges it without this app.
    expect(JSON.parse(await readFile(path.join(v.folder, "evidence", file!), "utf8"))).toMatchObject({
      format: "countersign-log-alarm/1",
      code,
      iss: ISS,
      pinned: v.gateway.log.checkpoint(1, one),
      seen: expect.stringContaining(".example\n") as unknown,
    });
    const request = v.gateway.signed();
    v.gateway.push("action.pending", { jws: request });
    await expect(v.approve(await v.row(jdig(request)))).rejects.toMatchObject({ code });
    v.expectNothingSigned();
  });

  it("that is shorter when the gateway comes back raises E_LOG_FORK", async () => {
    const v = await pinned();
    v.gateway.push("log.checkpoint", { note: v.gateway.log.checkpoint(2, nodeHash(one, two)) });
    await v.gateway.received.next((m) => m.type === "log.consistency");
    await v.gateway.flushed();
    await v.gateway.flushed();
    v.gateway.checkpoint = v.gateway.log.checkpoint(1, one);
    v.gateway.text(Buffer.from("{}"));
    await v.connection("offline");
    v.clock.advance(600);
    await v.seen.next((s) => "gateway" in s && s.gateway.log_alarm === "E_LOG_FORK");
    v.expectNothingSigned();
  });
});
