import path from "node:path";

import { describe, expect, it } from "vitest";

import type { HistoryRow } from "#shared/ipc/contract.ts";

import { approval, PIN } from "../electron/approval.ts";
import { arrangeWorkstation } from "../electron/arrange-workstation.ts";
import { arrange, enrol, live, raise, review } from "./real-gateway.ts";

describe("a key that its owner replaces, at the real gateway", () => {
  it("goes on its own word: the new one takes back what the old one approved, and the history is whole", async () => {
    const t = await arrange({ hold_s: 60 });
    const kid = await enrol(t);
    await t.app.ask("unlock", { kid, pin: PIN });
    await live(t.app);
    const rid = await raise(t.gateway);
    await t.app.row("pending");
    await t.app.ask("decide", approval(await review(t.app, rid, t.gateway.iss)));
    await t.app.row("held");
    await t.app.ask("close_review", undefined);

    expect(await t.app.ask("replace_key", { iss: t.gateway.iss, pin: PIN })).toEqual({ ok: true, value: null });
    await t.app.events.next(
      (e) =>
        e.kind === "snapshot" && e.snapshot.phase.kind === "unlocked" && e.snapshot.phase.replacing?.kind === "done",
    );
    const { phase } = t.app.snapshot();
    const next = phase.kind === "unlocked" ? phase.person.kid : "";
    expect(next).not.toBe(kid);
    await live(t.app);
    // The old key still counts for its day of overlap: nothing it approved was undone (protocol.md 3.13).
    expect(t.gateway.core.status(rid)).toMatchObject({ state: "approved" });
    expect(t.app.snapshot().rows.map((row) => row.status.kind)).toEqual(["held"]);
    const { row } = await review(t.app, rid, t.gateway.iss);
    const back = { kind: "revoke", reason: { code: "not-needed" } } as const;
    const asked = { key: row.key, rev: row.rev, digest: row.digest, choice: back };
    expect(await t.app.ask("decide", asked)).toMatchObject({ ok: true });
    await t.app.row("revoked");
    const history = await t.app.ask("list_history", { limit: 10 });
    expect((history as { value: readonly HistoryRow[] }).value).toMatchObject([
      { decision: "revoke", outcome: "revoked", signature: "valid" },
      { decision: "approve", signature: "valid" },
    ]);

    await t.app.workstation.stop();
    const again = arrangeWorkstation(path.join(t.folder, "app"));
    await again.workstation.start();
    expect(again.snapshot().phase).toMatchObject({ kind: "locked", people: [{ kid: next }] });
    expect(await again.ask("unlock", { kid: next, pin: PIN })).toMatchObject({ ok: true });
    await live(again);
    expect([t.app.faults, t.app.damaged, again.faults, again.damaged]).toEqual([[], [], [], []]);
  });
});
