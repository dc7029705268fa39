import { describe, expect, it } from "vitest";

import { added, AT, digest, makeRequest, type MakeStore } from "./contract-fixtures.ts";
import { evidenceContract } from "./contract-evidence.ts";
import { executionContract } from "./contract-execution.ts";
import { reportsContract } from "./contract-reports.ts";

/** What every Store must do. */
export function storeContract(name: string, make: MakeStore): void {
  const open = () => make().store;

  describe(`${name}: transactions`, () => {
    it("keeps nothing of a transaction that throws", () => {
      const store = open();
      const r = makeRequest();
      expect(() =>
        store.write((tx) => {
          tx.addRequest(r, AT);
          tx.setChainHead("k", { n: 1, prev: digest() });
          throw new Error("stop");
        }),
      ).toThrow("stop");
      expect(store.request(r.rid, 1)).toBeUndefined();
      expect(store.chainHead("k")).toBeUndefined();
    });

    it("rolls an inner transaction back alone and keeps the outer one", () => {
      const store = open();
      const [a, b] = [makeRequest(), makeRequest()];
      store.write((tx) => {
        tx.addRequest(a, AT);
        expect(() =>
          store.write((inner) => {
            inner.addRequest(b, AT);
            throw new Error("inner");
          }),
        ).toThrow("inner");
      });
      expect(store.request(a.rid, 1)?.state).toBe("open");
      expect(store.request(b.rid, 1)).toBeUndefined();
    });

    it("tells the world only after the outermost commit, and never about what was rolled back", () => {
      const store = open();
      const told: string[] = [];
      store.write((tx) => {
        tx.afterCommit(() => told.push("outer"));
        store.write((inner) => {
          inner.afterCommit(() => told.push("inner"));
        });
        expect(() =>
          store.write((inner) => {
            inner.afterCommit(() => told.push("never"));
            throw new Error("stop");
          }),
        ).toThrow("stop");
        expect(told).toEqual([]);
      });
      expect(told).toEqual(["outer", "inner"]);
    });

    it("stands by a commit whose listener fails", () => {
      const store = open();
      const told: string[] = [];
      const r = makeRequest();
      store.write((tx) => {
        tx.addRequest(r, AT);
        tx.afterCommit(() => {
          throw new Error("listener");
        });
        tx.afterCommit(() => told.push("second"));
      });
      expect(store.request(r.rid, 1)?.state).toBe("open");
      expect(told).toEqual(["second"]);
    });

    it("has everything that was written after it is opened again", () => {
      const made = make();
      const r = added(made.store);
      const epoch = made.store.feedEpoch();
      const again = made.reopen();
      const { task_id: _task, op_dig: _operation, ...kept } = r;
      expect(again.request(r.rid, 1)).toEqual({ ...kept, state: "open", changed_at: AT, uses_left: 0 });
      expect(again.feedEpoch()).toBe(epoch);
    });
  });

  describe(`${name}: requests`, () => {
    it("moves a state only from where it is said to be", () => {
      const store = open();
      const r = added(store);
      store.write((tx) => {
        expect(tx.moveRequest(r.rid, 1, ["partial"], "denied", AT)).toBe(false);
        expect(tx.moveRequest(r.rid, 1, ["open", "partial"], "denied", AT + 1)).toBe(true);
      });
      expect(store.request(r.rid, 1)).toMatchObject({ state: "denied", changed_at: AT + 1 });
    });

    it("never lets a request leave a terminal state, whatever the caller says", () => {
      const store = open();
      for (const end of ["denied", "expired", "withdrawn", "superseded", "revoked", "lapsed"] as const) {
        const r = added(store);
        store.write((tx) => {
          tx.moveRequest(r.rid, 1, ["open"], end, AT);
          expect(tx.moveRequest(r.rid, 1, [end], "open", AT)).toBe(false);
          expect(tx.approveRequest(r.rid, 1, { execute_at: AT, uses: 1, grant_until: AT }, AT)).toBe(false);
          expect(tx.startExecution(r.rid, 1, `${r.rid}.1`, AT)).toBe(false);
        });
        expect(store.request(r.rid, 1)?.state).toBe(end);
      }
    });

    it("consumes a nonce once", () => {
      const store = open();
      store.write((tx) => {
        expect(tx.nonceConsumed("n")).toBe(false);
        expect(tx.consumeNonce("n", "r", 1, AT)).toBe(true);
        expect(tx.nonceConsumed("n")).toBe(true);
        expect(tx.consumeNonce("n", "r", 2, AT)).toBe(false);
      });
    });

    it("finds the current revision, a revision by digest, and the ones addressed to someone", () => {
      const store = open();
      const r = added(store, { aud: ["pool:a"] });
      const next = makeRequest({ ...r, rev: 2, dig: digest(), nonce: "n2".padEnd(22, "x"), aud: ["pool:b", "pool:b"] });
      store.write((tx) => {
        tx.moveRequest(r.rid, 1, ["open"], "superseded", AT);
        tx.addRequest(next, AT);
      });
      const other = added(store, { iat: AT + 5, aud: ["pool:b"] });
      expect(store.currentRequest(r.rid)?.rev).toBe(2);
      expect(store.requestByDigest(r.dig)?.rev).toBe(1);
      const all = { from: 0, to: AT + 100, limit: 10 };
      expect(store.requestsFor({ aud: ["pool:a"], ...all }).map((x) => x.rev)).toEqual([1]);
      const seen = store.requestsFor({ aud: ["pool:a", "pool:b"], ...all });
      expect(seen.map((x) => [x.rid, x.rev])).toEqual([
        [other.rid, 1],
        [r.rid, 2],
      ]);
      expect(store.requestsFor({ aud: ["pool:b"], ...all, before: { iat: AT + 5, rid: other.rid } })).toHaveLength(1);
      expect(store.requestsFor({ aud: ["pool:b"], ...all, rid: r.rid }).map((x) => x.rid)).toEqual([r.rid]);
      expect(store.requestsIn(["open"]).map((x) => x.rid)).toEqual([r.rid, other.rid]);
    });

    it("counts how often the same operation was asked and denied, whatever its revisions", () => {
      const store = open();
      const op_dig = digest();
      const [a] = [added(store, { op_dig }), added(store, { op_dig })];
      store.write((tx) => {
        tx.moveRequest(a.rid, 1, ["open"], "denied", AT + 7);
      });
      expect(store.operationHistory(op_dig)).toEqual({ asked: 2, denied: 1, last_denied_at: AT + 7 });
      expect(store.operationHistory(digest())).toEqual({ asked: 0, denied: 0 });
    });

    it("counts what was put before people, by agent, patient and audience: since when, and what waits", () => {
      const store = open();
      const about = { agent: "urn:a", patient: "Patient/1", aud: ["pool:a"] };
      const [old, open1] = [added(store, { ...about, iat: AT - 50 }), added(store, { ...about, iat: AT })];
      added(store, { ...about, agent: "urn:b", aud: ["pool:b"], iat: AT + 5 });
      added(store, { agent: "urn:c", aud: ["pool:a"], iat: AT + 9 });
      expect(store.asksBy({ agent: "urn:a" }, AT - 10)).toEqual({ asked: 1, waiting: 2, oldest: AT });
      expect(store.asksBy({ patient: "Patient/1" }, AT - 50)).toEqual({ asked: 3, waiting: 3, oldest: AT - 50 });
      expect(store.asksBy({ aud: "pool:a" }, AT)).toEqual({ asked: 2, waiting: 3, oldest: AT });
      expect(store.asksBy({ patient: "" }, AT - 50)).toEqual({ asked: 0, waiting: 0 });
      store.write((tx) => {
        tx.moveRequest(old.rid, 1, ["open"], "denied", AT + 7);
        tx.moveRequest(open1.rid, 1, ["open"], "withdrawn", AT + 8);
      });
      expect(store.asksBy({ agent: "urn:a" }, AT - 50)).toEqual({ asked: 2, waiting: 0, oldest: AT - 50 });
      expect(store.denialsOf("urn:a", AT + 7)).toEqual({ count: 1, last: AT + 7 });
      expect(store.denialsOf("urn:a", AT + 8)).toEqual({ count: 0 });
      expect(store.denialsOf("urn:b", 0)).toEqual({ count: 0 });
    });

    it("remembers an idempotency key per agent", () => {
      const store = open();
      store.write((tx) => {
        tx.keepIdempotencyKey("a", "k", { rid: "r", fingerprint: "f" }, AT);
      });
      expect(store.idempotent("a", "k", "f")).toEqual({ rid: "r", isSame: true });
      expect(store.idempotent("a", "k", "g")).toEqual({ rid: "r", isSame: false });
      expect(store.idempotent("b", "k", "f")).toBeUndefined();
    });
  });

  evidenceContract(name, make);
  executionContract(name, make);
  reportsContract(name, make);
}
