import { describe, expect, it } from "vitest";

import type { NewRequest } from "../../../gateway/store/rows.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { added, AT, type MakeStore } from "./contract-fixtures.ts";

/** Execution, tokens, keys and what was published. */
export function executionContract(name: string, make: MakeStore): void {
  const open = () => make().store;

  describe(`${name}: execution and tokens`, () => {
    const approved = (store: Store, uses = 1): NewRequest => {
      const r = added(store);
      store.write((tx) => tx.approveRequest(r.rid, 1, { execute_at: AT + 10, uses, grant_until: AT + 99 }, AT));
      return r;
    };

    it("starts an approved request once and never one that is not approved", () => {
      const store = open();
      const pending = added(store);
      const r = approved(store);
      store.write((tx) => {
        expect(tx.startExecution(pending.rid, 1, `${pending.rid}.1`, AT)).toBe(false);
        expect(tx.startExecution(r.rid, 1, `${r.rid}.1`, AT)).toBe(true);
        expect(tx.startExecution(r.rid, 1, `${r.rid}.1`, AT)).toBe(false);
      });
      expect(store.request(r.rid, 1)).toMatchObject({
        state: "executing",
        uses_left: 0,
        execute_at: AT + 10,
        grant_until: AT + 99,
      });
    });

    it("does not start with no use left", () => {
      const store = open();
      const r = approved(store, 0);
      expect(store.write((tx) => tx.startExecution(r.rid, 1, `${r.rid}.1`, AT))).toBe(false);
    });

    it("lists what was started and not finished, until it is finished, once", () => {
      const made = make();
      const r = approved(made.store);
      const id = `${r.rid}.1`;
      made.store.write((tx) => tx.startExecution(r.rid, 1, id, AT));
      const store = made.reopen();
      expect(store.executionsToRecover().map((e) => e.exec_id)).toEqual([id]);
      store.write((tx) => {
        expect(tx.finishExecution(id, { kind: "done", status: 201, location: "x/1", body: "" }, AT + 1)).toBe(true);
        expect(tx.finishExecution(id, { kind: "unknown", why: "late" }, AT + 2)).toBe(false);
      });
      expect(store.request(r.rid, 1)?.state).toBe("completed");
      expect(store.executionsToRecover()).toEqual([]);
      expect(store.execution(id)?.outcome).toEqual({ kind: "done", status: 201, location: "x/1", body: "" });
    });

    it.each([
      { kind: "refused", status: 422, body: "" },
      { kind: "unknown", why: "no answer" },
    ] as const)("calls an execution that ended $kind failed", (outcome) => {
      const store = open();
      const r = approved(store);
      store.write((tx) => {
        tx.startExecution(r.rid, 1, `${r.rid}.1`, AT);
        tx.finishExecution(`${r.rid}.1`, outcome, AT);
      });
      expect(store.request(r.rid, 1)?.state).toBe("failed");
    });

    it("lets a token be used as often as it says, not when revoked or expired", () => {
      const store = open();
      store.write((tx) => {
        const token = { rid: "r", rev: 1, exp: AT + 300, uses: 1 };
        const first = tx.addToken({ ...token, jti: "t1" });
        expect(tx.addToken({ ...token, jti: "t2" })).toBeGreaterThan(first);
        tx.addToken({ ...token, jti: "t3" });
        expect([tx.useToken("t1", AT), tx.useToken("t1", AT)]).toEqual([true, false]);
        expect([tx.revokeToken("t2", "done", AT), tx.revokeToken("t2", "again", AT + 1)]).toEqual([true, false]);
        expect(tx.useToken("t2", AT)).toBe(false);
        expect(tx.useToken("t3", AT + 300)).toBe(false);
      });
      expect(store.token("t2")).toMatchObject({ revoked_at: AT, reason: "done" });
      expect(store.tokensAlive(AT).map((t) => t.jti)).toEqual(["t1", "t2", "t3"]);
      expect(store.tokensAlive(AT + 300)).toEqual([]);
      expect(store.tokensOf("r")).toHaveLength(3);
    });
  });

  describe(`${name}: keys and registry`, () => {
    it("never lowers revoked to suspended", () => {
      const store = open();
      store.write((tx) => {
        tx.stopKey("k", "suspended", "fork", AT);
        tx.stopKey("k", "revoked", "self", AT);
        tx.stopKey("k", "suspended", "fork", AT);
      });
      store.write((tx) => {
        tx.liftKey("k");
        tx.stopKey("other", "suspended", "fork", AT);
        tx.liftKey("other");
      });
      expect(store.keyStanding("other")).toBeUndefined();
      expect(store.keyStanding("k")).toEqual({ standing: "revoked", reason: "self", at: AT });
    });

    it("keeps the highest WebAuthn counter of a key", () => {
      const store = open();
      expect(store.webauthnCount("k")).toBe(0);
      store.write((tx) => {
        tx.setWebauthnCount("k", 7);
        tx.setWebauthnCount("k", 5);
      });
      expect(store.webauthnCount("k")).toBe(7);
    });

    it("publishes a digest once", () => {
      const store = open();
      store.write((tx) => {
        expect(tx.publish("d", "policy", "{}", AT)).toBe(true);
        expect(tx.publish("d", "policy", "{}", AT)).toBe(false);
      });
      store.write((tx) => {
        tx.publish("e", "policy", "later", AT + 5);
        tx.publish("f", "template", "other", AT + 2);
      });
      expect([AT - 1, AT, AT + 4, AT + 5].map((at) => store.publishedAt("policy", at))).toEqual([
        ...[undefined, "{}", "{}", "later"],
      ]);
      store.write((tx) => tx.publish("g", "policy", "the last", AT - 5));
      expect([store.lastPublished("policy"), store.lastPublished("restore")]).toEqual(["the last", undefined]);
      expect(store.published("d")).toEqual({ kind: "policy", text: "{}" });
    });

    it("pauses and resumes agents and action types apart", () => {
      const store = open();
      store.write((tx) => {
        tx.pause("agent", "a", AT);
        tx.pause("agent", "a", AT);
        tx.pause("type", "a", AT);
        tx.resume("type", "a");
      });
      expect(store.paused("agent")).toEqual(["a"]);
      expect(store.paused("type")).toEqual([]);
    });

    it("keeps who was switched off, for good, and as what an agent asked, the first time", () => {
      const made = make();
      made.store.write((tx) => {
        expect(tx.disableAgent("a", "d1", AT)).toBe(true);
        expect(tx.disableAgent("a", "d2", AT + 1)).toBe(false);
        expect(tx.noteAgentTrait("b", { kind: "model", value: "m2" }, AT + 1)).toBe(true);
        expect(tx.noteAgentTrait("b", { kind: "model", value: "m1" }, AT)).toBe(true);
        expect(tx.noteAgentTrait("b", { kind: "model", value: "m1" }, AT + 9)).toBe(false);
      });
      const store = made.reopen();
      expect([store.disabledAgent("a"), store.disabledAgent("b")]).toEqual([{ dig: "d1", at: AT }, undefined]);
      expect(store.agentTraits("b")).toEqual([
        { kind: "model", value: "m1", first_at: AT },
        { kind: "model", value: "m2", first_at: AT + 1 },
      ]);
      expect(store.agentsKept()).toEqual(["a"]);
    });

    it("counts what one agent did: each request once by its newest revision, and nothing of another agent", () => {
      const store = open();
      const mine = { agent: "urn:a", action: "order" };
      const first = added(store, { ...mine, iat: AT - 50 });
      added(store, { ...mine, rid: first.rid, rev: 2 });
      const [begun, refused] = [added(store, mine), added(store, { ...mine, action: "other" })];
      const foreign = added(store, { agent: "urn:b" });
      store.write((tx) => {
        tx.moveRequest(first.rid, 1, ["open"], "superseded", AT);
        for (const { rid } of [begun, refused, foreign]) {
          tx.approveRequest(rid, 1, { execute_at: AT, uses: 1, grant_until: AT + 99 }, AT);
          tx.startExecution(rid, 1, `${rid}.1`, AT);
          tx.addToken({ jti: rid, rid, rev: 1, exp: AT + 300, uses: 1 });
        }
        tx.useToken(refused.rid, AT);
        tx.revokeToken(refused.rid, "failed", AT);
        tx.finishExecution(`${refused.rid}.1`, { kind: "refused", status: 422, body: "" }, AT + 7);
      });
      expect(store.agentDeeds("urn:a")).toEqual({
        requests: { open: 1, executing: 1, failed: 1 },
        actions: { order: 2, other: 1 },
        revisions: 4,
        executions: { refused: 1, unfinished: 1 },
        tokens: { issued: 2, used: 1, revoked: 1 },
        ...{ first_at: AT - 50, last_at: AT + 7 },
      });
      expect(store.agentDeeds("urn:nobody")).toEqual({
        ...{ requests: {}, actions: {}, revisions: 0, executions: {} },
        tokens: { issued: 0, used: 0, revoked: 0 },
      });
    });
  });
}
