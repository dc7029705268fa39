import path from "node:path";

import { describe, expect, it, vi } from "vitest";

import type { AppEvent, HistoryRow, ReviewData } from "#shared/ipc/contract.ts";

import { approval, PIN } from "../electron/approval.ts";
import { arrangeWorkstation } from "../electron/arrange-workstation.ts";
import { arrange, enrol, live, raise, review, startGateway } from "./real-gateway.ts";

describe("the main process against the real gateway", () => {
  it("enrols, unlocks, reads, approves, and shows what came of it, with evidence that verifies here", async () => {
    const t = await arrange();
    const kid = await enrol(t);
    expect(await t.app.ask("unlock", { kid, pin: "000001" })).toMatchObject({
      ok: false,
      error: { code: "E_CLI_PIN" },
    });
    expect(await t.app.ask("unlock", { kid, pin: PIN })).toEqual({ ok: true, value: null });
    await live(t.app);
    const rid = await raise(t.gateway);
    await t.app.row("pending");
    const shown = await review(t.app, rid, t.gateway.iss);
    expect(shown.row.item).toMatch(/warfarin/);
    const outcome = t.gateway.decision(rid);
    expect(await t.app.ask("decide", approval(shown))).toMatchObject({ ok: true });
    // The hold is a second: on a busy machine the page hears of its end and of its beginning in one event.
    await t.app.row("executed");
    expect(await outcome).toMatchObject({ state: "completed" });
    const receipt = () => t.app.events.all.findLast((e) => e.kind === "review")?.review.receipt;
    await expect.poll(receipt).toMatchObject({ logged: "included" });
    expect(receipt()?.resource).toMatch(/MedicationRequest/);
    const history = await t.app.ask("list_history", { limit: 10 });
    expect((history as { value: readonly HistoryRow[] }).value).toMatchObject([
      { decision: "approve", outcome: "completed", signature: "valid", patient_name: "EXAMPLE, Ruth (Mrs)" },
    ]);
    expect(t.app.faults).toEqual([]);
    expect(t.app.damaged).toEqual([]);
  });

  it("denies with a report, revokes inside the hold, and asks for more time", async () => {
    const t = await arrange({ hold_s: 60 });
    const kid = await enrol(t);
    await t.app.ask("unlock", { kid, pin: PIN });
    await live(t.app);
    const first = await raise(t.gateway);
    await t.app.row("pending");
    const { row } = await review(t.app, first, t.gateway.iss);
    const choice = { kind: "deny", reason: { code: "suspected-agent-error" }, report_agent: true } as const;
    await t.app.ask("decide", { key: row.key, rev: row.rev, digest: row.digest, choice });
    await t.app.row("denied");

    const second = await raise(t.gateway, "task-2");
    await t.app.row("pending");
    const asked = await review(t.app, second, t.gateway.iss);
    expect(await t.app.ask("extend", { key: asked.row.key, rev: 1, seconds: 600 })).toMatchObject({ ok: true });
    const moved = (await t.app.events.next((e) => e.kind === "review" && e.review.row.rev === 2)) as {
      review: ReviewData;
    };
    expect(moved.review.row.status.kind).toBe("pending");
    expect(moved.review.row.exp).toBeGreaterThan(asked.row.exp);
    await t.app.ask("decide", approval(moved.review));
    await t.app.row("held");
    const again = { key: asked.row.key, rev: 2, digest: moved.review.row.digest };
    const back = { kind: "revoke", reason: { code: "wrong-drug-or-dose" } } as const;
    expect(await t.app.ask("decide", { ...again, choice: back })).toMatchObject({ ok: true });
    await t.app.row("revoked");
    expect(t.app.faults).toEqual([]);
  });

  it("keeps the count true while locked, shows nothing of a request, and is back at once for the same person", async () => {
    const t = await arrange();
    const kid = await enrol(t);
    await t.app.ask("unlock", { kid, pin: PIN });
    await live(t.app);
    const rid = await raise(t.gateway);
    await t.app.row("pending");
    await review(t.app, rid, t.gateway.iss);
    await t.app.ask("lock", undefined);
    const snapshot = t.app.snapshot();
    expect(snapshot).toMatchObject({ rows: [], phase: { kind: "locked", waiting: 1, notice: { sent: false } } });
    expect(JSON.stringify(snapshot)).not.toMatch(/Ruth|EXAMPLE|warfarin/i);
    for (const [command, input] of [
      ["open_review", { key: { iss: t.gateway.iss, rid } }],
      ["list_history", { limit: 10 }],
      ["copy_reference", { key: { iss: t.gateway.iss, rid } }],
      ["close_review", undefined],
      ["keep_draft", { key: { iss: t.gateway.iss, rid }, draft: { note: "x", report_agent: false } }],
      ["cancel_decision", undefined],
      ["revoke_keys", undefined],
      ["query_records", { iss: t.gateway.iss, filter: {}, order: "newest" }],
      ["verify_records", { iss: t.gateway.iss, ids: ["1-0"] }],
      ["open_record", { iss: t.gateway.iss, id: "1-0" }],
      ["ask_agent", { iss: t.gateway.iss, agent: "spiffe://example/a" }],
    ] as const) {
      expect(await t.app.ask(command, input as never)).toMatchObject({ error: { code: "E_CLI_LOCKED" } });
    }
    const before = t.app.events.all.length;
    await raise(t.gateway, "task-2");
    await t.app.events.next((e) => e.kind === "phase" && e.phase.kind === "locked" && e.phase.waiting === 2);
    expect(JSON.stringify(t.app.events.all.slice(before))).not.toMatch(/Ruth|EXAMPLE|warfarin/i);
    await t.app.ask("unlock", { kid, pin: PIN });
    expect(t.app.snapshot().rows.length).toBe(2);
    expect(t.app.snapshot().gateways[0]?.connection.kind).toBe("live");
  });

  it("resumes after the gateway was gone, and sends what was denied meanwhile", async () => {
    const t = await arrange();
    const kid = await enrol(t);
    await t.app.ask("unlock", { kid, pin: PIN });
    await live(t.app);
    const rid = await raise(t.gateway);
    await t.app.row("pending");
    const { row } = await review(t.app, rid, t.gateway.iss);
    const port = Number(new URL(t.gateway.url).port);
    await t.gateway.close();
    await t.app.events.next((e) => e.kind === "gateway" && e.gateway.connection.kind === "offline");
    const choice = { kind: "deny", reason: { code: "not-needed" }, report_agent: false } as const;
    expect(await t.app.ask("decide", { key: row.key, rev: row.rev, digest: row.digest, choice })).toMatchObject({
      ok: true,
    });
    expect(t.app.snapshot().rows[0]?.status.kind).toBe("sending");
    const gateway = await startGateway(t.data, { hold_s: 1 }, port);
    t.app.workstation.probe();
    await t.app.row("denied");
    expect(gateway.core.status(rid)).toMatchObject({ state: "denied" });
    // The first connection is said by nothing; one that was lost and came back is, also when nothing more was missed.
    const notices = () => t.app.events.all.flatMap((e) => (e.kind === "notice" ? [e.notice] : []));
    await vi.waitFor(() => expect(notices()).toEqual(["disconnected", "connected"]), { timeout: 30_000 });
    expect(t.app.snapshot().gateways[0]?.connection.kind).toBe("live");
  });

  it("goes on after a restart of the app where it was: what was approved and held can be revoked", async () => {
    const t = await arrange({ hold_s: 60 });
    const kid = await enrol(t);
    await t.app.ask("unlock", { kid, pin: PIN });
    await live(t.app);
    const rid = await raise(t.gateway);
    await t.app.row("pending");
    await t.app.ask("decide", approval(await review(t.app, rid, t.gateway.iss)));
    await t.app.row("held");
    await t.app.workstation.stop();

    const again = arrangeWorkstation(path.join(t.folder, "app"));
    await again.workstation.start();
    expect(again.snapshot().phase).toMatchObject({ kind: "locked", people: [{ kid }] });
    expect(await again.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: true });
    await live(again);
    expect(again.snapshot().rows.map((row) => row.status.kind)).toEqual(["held"]);
    const { row } = await review(again, rid, t.gateway.iss);
    const back = { kind: "revoke", reason: { code: "not-needed" } } as const;
    await again.ask("decide", { key: row.key, rev: row.rev, digest: row.digest, choice: back });
    await again.row("revoked");
    expect(again.damaged).toEqual([]);
  });

  it("gives a key up at its owner's word: what was held is taken back, and the key opens no connection again", async () => {
    const t = await arrange({ hold_s: 60 });
    const kid = await enrol(t);
    await t.app.ask("unlock", { kid, pin: PIN });
    await live(t.app);
    const rid = await raise(t.gateway);
    await t.app.row("pending");
    await t.app.ask("decide", approval(await review(t.app, rid, t.gateway.iss)));
    await t.app.row("held");
    expect(await t.app.ask("revoke_keys", undefined)).toEqual({ ok: true, value: null });
    expect(t.app.snapshot().phase.kind).toBe("locked");
    // The approval does not count any more: the same request asks anew, under a new revision (protocol.md 3.13).
    await expect.poll(() => t.gateway.core.status(rid)).toMatchObject({ state: "open", claims: { rev: 2 } });

    await t.app.ask("unlock", { kid, pin: PIN });
    const refused = (e: AppEvent) => e.kind === "gateway" && e.gateway.connection.kind === "refused";
    if (t.app.snapshot().gateways[0]?.connection.kind !== "refused") await t.app.events.next(refused);
    expect(t.app.snapshot().gateways[0]?.connection).toMatchObject({ kind: "refused", code: "E_KEY_REVOKED" });
  });
});
