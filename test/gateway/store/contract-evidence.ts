import { randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { added, AT, code, makeDecision, type MakeStore } from "./contract-fixtures.ts";

/** Decisions, log and feed. */
export function evidenceContract(name: string, make: MakeStore): void {
  const open = () => make().store;

  describe(`${name}: decisions`, () => {
    const answer = {
      kid: "k",
      jti: "j",
      dig: "d",
      kind: "decision",
      jws: "a.b.c",
      receipt: "r",
      result: "rejected",
      at: AT,
    } as const;

    it("uses up a (kid, jti) once", () => {
      const store = open();
      store.write((tx) => {
        tx.addAnswer(answer);
      });
      expect(
        code(() =>
          store.write((tx) => {
            tx.addAnswer({ ...answer, dig: "other" });
          }),
        ),
      ).toBe("E_JTI_REUSE");
      expect(store.answer("k", "j")).toEqual(answer);
      expect(store.answer("k2", "j")).toBeUndefined();
    });

    it("knows the answer to the last decision of a key that was recorded", () => {
      const store = open();
      store.write((tx) => {
        tx.addAnswer({ ...answer, jti: "1", result: "recorded", receipt: "first" });
        tx.addAnswer({ ...answer, jti: "2", result: "recorded", receipt: "second" });
        tx.addAnswer({ ...answer, jti: "3", receipt: "rejected" });
        tx.addAnswer({ ...answer, jti: "4", result: "recorded", kind: "statement", receipt: "statement" });
        tx.addAnswer({ ...answer, kid: "k2", result: "recorded", receipt: "another key's" });
      });
      expect(store.lastRecorded("k")?.receipt).toBe("second");
      expect(store.lastRecorded("k3")).toBeUndefined();
    });

    it("allows one live decision per person and per key on a revision", () => {
      const store = open();
      const r = added(store);
      const first = makeDecision(r);
      store.write((tx) => {
        tx.addDecision(first);
      });
      const add = (over: object): string =>
        code(() =>
          store.write((tx) => {
            tx.addDecision(makeDecision(r, over));
          }),
        );
      expect(add({ kid: "k2" })).toBe("E_ALREADY_DECIDED");
      expect(add({ sub: "https://dir.example/approvers/b" })).toBe("E_SOD_SAME_KEY");
      expect(add({ kid: "k2", sub: "https://dir.example/approvers/b" })).toBe("no error");
      store.write((tx) => {
        tx.endDecision(first.dig);
      });
      expect(add({})).toBe("no error");
      expect(store.decisions(r.rid, 1).map((d) => d.live)).toEqual([false, true, true]);
    });

    it("lists the live approvals of a key that can still be undone", () => {
      const store = open();
      const [waiting, ended] = [added(store), added(store)];
      store.write((tx) => {
        for (const r of [waiting, ended]) {
          tx.addDecision(makeDecision(r));
          tx.approveRequest(r.rid, 1, { execute_at: AT, uses: 1, grant_until: AT }, AT);
        }
        tx.moveRequest(ended.rid, 1, ["approved"], "lapsed", AT);
      });
      expect(store.liveApprovalsOf("k1").map((d) => d.rid)).toEqual([waiting.rid]);
    });

    it("keeps a chain head per key", () => {
      const store = open();
      store.write((tx) => {
        tx.setChainHead("k", { n: 1, prev: "p1" });
        tx.setChainHead("k", { n: 2, prev: "p2" });
      });
      expect(store.chainHead("k")).toEqual({ n: 2, prev: "p2" });
    });
  });

  describe(`${name}: log`, () => {
    const leaf = (index: number) => ({
      index,
      entry: `{"i":${String(index)}}`,
      hash: randomBytes(32),
      obj: `o${String(index)}`,
      type: "request",
      closed: Array.from({ length: Math.log2((index + 1) & -(index + 1)) }, (_, i) => new Uint8Array(32).fill(7 + i)),
    });

    it("gives back leaves, tree nodes and checkpoints", () => {
      const store = open();
      const [a, b] = [leaf(0), leaf(1)];
      store.write((tx) => {
        tx.addLeaf(a);
        tx.addLeaf(b);
        tx.addCheckpoint({ size: 2, root: new Uint8Array(32).fill(7), note: "note", at: AT });
      });
      expect(store.logSize()).toBe(2);
      expect(store.leafOf("o1")?.index).toBe(1);
      expect(store.leafOf("o1", "decision")).toBeUndefined();
      expect(Buffer.from(store.treeNode(0, 0) ?? [])).toEqual(Buffer.from(a.hash));
      expect(store.treeNode(1, 0)?.[0]).toBe(7);
      expect(store.newestCheckpoint()).toMatchObject({ size: 2, note: "note" });
      expect(store.checkpoint(1)).toBeUndefined();
      expect(store.leavesFrom(1, 10).map((l) => l.entry)).toEqual([b.entry]);
    });

    it("finds a leaf by its object and by its hash, under a checkpoint and before one", () => {
      const store = open();
      const leaves = [0, 1, 2, 3].map(leaf);
      store.write((tx) => {
        for (const one of leaves) tx.addLeaf(one);
        tx.addCheckpoint({ size: 2, root: new Uint8Array(32), note: "note", at: AT });
      });
      const found = () => leaves.map((one) => [store.leafOf(one.obj)?.index, store.leafByHash(one.hash)?.index]);
      const all = leaves.map(({ index }) => [index, index]);
      expect(found()).toEqual(all);
      store.write((tx) => {
        tx.addCheckpoint({ size: 4, root: new Uint8Array(32), note: "next", at: AT });
      });
      expect(found()).toEqual(all);
      expect([store.leafOf("o4"), store.leafByHash(new Uint8Array(32))]).toEqual([undefined, undefined]);
    });

    it("gives the first of several leaves that speak of one object", () => {
      const store = open();
      store.write((tx) => {
        for (const i of [0, 1, 2, 3]) tx.addLeaf({ ...leaf(i), obj: "same", type: i < 2 ? "request" : "decision" });
        tx.addCheckpoint({ size: 3, root: new Uint8Array(32), note: "note", at: AT });
      });
      expect([store.leafOf("same")?.index, store.leafOf("same", "decision")?.index]).toEqual([0, 2]);
    });

    it("has a tree node once the last leaf under it is there", () => {
      const store = open();
      for (const i of [0, 1, 2, 3]) {
        store.write((tx) => {
          tx.addLeaf(leaf(i));
        });
        const nodes = [store.treeNode(1, 0), store.treeNode(1, 1), store.treeNode(2, 0)];
        expect(nodes.map((node) => node !== undefined)).toEqual([i > 0, i > 2, i > 2]);
      }
      expect([store.treeNode(2, 0)?.[0], store.treeNode(3, 0), store.treeNode(1, 2)]).toEqual([
        8,
        undefined,
        undefined,
      ]);
    });

    it("walks through the signed objects that must have a leaf", () => {
      const store = open();
      const [a, b] = [added(store), added(store)];
      store.write((tx) => {
        tx.addDecision(makeDecision(a));
      });
      const first = store.signedObjects("request", 0, 1);
      expect(first.map((o) => o.dig)).toEqual([a.dig]);
      expect(store.signedObjects("request", first[0]?.n ?? 0, 9).map((o) => o.dig)).toEqual([b.dig]);
      expect(store.signedObjects("decision", 0, 9)).toHaveLength(1);
      expect(store.signedObjects("statement", 0, 9)).toEqual([]);
    });

    it("refuses to write one index twice", () => {
      const store = open();
      store.write((tx) => {
        tx.addLeaf(leaf(0));
      });
      expect(
        code(() =>
          store.write((tx) => {
            tx.addLeaf(leaf(0));
          }),
        ),
      ).not.toBe("no error");
    });
  });

  describe(`${name}: feed`, () => {
    const event = { type: "x", body: { a: 1 }, aud: ["pool:a", "sub:1"], at: AT };

    it("gives each reader, in order and once, what is addressed to them", () => {
      const store = open();
      store.write((tx) => {
        tx.addFeedEvent(event);
        tx.addFeedEvent({ ...event, aud: ["pool:b"] });
        tx.addFeedEvent({ ...event, type: "y" });
      });
      const read = (aud: string[], after = 0) =>
        store.feedAfter({ aud, sub: "s" }, after, 10).map((e) => [e.seq, e.type]);
      expect(read(["pool:a", "sub:1"])).toEqual([
        [1, "x"],
        [3, "y"],
      ]);
      expect(read(["pool:b"])).toEqual([[2, "x"]]);
      expect(read(["pool:a"], 1)).toEqual([[3, "y"]]);
      expect(store.feedHead()).toBe(3);
    });

    it("leaves out the device an event answers, and keeps for one device what is meant for it", () => {
      const store = open();
      store.write((tx) => {
        tx.addFeedEvent({ ...event, type: "resolved", except: { sub: "s", kid: "k1" } });
        tx.addFeedEvent({ ...event, type: "receipt", only_kid: "k1" });
      });
      const read = (sub: string, kid?: string) =>
        store.feedAfter({ aud: ["pool:a"], sub, ...(kid === undefined ? {} : { kid }) }, 0, 10).map((e) => e.type);
      expect(read("s", "k1")).toEqual(["receipt"]);
      expect(read("s", "k2")).toEqual(["resolved"]);
      expect(read("s")).toEqual(["receipt"]);
      expect(read("t", "k3")).toEqual(["resolved"]);
    });

    it("prunes what is both old and beyond the newest kept, and says how far", () => {
      const store = open();
      store.write((tx) => {
        for (let i = 0; i < 5; i++) tx.addFeedEvent({ ...event, at: AT + i });
        tx.pruneFeed(AT + 3, 3);
      });
      expect(store.feedPrunedTo()).toBe(2);
      expect(store.feedAfter({ aud: ["pool:a"], sub: "s" }, 0, 10).map((e) => e.seq)).toEqual([3, 4, 5]);
    });
  });
}
