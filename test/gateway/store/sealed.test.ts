import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { jdig } from "#shared/protocol/digest.ts";

import { makeStoreKey } from "../../../gateway/store/seal/key-file.ts";
import { openDatabase } from "../../../gateway/store/sqlite/database.ts";
import { MIGRATIONS } from "../../../gateway/store/sqlite/schema.ts";
import { makeSqliteStore } from "../../../gateway/store/sqlite/transaction.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { NewRequest } from "../../../gateway/store/rows.ts";
import type { SubjectKeyRow } from "../../../gateway/store/retention.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { Canaries } from "../../blackbox/canary.ts";
import { makeRequest as makeClaims, signRequest } from "../../shared/protocol/fixture/hospital.ts";
import { crypto } from "../device.ts";
import { added, AT, code, digest, makeDecision, makeRequest } from "./contract-fixtures.ts";

/** What is about patients is sealed, and bound to its place (docs/decisions/0015). */

let folder: string;
let canaries: Canaries;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-sealed-"));
  canaries = new Canaries();
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (): string => join(folder, "gateway.sqlite");
const opened = (): Store => openSqliteStore(file(), { onFault: () => undefined });
const onDisk = (): string[] =>
  canaries.in(Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name)))));

/** One of everything that can be about a patient, each with a word of its own in it. */
function fill(store: Store): NewRequest {
  const r = makeRequest({ jws: canaries.at("request"), patient: `Patient/${canaries.at("patient")}` });
  const at = { rid: r.rid, rev: r.rev, at: AT };
  store.write((tx) => {
    tx.addRequest(r, AT);
    tx.addFeedEvent({
      type: "action.pending",
      body: { jws: r.jws, urgency: "high" },
      request: r.dig,
      aud: [...r.aud],
      at: AT,
    });
    tx.addDecision(makeDecision(r, { jws: canaries.at("decision") }));
    tx.addAnswer({
      ...{ ...at, kid: "k1", jti: "j1", dig: digest(), kind: "decision", jws: canaries.at("answer") },
      ...{ receipt: "h.p.s", result: "recorded" },
    });
    tx.addStatement({
      ...{ ...at, dig: digest(), kid: "k1", jti: "j2", sub: "urn:p", kind: "flag-decision" },
      jws: canaries.at("statement"),
    });
    tx.addEvent({ ...at, jti: "e1", dig: digest(), name: "task-completed", jws: canaries.at("event") });
    tx.approveRequest(r.rid, r.rev, { execute_at: AT, uses: 1, grant_until: AT + 9 }, AT);
    tx.startExecution(r.rid, r.rev, "x1", AT);
    tx.finishExecution("x1", { kind: "done", status: 201, location: canaries.at("location"), body: "{}" }, AT);
    tx.startAllowed(
      {
        act: {
          ...{ id: "a1", agent: { sub: "urn:a", name: "A" }, type: "urn:t", rule: "r", patient: "Patient/p" },
          op: { method: "PUT", url: canaries.at("url"), media: "m", body: canaries.at("body"), body_dig: digest() },
          granted: [{ type: "t", id: "g" }],
        },
        ...{ what: digest(), dig: digest() },
      },
      AT,
    );
    tx.finishAllowed("a1", { kind: "refused", status: 422, body: canaries.at("answered") }, AT);
    tx.publish("d-read", "access", canaries.at("read"), AT, { patient: "Patient/p" });
  });
  return r;
}

const placed = (key: SubjectKeyRow) => ({ ...key, place: { salt: "s", index: 0, path: [] } });

