import { describe, expect, it } from "vitest";

import { requestWords } from "#shared/protocol/check-words.ts";

import type { RequestIndex } from "../../../gateway/store/rows.ts";
import type { Asker, ReportFilter } from "../../../gateway/store/reports.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { added, AT, digest, makeDecision, type MakeStore } from "./contract-fixtures.ts";

const EVERYBODY: Asker = { sub: "urn:auditor", units: [], all: true };

const index = (over: Partial<RequestIndex> = {}): RequestIndex => ({
  ...{ agent_name: "Ward helper", units: ["cardiology"], identifiers: [], blind: false, changed: false },
  ...{ denied_before: 0, claim_chars: 0, ...over },
});

const found = (store: Store, filter: ReportFilter, asker = EVERYBODY): string[] =>
  store
    .reportRows({ asker, filter, sort: { by: "received", newestFirst: true }, limit: 100 })
    .rows.map(({ rid, rev }) => `${rid} ${String(rev)}`);

/** What every Store must do for reports, beside `reports.property.test.ts`. */
export function reportsContract(name: string, make: MakeStore): void {
  const open = () => make().store;

  describe(`${name}: reports`, () => {
    it("finds a request by its id, its beginning, its digest, its decision's digest, and one to four check words", () => {
      const store = open();
      const [a] = [added(store), added(store)];
      const decision = makeDecision(a);
      store.write((tx) => {
        tx.addDecision(decision);
      });
      const words = requestWords(a.dig);
      const all = [a.rid, a.rid.toUpperCase(), a.dig, decision.dig, words.join(" "), words.join("-")];
      for (const text of all) expect(found(store, { text }), text).toEqual([`${a.rid} 1`]);
      for (let n = 1; n < 4; n++) expect(found(store, { text: words.slice(0, n).join(" ") })).toContain(`${a.rid} 1`);
      expect(found(store, { text: a.rid.slice(0, 8) })).toHaveLength(2);
      for (const text of ["00000000", "no such word", digest(), "%", "_", '"'])
        expect(found(store, { text })).toEqual([]);
    });

    it("finds agents and signers by a part of their names, whatever the case", () => {
      const store = open();
      const a = added(store, { index: index() });
      added(store, { agent: "urn:other", index: index({ agent_name: "Night watch" }) });
      store.write((tx) => {
        tx.addDecision({ ...makeDecision(a), index: { signer_name: "Dr Amara OKAFOR", overrides: [] } });
      });
      for (const text of ["ward HELPER", "okafor", "approvers/a"])
        expect(found(store, { text })).toEqual([`${a.rid} 1`]);
    });

    it("finds patients by reference or identifier, whole, and keeps no word of either", () => {
      const made = make();
      const a = added(made.store, { patient: "Patient/p-1", index: index({ identifiers: ["SYN-104-77"] }) });
      added(made.store, { patient: "Patient/p-2", index: index({ identifiers: ["Patient/p-1"] }) });
      for (const again of [() => made.store, () => made.reopen()]) {
        const store = again();
        for (const patient of ["Patient/p-1", "SYN-104-77", " SYN-104-77 "]) {
          expect(found(store, { patient })).toEqual([`${a.rid} 1`]);
        }
        expect(found(store, { patient: "SYN-104" })).toEqual([]);
        expect(found(store, { text: "SYN-104-77" })).toEqual([]);
      }
    });

    it("finds what is addressed to somebody by its patient as well: of each request the newest revision that is", () => {
      const store = open();
      const [mine, theirs] = [["pool:a"], ["pool:b"]];
      const about = { patient: "Patient/1" };
      const first = added(store, { ...about, aud: mine, iat: AT - 9 });
      added(store, { ...about, rid: first.rid, rev: 2, aud: mine, iat: AT - 5 });
      added(store, { ...about, rid: first.rid, rev: 3, aud: theirs, iat: AT - 1 });
      const other = added(store, { ...about, aud: mine, iat: AT - 3 });
      added(store, { patient: "Patient/2", aud: mine });
      added(store, { ...about, aud: theirs });
      const found = (patient: string, more: object = {}) =>
        store
          .requestsFor({ aud: mine, from: 0, to: AT + 1, limit: 9, patient, ...more })
          .map(({ rid, rev }) => [rid, rev]);
      expect(found("Patient/1")).toEqual([
        ...[
          [other.rid, 1],
          [first.rid, 2],
        ],
      ]);
      expect(found("Patient/1", { limit: 1, before: { iat: AT - 3, rid: other.rid } })).toEqual([[first.rid, 2]]);
      expect(found("Patient/1", { rid: other.rid })).toEqual([[other.rid, 1]]);
      expect(found("Patient/3")).toEqual([]);
    });

    it("lists current revisions, and earlier ones that were decided on", () => {
      const store = open();
      const first = added(store);
      const decided = added(store);
      store.write((tx) => {
        tx.addDecision(makeDecision(decided, { live: false }));
        for (const { rid } of [first, decided]) tx.moveRequest(rid, 1, ["open"], "superseded", AT);
      });
      for (const { rid } of [first, decided]) added(store, { rid, rev: 2 });
      const rows = [`${decided.rid} 1`, `${decided.rid} 2`, `${first.rid} 2`];
      expect(found(store, {}).sort()).toEqual(rows.sort());
      expect(store.reportRowsOf(first.rid, EVERYBODY).map(({ rev, state }) => [rev, state])).toEqual([
        ...[
          [2, "open"],
          [1, "superseded"],
        ],
      ]);
    });

    it("knows how each approval was read: fields not seen, and less than half of what is expected", () => {
      const store = open();
      const reading = { words: 40, changed_fields: 1, conflicts: 1, must: 5, quarantined: false };
      // 2 s + 40/4 s + 1.5 s + 3 s = 16.5 s
      const read = [
        ...[
          [8249, 5],
          [8250, 5],
          [60_000, 4],
          [1, 0],
        ],
      ].map(([active_ms = 0, seen = 0], i) => {
        const r = added(store, { iat: AT - i, index: index({ reading }) });
        const decision = i === 3 ? "deny" : "approve";
        store.write((tx) => {
          tx.addDecision({ ...makeDecision(r, { decision }), decision, index: { overrides: [], active_ms, seen } });
        });
        return `${r.rid} 1`;
      });
      expect(found(store, { problems: ["below-expected"] })).toEqual([read[0]]);
      expect(found(store, { problems: ["unseen-fields"] })).toEqual([read[2]]);
      expect(found(store, { problems: ["below-expected", "unseen-fields"] })).toEqual([read[0], read[2]]);
      expect(found(store, { problems: ["unseen-fields"], ownAttention: true })).toEqual([]);
      const signer = { sub: "https://dir.example/approvers/a", units: [], all: false };
      expect(found(store, { problems: ["unseen-fields"], ownAttention: true }, signer)).toEqual([read[2]]);
      const readings = store.reportReadings({ asker: EVERYBODY, filter: {}, most: 10 });
      expect(readings.map(({ active_ms }) => active_ms)).toEqual([8249, 8250, 60_000]);
    });

    it("marks what was refused, revoked, failed and expired", () => {
      const store = open();
      const [refused, ...ended] = ["rejected", "revoked", "failed", "expired"].map(() => added(store));
      store.write((tx) => {
        tx.addAnswer({
          ...{ kid: "k", jti: "j", dig: digest(), kind: "decision", jws: "h.p.s", receipt: "h.p.s", at: AT },
          ...{ result: "rejected", code: "E_DWELL", rid: refused?.rid ?? "", rev: 1 },
        });
        for (const [i, state] of (["revoked", "failed", "expired"] as const).entries()) {
          tx.moveRequest(ended[i]?.rid ?? "", 1, ["open"], state, AT);
        }
      });
      const problems = ["rejected", "revoked", "failed", "expired"] as const;
      expect(problems.map((problem) => found(store, { problems: [problem] }))).toEqual(
        [refused, ...ended].map((r) => [`${String(r?.rid)} 1`]),
      );
    });

    it("keeps a flag beside the decision until the review is closed, and who said both", () => {
      const { store, reopen } = make();
      const r = added(store);
      const say = (kind: "flag-decision" | "close-review", jti: string): void => {
        const said = { dig: digest(), kid: "k", jws: "h.p.s" };
        store.write((tx) => {
          tx.addStatement({ ...said, sub: "urn:p", kind, jti, rid: r.rid, rev: 1, at: AT });
          tx.addAnswer({
            ...said,
            jti,
            kind: "statement",
            receipt: `r.${jti}`,
            result: "recorded",
            rid: r.rid,
            at: AT,
          });
        });
      };
      say("close-review", "j0");
      expect(found(store, { review: "closed" })).toEqual([]);
      say("flag-decision", "j1");
      expect(found(store, { review: "open" })).toEqual([`${r.rid} 1`]);
      say("close-review", "j2");
      const again = reopen();
      expect([found(again, { review: "open" }), found(again, { review: "closed" })]).toEqual([[], [`${r.rid} 1`]]);
      expect(again.statementsOn(r.rid).map(({ kind, receipt }) => [kind, receipt])).toEqual([
        ...[
          ["close-review", "r.j0"],
          ["flag-decision", "r.j1"],
          ["close-review", "r.j2"],
        ],
      ]);
    });

    it("says who stopped an agent, and what was said about it", () => {
      const store = open();
      const said = { kid: "k", sub: "urn:boss", jws: "h.p.s", at: AT };
      store.write((tx) => {
        for (const [i, kind] of (["report-agent", "pause-agent", "report-agent"] as const).entries()) {
          const statement = { ...said, kind, jti: `j${String(i)}`, dig: `sha-256:${String(i)}` };
          tx.addStatement({ ...statement, about: "urn:a" });
          tx.addAnswer({ ...statement, kind: "statement", receipt: `r${String(i)}`, result: "recorded" });
        }
        // The newest stop is the one that counts, whoever stopped it before.
        tx.pause("agent", "urn:a", AT - 9, "sha-256:0");
        tx.pause("agent", "urn:a", AT, "sha-256:1");
        tx.pause("agent", "urn:b", AT, "sha-256:1");
        tx.pause("agent", "urn:b", AT + 1);
      });
      expect(store.pauses("agent")).toEqual([
        { id: "urn:a", at: AT, statement: "sha-256:1" },
        { id: "urn:b", at: AT + 1 },
      ]);
      expect(store.statement("sha-256:1")).toMatchObject({ sub: "urn:boss", receipt: "r1", about: "urn:a" });
      expect(store.statementsAbout("urn:a", ["report-agent"], 9).map(({ receipt }) => receipt)).toEqual(["r0", "r2"]);
      expect(store.statementsAbout("urn:a", ["report-agent"], 1).map(({ receipt }) => receipt)).toEqual(["r2"]);
    });

    it("counts an agent's newest requests as the asker may see them", () => {
      const store = open();
      const requests = [1, 2, 3].map((i) =>
        added(store, { iat: AT + i, index: index({ units: [i === 1 ? "lab" : "ward"] }) }),
      );
      store.write((tx) => tx.moveRequest(requests[2]?.rid ?? "", 1, ["open"], "denied", AT));
      const agent = requests[0]?.agent ?? "";
      const times = { first_at: AT + 1, last_at: AT + 3 };
      expect(store.agentCounts(agent, EVERYBODY, 10)).toEqual({
        states: { open: 2, denied: 1 },
        openReviews: 0,
        ...times,
      });
      expect(store.agentCounts(agent, EVERYBODY, 1).states).toEqual({ denied: 1 });
      expect(store.agentCounts(agent, { sub: "urn:x", units: ["lab"], all: false }, 10).states).toEqual({ open: 1 });
      expect(store.agentCounts("urn:nobody", EVERYBODY, 10)).toEqual({ states: {}, openReviews: 0 });
    });

    it("keeps exports, finishes each once, and lists them newest first", () => {
      const { store, reopen } = make();
      const begun = { sub: "urn:a", at: AT, said: "{}", record: digest(), index: 3 };
      store.write((tx) => {
        tx.addExport({ ...begun, id: "e1", announced_rows: 7 });
        tx.addExport({ ...begun, id: "e2", sub: "urn:b", at: AT + 5 });
        expect(tx.finishExport("e1", { at: AT + 9, rows: 7, digest: "d", index: 4 })).toBe(true);
        expect(tx.finishExport("e1", { at: AT + 9, rows: 8, index: 5 })).toBe(false);
      });
      const again = reopen();
      const range = { from: 0, to: AT + 99, limit: 9 };
      expect(again.exportRecords(range).map(({ id }) => id)).toEqual(["e2", "e1"]);
      expect(again.exportRecords({ ...range, to: AT + 5 }).map(({ id }) => id)).toEqual(["e1"]);
      expect(again.exportRecords({ ...range, sub: "urn:b" }).map(({ id }) => id)).toEqual(["e2"]);
      expect(again.exportRecord("e1")).toMatchObject({
        ...{ announced_rows: 7, finished: { at: AT + 9, rows: 7, digest: "d", index: 4 } },
      });
      expect(again.exportRecord("e2")).not.toHaveProperty("finished");
    });

    it("has one key for good, of its own", () => {
      const { store, reopen } = make();
      const key = Buffer.from(store.reportKey());
      expect(key.length).toBe(32);
      expect(key.equals(reopen().reportKey())).toBe(true);
      expect(key.equals(open().reportKey())).toBe(false);
    });
  });
}
