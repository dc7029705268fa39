import { describe, expect, it } from "vitest";

import { readStored } from "#shared/protocol/verify/stored.ts";

import { arrangeAtGateway } from "../arrange-workstation.ts";
import { enrolWith, PIN } from "../enrol-with.ts";
import { GATEWAY_ISS, makeRequestClaims, signRequest } from "../hospital.ts";
import { makeManualClock } from "../manual-clock.ts";

describe("what the desktop is told", () => {
  it.each([
    ["routine", "low", false],
    ["high", "high", true],
  ] as const)(
    "a %s request that arrives is counted; only above routine is it worth a notification",
    async (_tier, risk, arrived) => {
      const { app, gateway } = await arrangeAtGateway();
      const kid = await enrolWith(app, gateway);
      const now = Math.floor(Date.now() / 1000);
      const times = { iat: now, exp: now + 900, submit_by: now + 900, grant_exp: now + 1200 };
      gateway.snapshot = [signRequest(gateway.hospital, makeRequestClaims({ ...times, action: { risk } })).jws];
      await app.ask("unlock", { kid, pin: PIN });
      expect(await app.waiting.next((told) => told.count === 1)).toMatchObject({ arrived });
    },
  );
});

describe("diagnostics", () => {
  it("name versions, settings, connection and counts, and nothing of a request, a patient or a person", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const kid = await enrolWith(app, gateway);
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + 900, submit_by: now + 900, grant_exp: now + 1200 };
    const request = signRequest(gateway.hospital, makeRequestClaims(times));
    gateway.snapshot = [request.jws];
    await app.ask("set_settings", { site_ca_file: "/home/okafor/ca.pem" });
    await app.ask("unlock", { kid, pin: PIN });
    await app.row("pending");
    const reply: unknown = await app.ask("get_diagnostics", undefined);
    const { text } = (reply as { readonly value: { readonly text: string } }).value;
    expect(JSON.parse(text)).toMatchObject({
      format: "countersign-diagnostics/1",
      requests: 1,
      settings: { facility_zone: "Europe/London", site_ca_file: "set" },
      gateways: [{ iss: GATEWAY_ISS, refused: {} }],
    });
    const { claims } = request;
    const clinical = [claims.rid, claims.patient?.name, claims.patient?.ref, claims.agent.name, claims.agent.sub];
    for (const word of [...clinical, "okafor", "OKAFOR", kid]) expect(text).not.toContain(word);
  });

  it("are saved exactly as they were shown, and not before", async () => {
    const { app } = await arrangeAtGateway();
    expect(await app.ask("save_diagnostics", undefined)).toMatchObject({ error: { code: "E_CLI_NOT_SHOWN" } });
    const reply: unknown = await app.ask("get_diagnostics", undefined);
    const { text } = (reply as { readonly value: { readonly text: string } }).value;
    await app.ask("set_settings", { text_size: 150 });
    expect(await app.ask("save_diagnostics", undefined)).toMatchObject({ ok: true, value: { saved: true } });
    expect(app.saved.files).toEqual([
      { name: expect.stringMatching(/^countersign-diagnostics-\d{4}-\d\d-\d\d\.json$/) as unknown, text },
    ]);
    app.saved.refuses = true;
    expect(await app.ask("save_diagnostics", undefined)).toMatchObject({ error: { code: "E_CLI_FILE" } });
  });
});

describe("an idle workstation", () => {
  it("hides what is on the screen and goes on where it was; locked, nothing is hidden any more", async () => {
    const { app, gateway } = await arrangeAtGateway();
    const kid = await enrolWith(app, gateway);
    app.workstation.idle("hidden");
    expect(app.snapshot().phase.kind).toBe("locked");
    await app.ask("unlock", { kid, pin: PIN });
    expect(app.snapshot().phase).not.toHaveProperty("idle");
    app.workstation.idle("hidden");
    expect(app.snapshot().phase).toMatchObject({ kind: "unlocked", idle: "hidden" });
    await app.events.next((e) => e.kind === "phase" && e.phase.kind === "unlocked" && e.phase.idle === "hidden");
    app.workstation.idle(undefined);
    expect(app.snapshot().phase).not.toHaveProperty("idle");
    app.workstation.idle("locking");
    await app.ask("lock", undefined);
    await app.ask("unlock", { kid, pin: PIN });
    expect(app.snapshot().phase).not.toHaveProperty("idle");
  });
});

describe("attention", () => {
  it("stands still while the screen is hidden, although the window has the focus", async () => {
    const clock = makeManualClock();
    const { gateway, app } = await arrangeAtGateway(clock);
    const kid = await enrolWith(app, gateway);
    const now = Math.floor(clock.nowMs() / 1000);
    const times = { iat: now, exp: now + 900, submit_by: now + 900, grant_exp: now + 1200 };
    const { jws, claims, digest } = signRequest(gateway.hospital, makeRequestClaims(times));
    gateway.snapshot = [jws];
    app.workstation.focus(true);
    await app.ask("unlock", { kid, pin: PIN });
    await app.events.next((e) => e.kind === "gateway" && e.gateway.connection.kind === "live");
    const key = { iss: claims.iss, rid: claims.rid };
    await app.ask("open_review", { key });
    clock.advance(2_000);
    app.workstation.idle("hidden");
    clock.advance(30_000);
    // Coming back into the window alone does not show what is hidden.
    app.workstation.focus(true);
    clock.advance(5_000);
    app.workstation.idle(undefined);
    clock.advance(1_000);
    gateway.on("decision.submit", () => undefined);
    const choice = { kind: "deny", reason: { code: "not-needed" }, report_agent: false } as const;
    expect(await app.ask("decide", { key, rev: 1, digest, choice })).toMatchObject({ ok: true });
    const sent = await gateway.received.next((m) => m.type === "decision.submit");
    expect(readStored("decision", (sent.body as { readonly jws: string }).jws).dwell).toMatchObject({ ms: 3_000 });
  });
});