describe("what is about patients", () => {
  it("is in the clear nowhere in the folder, neither in the write-ahead file nor after it is closed", () => {
    const store = opened();
    fill(store);
    expect(onDisk()).toEqual([]);
    store.close();
    expect(canaries.places).toHaveLength(11);
    expect(onDisk()).toEqual([]);
  });

  it("comes back as it was, also when it is opened again", () => {
    let store = opened();
    const r = fill(store);
    for (let i = 0; i < 2; i++) {
      expect(store.request(r.rid, r.rev)?.jws).toBe(canaries.at("request"));
      expect(store.decisions(r.rid, r.rev).map(({ jws }) => jws)).toEqual([canaries.at("decision")]);
      expect(store.answersFor(r.rid).map(({ jws }) => jws)).toEqual([canaries.at("answer")]);
      expect(store.statementsOn(r.rid)).toEqual([]);
      expect(store.events(r.rid).map(({ jws }) => jws)).toEqual([canaries.at("event")]);
      expect(store.execution("x1")?.outcome).toEqual({
        ...{ kind: "done", status: 201, location: canaries.at("location"), body: "{}" },
      });
      expect(store.allowedAct("a1")).toMatchObject({
        act: { op: { url: canaries.at("url"), body: canaries.at("body") } },
        outcome: { kind: "refused", status: 422, body: canaries.at("answered") },
      });
      expect(store.published("d-read")?.text).toBe(canaries.at("read"));
      const reader = { aud: [...r.aud], sub: "urn:p" };
      expect(store.feedAfter(reader, 0, 9).map(({ body }) => body)).toEqual([
        { jws: canaries.at("request"), urgency: "high" },
      ]);
      store.close();
      store = opened();
    }
    store.close();
  });

  it("is refused where two rows changed places, and where one byte is another", () => {
    const store = opened();
    const [one, two] = [added(store), added(store)];
    store.close();
    const db = new DatabaseSync(file());
    const TEXT = "n = (SELECT text FROM requests WHERE rid = ?)";
    const of = (rid: string) => db.prepare(`SELECT sealed FROM request_texts WHERE ${TEXT}`).get(rid)?.["sealed"];
    const [first, second] = [of(one.rid), of(two.rid)] as Uint8Array[];
    const put = (rid: string, sealed: Uint8Array | undefined) => {
      db.prepare(`UPDATE request_texts SET sealed = ? WHERE ${TEXT}`).run(sealed ?? null, rid);
    };
    put(one.rid, second);
    put(
      two.rid,
      first?.map((byte, i) => (i === first.length - 20 ? byte ^ 1 : byte)),
    );
    db.close();
    const again = opened();
    expect(code(() => again.request(one.rid, 1)?.jws)).toBe("E_STORE_CORRUPT");
    expect(code(() => again.request(two.rid, 1)?.jws)).toBe("E_STORE_CORRUPT");
    again.close();
  });

  it("has a key for each revision, below the key of whom that revision is about", () => {
    const store = opened();
    const r = added(store, { patient: "Patient/one" });
    added(store, { rid: r.rid, rev: 2, patient: "Patient/two" });
    added(store, { patient: "Patient/one" });
    store.close();
    const db = new DatabaseSync(file());
    const count = (sql: string): unknown => db.prepare(sql).get()?.["n"];
    expect(count("SELECT COUNT(*) AS n FROM patient_keys")).toBe(2);
    expect(count("SELECT COUNT(DISTINCT patient) AS n FROM subject_keys WHERE patient IS NOT NULL")).toBe(2);
    expect(count("SELECT COUNT(*) AS n FROM subject_keys")).toBe(3);
    expect(count("SELECT COUNT(DISTINCT patient) AS n FROM subject_keys WHERE rid IS NOT NULL")).toBe(2);
    db.close();
  });

  it("is never sealed under the key of another that has the number of one that was rolled back", () => {
    const store = opened();
    const answered = { kid: "k1", jti: "j1", dig: digest(), kind: "statement", result: "recorded" } as const;
    const answer = { ...answered, jws: "h.p.s", receipt: "h.p.s", at: AT };
    const lost = (): unknown =>
      store.write((tx) => {
        tx.addAnswer(answer);
        throw new Error("rolled back");
      });
    expect(code(lost)).toBe("Error: rolled back");
    const r = added(store);
    store.write((tx) => tx.addAnswer(answer));
    store.write((tx) => tx.eraseKeys(tx.subjectKeys({ rid: r.rid }).map(placed), AT, "r"));
    expect(store.answer("k1", "j1")?.jws).toBe("h.p.s");
    store.close();
  });

  it("keeps no key of what was rolled back", () => {
    const store = opened();
    const lost = makeRequest({ jws: "lost", patient: "Patient/p" });
    expect(
      code(() =>
        store.write((tx) => {
          tx.addRequest(lost, AT);
          throw new Error("rolled back");
        }),
      ),
    ).toBe("Error: rolled back");
    const kept = added(store, { jws: "kept", patient: "Patient/q" });
    store.close();
    const again = opened();
    expect(again.request(kept.rid, 1)?.jws).toBe("kept");
    again.close();
  });
});

