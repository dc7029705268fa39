import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { AnswerRow, NewRequest } from "../../../gateway/store/rows.ts";
import type { SubjectKeyRow } from "../../../gateway/store/retention.ts";
import type { Store, StoreTx } from "../../../gateway/store/store.ts";
import { makeRequest as makeClaims, signRequest } from "../../shared/protocol/fixture/hospital.ts";
import { TO_VERSION_10 } from "./version-10.ts";
import { added, AT, code, digest, makeDecision, makeRequest } from "./contract-fixtures.ts";

/** Each signed text is stored once, apart from what changes (docs/decisions/0015, 16). */

let folder: string;
let store: Store;
const file = (): string => join(folder, "gateway.sqlite");
const open = (): Store => (store = openSqliteStore(file(), { onFault: () => undefined }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-texts-"));
  open();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** What is on the disk, looked at while the store is closed. */
function raw<T>(look: (db: DatabaseSync) => T): T {
  store.close();
  const db = new DatabaseSync(file());
  try {
    return look(db);
  } finally {
    db.close();
    open();
  }
}
const count = (sql: string): unknown => raw((db) => db.prepare(sql).get()?.["n"]);
const { jws } = signRequest(makeClaims());

const answerTo = (r: NewRequest, over: Partial<AnswerRow> = {}): AnswerRow => ({
  ...{ kid: "k1", jti: "j1", dig: digest(), kind: "decision", jws, receipt: "the receipt", result: "recorded" },
  ...{ rid: r.rid, rev: r.rev, at: AT },
  ...over,
});
/** A decision and its answer, as a submission leaves them. */
function decided(tx: StoreTx, r: NewRequest, over: Partial<AnswerRow> = {}): AnswerRow {
  const answer = answerTo(r, over);
  const { dig, kid } = answer;
  tx.addDecision(makeDecision(r, { dig, kid, jws: answer.jws, sub: `urn:${kid}` }));
  tx.addAnswer(answer);
  return answer;
}
const placed = (key: SubjectKeyRow) => ({ ...key, place: { salt: "s", index: 0, path: [] } });

describe("the text of a decision", () => {
  it("is stored once, and its answer has it", () => {
    const r = added(store);
    const answer = store.write((tx) => decided(tx, r));
    expect(count("SELECT COUNT(*) AS n FROM answers WHERE sealed IS NOT NULL")).toBe(0);
    expect(store.answer("k1", "j1")).toEqual(answer);
    expect(store.answersFor(r.rid)).toEqual([answer]);
    expect(store.decisionByDigest(answer.dig)?.jws).toBe(jws);
  });

  it("that was refused is its answer's own", () => {
    const r = added(store);
    const refused = answerTo(r, { result: "rejected", code: "E_REQ_TERMINAL" });
    store.write((tx) => {
      tx.addAnswer(refused);
      decided(tx, r, { kid: "k2", jti: "j2" });
    });
    expect(count("SELECT COUNT(*) AS n FROM answers WHERE sealed IS NOT NULL")).toBe(1);
    expect(store.answer("k1", "j1")).toEqual(refused);
  });

  it("is never another key's or another kind's of the same digest", () => {
    const r = added(store);
    const { dig } = store.write((tx) => decided(tx, r));
    const others = [answerTo(r, { dig, kid: "k2", jws: "a.b.c" }), answerTo(r, { dig, jti: "j3", kind: "statement" })];
    store.write((tx) => others.forEach((one) => tx.addAnswer(one)));
    expect(others.map(({ kid, jti }) => store.answer(kid, jti))).toEqual(others);
  });

  it("is that of a statement as well", () => {
    const r = added(store);
    const answer = answerTo(r, { kind: "statement" });
    store.write((tx) => {
      tx.addStatement({
        ...{
          dig: answer.dig,
          kid: "k1",
          jti: "j1",
          sub: "urn:p",
          kind: "flag-decision",
          jws,
          rid: r.rid,
          rev: 1,
          at: AT,
        },
      });
      tx.addAnswer(answer);
    });
    expect(count("SELECT COUNT(*) AS n FROM answers WHERE sealed IS NOT NULL")).toBe(0);
    expect(store.answer("k1", "j1")).toEqual(answer);
    expect(store.statementsOn(r.rid)).toMatchObject([{ jws, receipt: "the receipt" }]);
  });

  it("that somebody took away is missed, and not taken for an empty one", () => {
    const r = added(store);
    store.write((tx) => decided(tx, r));
    raw((db) => db.exec("DELETE FROM decisions"));
    expect(code(() => store.answer("k1", "j1")?.jws)).toBe("E_STORE_CORRUPT");
    expect(store.answer("k1", "j1")?.receipt).toBe("the receipt");
  });

  it("is erased from both by the one key", () => {
    const r = added(store);
    store.write((tx) => decided(tx, r));
    store.write((tx) => tx.eraseKeys(tx.subjectKeys({ rid: r.rid }).map(placed), AT, "r"));
    for (const row of [store.answer("k1", "j1"), store.decisions(r.rid, 1)[0], store.request(r.rid, 1)]) {
      expect(row?.erased).toMatchObject({ at: AT, record: "r" });
      expect(code(() => row?.jws)).toBe("E_STORE_ERASED");
    }
  });
});

describe("the receipt in a feed", () => {
  it("is the answer's, stored once, and comes back in the event", () => {
    const r = added(store);
    store.write((tx) => {
      const { kid, jti, receipt } = decided(tx, r);
      tx.addFeedEvent({
        ...{
          type: "decision.receipt",
          body: { jws: receipt },
          answer: { kid, jti },
          aud: ["urn:p"],
          only_kid: kid,
          at: AT,
        },
      });
    });
    const bodies = (): unknown[] =>
      store.feedAfter({ aud: ["urn:p"], sub: "urn:p", kid: "k1" }, 0, 9).map((e) => e.body);
    expect(bodies()).toEqual([{ jws: "the receipt" }]);
    expect(store.feedNewest(9).map(({ body }) => body)).toEqual([{ jws: "the receipt" }]);
    expect(count("SELECT COUNT(*) AS n FROM feed WHERE instr(body, 'receipt') > 0")).toBe(0);
    raw((db) => db.exec("DELETE FROM answers"));
    expect(code(bodies)).toBe("E_STORE_CORRUPT");
  });
});

describe("the text of a request", () => {
  it("is apart from the row that says how it stands, and read by its own", () => {
    const [one, two] = [added(store, { jws }), added(store, { jws: "another" })];
    store.write((tx) => tx.moveRequest(one.rid, 1, ["open"], "denied", AT + 1));
    expect(count("SELECT COUNT(*) AS n FROM requests WHERE sealed IS NOT NULL")).toBe(0);
    expect(store.request(one.rid, 1)).toMatchObject({ jws, state: "denied" });
    expect(store.requestByDigest(two.dig)).toMatchObject({ jws: "another", state: "open" });
  });

  it("is gone with a transaction that was rolled back", () => {
    const lost = (): unknown =>
      store.write((tx) => {
        tx.addRequest(makeRequest({ jws }), AT);
        throw new Error("rolled back");
      });
    expect(code(lost)).toBe("Error: rolled back");
    expect(count("SELECT COUNT(*) AS n FROM request_texts")).toBe(0);
  });

  it("that is missing is missed when it is read, while how it stands can be told", () => {
    const r = added(store, { jws });
    raw((db) => db.exec("DELETE FROM request_texts"));
    expect(store.currentRequest(r.rid)?.state).toBe("open");
    expect(code(() => store.currentRequest(r.rid)?.jws)).toBe("E_STORE_CORRUPT");
    expect(code(() => store.signedObjects("request", 0, 9))).toBe("E_STORE_CORRUPT");
  });
});

describe("a store of version 10", () => {
  /** Texts where that version had them: a request's in its row, an answer's a second time. */
  function asBefore(): NewRequest {
    const r = added(store, { jws });
    store.write((tx) => {
      const answer = answerTo(r);
      tx.addAnswer(answer);
      tx.addDecision(makeDecision(r, { dig: answer.dig, jws }));
      tx.addFeedEvent({
        ...{ type: "decision.receipt", body: { jws: "the receipt" }, answer: { kid: "k1", jti: "j1" } },
        ...{ aud: ["urn:p"], only_kid: "k1", at: AT },
      });
    });
    raw((db) => db.exec(TO_VERSION_10));
    return r;
  }

  it("is read as it is, goes on beside what is new, and is walked through in storing order", () => {
    const old = asBefore();
    const fresh = added(store, { jws: "another" });
    store.write((tx) => decided(tx, fresh, { kid: "k2", jti: "j2" }));
    expect(raw((db) => db.prepare("PRAGMA user_version").get()?.["user_version"])).toBe(11);
    expect(store.request(old.rid, 1)?.jws).toBe(jws);
    expect(store.answer("k1", "j1")?.jws).toBe(jws);
    expect(store.answer("k2", "j2")?.jws).toBe(jws);
    const reader = { aud: ["urn:p"], sub: "urn:p", kid: "k1" };
    expect(store.feedAfter(reader, 0, 9).map(({ body }) => body)).toEqual([{ jws: "the receipt" }]);
    expect(store.signedObjects("request", 0, 9).map((one) => [one.dig, one.jws])).toEqual([
      [old.dig, jws],
      [fresh.dig, "another"],
    ]);
    expect(store.write((tx) => tx.moveRequest(old.rid, 1, ["open"], "denied", AT + 1))).toBe(true);
    expect(store.currentRequest(old.rid)).toMatchObject({ state: "denied", jws });
  });

  it("is erased and wrapped anew like any other", () => {
    const old = asBefore();
    store.write((tx) => tx.moveRequest(old.rid, 1, ["open"], "denied", AT + 1));
    store.write((tx) => tx.eraseKeys(tx.subjectKeys({ rid: old.rid }).map(placed), AT, "r"));
    expect(code(() => store.request(old.rid, 1)?.jws)).toBe("E_STORE_ERASED");
    expect(code(() => store.answer("k1", "j1")?.jws)).toBe("E_STORE_ERASED");
    expect(store.signedObjects("request", 0, 9).map(({ erased }) => erased?.record)).toEqual(["r"]);
  });
});
