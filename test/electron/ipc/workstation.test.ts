import path from "node:path";

import { describe, expect, it } from "vitest";

import type { AppEvent } from "#shared/ipc/contract.ts";

import { arrangeAtGateway, arrangeWorkstation } from "../arrange-workstation.ts";
import { DIRECTORY_ISS, GATEWAY_ISS, makeRequestClaims, newId, signRequest } from "../hospital.ts";
import { enrolWith, PIN } from "../enrol-with.ts";

const LEE = {
  sub: `${DIRECTORY_ISS}/approvers/lee`,
  name: "LEE, Min (Dr)",
  device: `${DIRECTORY_ISS}/devices/wow-17-lee`,
};

describe("the way in", () => {
  it("begins with set-up where nobody is enrolled, and keeps nothing of an enrolment that was given up", async () => {
    const { app, gateway, folder } = await arrangeAtGateway();
    expect(app.snapshot().phase).toEqual({ kind: "setup", enrolment: { kind: "ticket" } });
    gateway.on("enrol.begin", ({ id, peer }) => {
      peer.send("enrol.challenge", { nonce: "N".repeat(32), expires_in: 900 }, { re: id });
    });
    gateway.on("enrol.complete", ({ id, peer }) => {
      peer.send("enrol.pending", { expires_in: 900 }, { re: id });
    });
    const ticket = JSON.stringify({
      ticket_id: "ticket-0001",
      ws_endpoint: gateway.url,
      directory_iss: DIRECTORY_ISS,
      directory_kid: gateway.hospital.directory.kid,
    });
    await app.ask("enrol_begin", { ticket, code: "CODE", pin: PIN, key_store: "software" });
    await app.enrolment("check_words");
    await app.ask("enrol_cancel", undefined);
    expect(app.snapshot().phase).toEqual({ kind: "setup", enrolment: { kind: "ticket" } });
    const again = arrangeWorkstation(path.join(folder, "app"));
    await again.workstation.start();
    expect(again.snapshot().phase.kind).toBe("setup");
  });

  it("refuses a bad ticket, a weak PIN and a key store that this start does not offer, at once", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const good = { ticket: "{}", code: "C", pin: PIN, key_store: "software" } as const;
    const ticket = JSON.stringify({
      ticket_id: "ticket-0001",
      ws_endpoint: gateway.url,
      directory_iss: DIRECTORY_ISS,
      directory_kid: "K".repeat(43),
    });
    for (const [input, code] of [
      [good, "E_ENROL_TICKET"],
      [{ ...good, ticket, pin: "123456" }, "E_CLI_PIN_WEAK"],
      [{ ...good, ticket, key_store: "os" as const }, "E_CLI_KEYSTORE"],
    ] as const) {
      expect(await app.ask("enrol_begin", input)).toMatchObject({ ok: false, error: { code } });
    }
    expect(gateway.peers).toEqual([]);
  });

  it("says why an enrolment failed, and lets the person try again with a wrong code", async () => {
    const { app, gateway } = await arrangeAtGateway();
    gateway.on("enrol.begin", ({ id, peer }) => {
      peer.send("enrol.challenge", { nonce: "N".repeat(32), expires_in: 900 }, { re: id });
    });
    gateway.on("enrol.complete", ({ id, peer }) => {
      peer.send("error", { code: "E_ENROL_CODE", title: "wrong", retry: "never", tries_left: 4 }, { re: id });
    });
    const ticket = JSON.stringify({
      ticket_id: "ticket-0001",
      ws_endpoint: gateway.url,
      directory_iss: DIRECTORY_ISS,
      directory_kid: gateway.hospital.directory.kid,
    });
    await app.ask("enrol_begin", { ticket, code: "CODE", pin: PIN, key_store: "software" });
    await app.events.next(
      (e) =>
        e.kind === "snapshot" &&
        e.snapshot.phase.kind === "setup" &&
        e.snapshot.phase.enrolment.kind === "ticket" &&
        e.snapshot.phase.enrolment.error?.tries_left === 4,
    );
  });

  it("limits wrong PINs and lets nobody in with them", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const kid = await enrolWith(app, gateway);
    for (const code of ["E_CLI_PIN", "E_CLI_PIN", "E_CLI_PIN", "E_CLI_PIN_LOCKED"]) {
      expect(await app.ask("unlock", { kid, pin: "000001" })).toMatchObject({ error: { code } });
    }
    expect(await app.ask("unlock", { kid, pin: PIN })).toMatchObject({ error: { code: "E_CLI_PIN_LOCKED" } });
    expect(app.snapshot().phase.kind).toBe("locked");
    expect(await app.ask("unlock", { kid: "K".repeat(43), pin: PIN })).toMatchObject({
      error: { code: "E_CLI_NOT_FOUND" },
    });
  });
});