describe("a store of version 7", () => {
  const SIZE = 1100;
  const ridOf = (i: number): string => `019f0000-0000-7000-8000-${i.toString(16).padStart(12, "0")}`;

  /** Requests whose text is real, so that it tells the patient, and a page that was given up with plain text on it. */
  function old(size = SIZE): string {
    const db = openDatabase(file(), { access: "alone", migrations: MIGRATIONS.slice(0, 7) });
    db.exec("PRAGMA secure_delete = OFF");
    const claims = makeClaims();
    const { jws } = signRequest({
      ...claims,
      rationale: { ...claims.rationale, text: canaries.at("request") },
    } as typeof claims);
    db.exec("BEGIN");
    const insert = db.prepare(
      `INSERT INTO requests (rid, rev, dig, jws, iat, exp, submit_by, grant_exp, nonce, agent, task_id, task_idx, op_dig,
         action, aud, need, risk, state, changed_at) VALUES (?,1,?,?,?,9,0,0,?,'urn:a','t',1,'o','a','[]',1,'high','failed',7)`,
    );
    for (let i = 0; i < size; i++)
      insert.run(ridOf(i), i === 3 ? jdig(crypto, jws) : `d${String(i)}`, jws, i, `n${String(i)}`);
    db.exec(`INSERT INTO decisions (dig, rid, rev, kid, sub, decision, jws, iat, at, live)
      VALUES ('dd', '${ridOf(5)}', 1, 'k', 'urn:p', 'approve', '${canaries.at("decision")}', 5, 6, 1)`);
    db.exec(`INSERT INTO answers (kid, jti, dig, kind, jws, receipt, result, rid, rev, at)
      VALUES ('k', 'j', 's', 'statement', '${canaries.at("answer")}', 'the receipt', 'recorded', '${ridOf(5)}', 1, 8)`);
    db.exec(`INSERT INTO statements (dig, kid, sub, kind, jws, jti, rid, at)
      VALUES ('s', 'k', 'urn:p', 'flag-decision', '${canaries.at("statement")}', 'j', '${ridOf(5)}', 8)`);
    db.exec(`INSERT INTO events (jti, dig, name, jws, rid, rev, at)
      VALUES ('e', 'ed', 'task-completed', '${canaries.at("event")}', '${ridOf(5)}', 1, 8)`);
    db.exec(`INSERT INTO executions (exec_id, rid, rev, started_at, finished_at, outcome)
      VALUES ('x', '${ridOf(5)}', 1, 8, 9, '{"kind":"done","status":201,"body":"${canaries.at("outcome")}"}')`);
    db.exec(`INSERT INTO allowed_acts (id, agent, what, act, dig, started_at, finished_at, outcome)
      VALUES ('a', 'urn:a', 'w', '{"id":"a","patient":"Patient/${canaries.at("act")}"}', 'ad', 8, 9,
        '{"kind":"refused","status":422,"body":"${canaries.at("refused")}"}')`);
    db.exec(`INSERT INTO published (dig, kind, text, at) VALUES
      ('r', 'access', '{"format":"countersign-access/1","patient":"Patient/${canaries.at("read")}"}', 8),
      ('w', 'access', '{"v":1,"kind":"export","purpose":{"code":"HLEGAL","text":"${canaries.at("why")}"}}', 8),
      ('p', 'policy', '{"plain":true}', 8)`);
    db.exec(`INSERT INTO exports (id, sub, at, said, record, idx) VALUES ('e', 'urn:p', 8,
      '{"format":"csv","purpose":{"code":"HLEGAL","text":"${canaries.at("why exported")}"}}', 'w', 1)`);
    db.exec("INSERT INTO idempotency (agent, key, rid, fingerprint, at) VALUES ('urn:a', 'k', 'r', 'f', 8)");
    db.exec(`INSERT INTO feed (type, body, at) VALUES ('action.pending', '{"jws":"${canaries.at("feed")}"}', 8)`);
    db.exec("COMMIT");
    db.exec(
      `CREATE TABLE gone (t TEXT); INSERT INTO gone VALUES ('${canaries.at("gone").repeat(9000)}'); DROP TABLE gone`,
    );
    db.close();
    return jws;
  }

  /** How far an opening was that ends at a statement. */
  function killedBefore(statement: string) {
    const db = openDatabase(file(), { access: "alone", migrations: MIGRATIONS });
    db.exec(`CREATE TEMP TRIGGER kill BEFORE ${statement} BEGIN SELECT RAISE(ABORT, 'killed'); END`);
    const opening = { newEpoch: () => "e1", newKey: () => new Uint8Array(32), onFault: () => undefined };
    expect(() => makeSqliteStore(db, { ...opening, storeKey: makeStoreKey(folder) })).toThrow("killed");
    const at = { ...db.prepare("SELECT stage, done FROM seal_backlog").get() };
    db.close();
    return at;
  }

  it("is sealed when it is opened, goes on after an interruption, and keeps nothing in the clear", () => {
    const jws = old();
    expect(onDisk().sort()).toEqual([...canaries.places].sort());
    expect(killedBefore(`INSERT ON subject_keys WHEN NEW.rid = '${ridOf(700)}'`)).toEqual({ stage: 0, done: 500 });
    const told: string[] = [];
    const store = openSqliteStore(file(), {
      onSealing: (done, total) => told.push(`${String(done)}/${String(total)}`),
    });
    const total = SIZE + 11;
    expect([told[0], told.at(-1)]).toEqual([`1000/${String(total)}`, `${String(total)}/${String(total)}`]);
    expect(onDisk()).toEqual([]);
    expect(store.request(ridOf(3), 1)?.jws).toBe(jws);
    expect(store.decisionByDigest("dd")?.jws).toBe(canaries.at("decision"));
    expect(store.statementsOn(ridOf(5))).toMatchObject([{ jws: canaries.at("statement"), receipt: "the receipt" }]);
    expect(store.answer("k", "j")?.jws).toBe(canaries.at("answer"));
    expect(store.events(ridOf(5)).map((event) => event.jws)).toEqual([canaries.at("event")]);
    expect(store.execution("x")?.outcome).toMatchObject({ kind: "done", body: canaries.at("outcome") });
    expect(store.allowedAct("a")).toMatchObject({
      act: { patient: `Patient/${canaries.at("act")}` },
      outcome: { status: 422, body: canaries.at("refused") },
    });
    expect(store.published("r")?.text).toContain(canaries.at("read"));
    expect(store.published("w")?.text).toContain(canaries.at("why"));
    expect(store.exportRecord("e")?.said).toBe('{"format":"csv","purpose":{"code":"HLEGAL"}}');
    expect(store.published("p")?.text).toBe('{"plain":true}');
    // Readers of the feed begin with a snapshot.
    expect(store.feedPrunedTo()).toBe(store.feedHead());
    store.close();
    const db = new DatabaseSync(file());
    expect(db.prepare("SELECT COUNT(*) AS n FROM seal_backlog").get()?.["n"]).toBe(0);
    expect(db.prepare("SELECT COUNT(*) AS n FROM patient_keys").get()?.["n"]).toBe(3);
    db.close();
    expect(onDisk()).toEqual([]);
  });

  it("goes on at the table that is done as a whole, and at the last", () => {
    for (const [stage, table] of [[7, "idempotency"] as const, [8, "published"] as const]) {
      old(3);
      expect(killedBefore(`UPDATE ON ${table}`)).toMatchObject({ stage });
      opened().close();
      expect(onDisk()).toEqual([]);
      rmSync(file());
    }
  });
});