describe("two people at one workstation", () => {
  it("never see each other's requests, decisions or history, and each has a key of their own", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const first = await enrolWith(app, gateway);
    const second = await enrolWith(app, gateway, LEE);
    expect(first).not.toBe(second);
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + 900, submit_by: now + 900, grant_exp: now + 1200 };
    const mine = signRequest(
      gateway.hospital,
      makeRequestClaims({ ...times, aud: [`${DIRECTORY_ISS}/approvers/okafor`] }),
    );
    gateway.snapshot = [mine.jws];
    await app.ask("unlock", { kid: first, pin: PIN });
    await app.row("pending");
    await app.ask("open_review", { key: { iss: mine.claims.iss, rid: mine.claims.rid } });
    gateway.on("decision.submit", () => undefined);
    const choice = { kind: "deny", reason: { code: "not-needed" }, report_agent: false } as const;
    const input = { key: { iss: mine.claims.iss, rid: mine.claims.rid }, rev: 1, digest: mine.digest, choice };
    expect(await app.ask("decide", input)).toMatchObject({ ok: true });
    await gateway.received.next((m) => m.type === "decision.submit");
    await app.ask("lock", undefined);
    expect(app.snapshot().phase).toMatchObject({ notice: { sent: true } });

    // The other person's session must not carry the first one's decision.
    gateway.snapshot = [];
    expect(await app.ask("unlock", { kid: second, pin: PIN })).toMatchObject({ ok: true });
    await app.events.next((e) => e.kind === "gateway" && e.gateway.connection.kind === "live");
    expect(app.snapshot()).toMatchObject({ rows: [], phase: { person: { name: "LEE, Min (Dr)" } } });
    expect(await app.ask("list_history", { limit: 10 })).toEqual({ ok: true, value: [] });
    expect(gateway.received.all.filter((m) => m.type === "decision.submit").length).toBe(1);

    await app.ask("lock", undefined);
    expect(await app.ask("unlock", { kid: first, pin: PIN })).toMatchObject({ ok: true });
    await gateway.received.next((m) => m.type === "decision.submit");
    expect(app.snapshot().rows.map((row) => row.status.kind)).toEqual(["sending"]);
  });

  it("go on where they were locked out, each for themselves: what the other had open is forgotten", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const first = await enrolWith(app, gateway);
    const second = await enrolWith(app, gateway, LEE);
    const { jws, claims } = signRequest(gateway.hospital, makeRequestClaims({}, gateway.nowS()));
    const key = { iss: claims.iss, rid: claims.rid };
    gateway.snapshot = [jws];
    await app.ask("unlock", { kid: first, pin: PIN });
    await app.row("pending");
    await app.ask("open_review", { key });
    await app.ask("lock", undefined);
    await app.ask("unlock", { kid: first, pin: PIN });
    expect(app.snapshot().phase).toMatchObject({ kind: "unlocked", left: { key, sent: false } });

    await app.ask("open_review", { key });
    await app.ask("lock", undefined);
    await app.ask("unlock", { kid: second, pin: PIN });
    expect(app.snapshot().phase).not.toHaveProperty("left");
    await app.ask("lock", undefined);
    await app.ask("unlock", { kid: first, pin: PIN });
    expect(app.snapshot().phase).not.toHaveProperty("left");
  });

  it("find what they read and were writing when their page ends, however often it does, until they put it away", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const kid = await enrolWith(app, gateway);
    const { jws, claims } = signRequest(gateway.hospital, makeRequestClaims({}, gateway.nowS()));
    const key = { iss: claims.iss, rid: claims.rid };
    const draft = { code: "not-needed", note: "Half a sentence", report_agent: false } as const;
    gateway.snapshot = [jws];
    await app.ask("unlock", { kid, pin: PIN });
    await app.row("pending");
    app.workstation.pageGone();
    expect(app.snapshot().phase).not.toHaveProperty("left");

    await app.ask("open_review", { key });
    await app.ask("keep_draft", { key, draft });
    // The page ends, and the next one begins to load.
    app.workstation.pageGone();
    app.workstation.pageGone();
    expect(app.snapshot().phase).toMatchObject({ left: { why: "page", key, sent: false, draft } });
    await app.ask("open_review", { key });
    app.workstation.pageGone();
    expect(app.snapshot().phase).toMatchObject({ left: { key, draft } });

    await app.ask("open_review", { key });
    await app.ask("close_review", undefined);
    app.workstation.pageGone();
    expect(app.snapshot().phase).not.toHaveProperty("left");
  });

  it("lose no half-written denial to a decision of the other one that ends late", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const first = await enrolWith(app, gateway);
    const second = await enrolWith(app, gateway, LEE);
    const aud = ["okafor", "lee"].map((name) => `${DIRECTORY_ISS}/approvers/${name}`);
    const { jws, claims } = signRequest(gateway.hospital, makeRequestClaims({ aud }, gateway.nowS()));
    const key = { iss: claims.iss, rid: claims.rid };
    const draft = { code: "not-needed", note: "Half a sentence", report_agent: false } as const;
    gateway.snapshot = [jws];

    await app.ask("unlock", { kid: first, pin: PIN });
    const deskOfFirst = app.workstation.desks().at(GATEWAY_ISS);
    await app.ask("lock", undefined);

    await app.ask("unlock", { kid: second, pin: PIN });
    const deskOfSecond = app.workstation.desks().at(GATEWAY_ISS);
    await app.events.next((e) => e.kind === "gateway" && e.gateway.connection.kind === "live");
    expect(await app.ask("open_review", { key })).toMatchObject({ ok: true });
    const comesBackWith = async (decided: typeof deskOfFirst): Promise<void> => {
      expect(await app.ask("keep_draft", { key, draft })).toMatchObject({ ok: true });
      app.workstation.decidedAt(decided);
      await app.ask("lock", undefined);
      await app.ask("unlock", { kid: second, pin: PIN });
    };
    await comesBackWith(deskOfFirst);
    expect(app.snapshot().phase).toMatchObject({ left: { key, draft } });

    await app.ask("open_review", { key });
    await comesBackWith(deskOfSecond);
    expect(app.snapshot().phase).toMatchObject({ left: { key } });
    expect(app.snapshot().phase).not.toHaveProperty("left.draft");
  });

  it("are never at work at the same time", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const first = await enrolWith(app, gateway);
    const [a, b] = await Promise.all([
      app.ask("unlock", { kid: first, pin: PIN }),
      app.ask("unlock", { kid: first, pin: PIN }),
    ]);
    expect([a.ok, b.ok].sort()).toEqual([false, true]);
    expect(await app.ask("unlock", { kid: first, pin: PIN })).toMatchObject({ error: { code: "E_CLI_STATE" } });
    expect(await app.ask("enrol_begin", { ticket: "{}", code: "", pin: PIN, key_store: "software" })).toMatchObject({
      error: { code: "E_CLI_STATE" },
    });
  });
});

describe("a link from another program", () => {
  it("opens after unlock, and says nothing about whether the request exists", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const kid = await enrolWith(app, gateway);
    const rid = newId();
    app.workstation.show(rid);
    expect(JSON.stringify(app.events.all)).not.toContain(rid);
    await app.ask("unlock", { kid, pin: PIN });
    const opened = await app.events.next((e) => e.kind === "open");
    expect(opened).toMatchObject({ key: { rid } });
    expect(await app.ask("open_review", { key: (opened as Extract<AppEvent, { kind: "open" }>).key })).toMatchObject({
      error: { code: "E_CLI_NOT_FOUND" },
    });
  });
});

describe("settings", () => {
  it("are checked, kept and told", async () => {
    const { app } = await arrangeAtGateway();
    expect(await app.ask("set_settings", { facility_zone: "Nowhere/At_All" })).toMatchObject({
      error: { code: "E_CLI_INPUT" },
    });
    expect(await app.ask("set_settings", { facility_zone: "America/New_York", text_size: 150 })).toMatchObject({
      ok: true,
      value: { facility_zone: "America/New_York", text_size: 150, theme: "system" },
    });
    await app.events.next((e) => e.kind === "settings");
  });
});
