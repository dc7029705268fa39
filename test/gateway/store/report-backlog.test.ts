import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect, it, onTestFinished } from "vitest";

import { openDatabase } from "../../../gateway/store/sqlite/database.ts";
import { MIGRATIONS } from "../../../gateway/store/sqlite/schema.ts";
import { makeSqliteStore } from "../../../gateway/store/sqlite/transaction.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import { makeRequest, signRequest } from "../../shared/protocol/fixture/hospital.ts";

it("takes requests, decisions and reviews of version 4 into the index of reports, also after an interruption", () => {
  const root = mkdtempSync(join(tmpdir(), "cs-backlog-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const path = join(root, "gateway.sqlite");
  const old = openDatabase(path, { access: "alone", migrations: MIGRATIONS.slice(0, 4) });
  const { claims, jws } = signRequest(makeRequest());
  const size = 1100;
  const ridOf = (i: number): string => `019f0000-0000-7000-8000-${i.toString(16).padStart(12, "0")}`;
  old.exec("BEGIN");
  const insert = old.prepare(
    `INSERT INTO requests (rid, rev, dig, jws, iat, exp, submit_by, grant_exp, nonce, agent, task_id, task_idx, op_dig,
       action, aud, need, risk, state, changed_at, patient) VALUES (?,1,?,?,?,2000000000,0,0,?,'urn:a','t',1,'o',
       'urn:countersign:action:order.create','["https://gw.example/pools/lab"]',1,'high','failed',7,'Patient/p-104')`,
  );
  for (let i = 0; i < size; i++)
    insert.run(ridOf(i), `d${String(i)}`, i === 0 ? "unreadable" : jws, i, `n${String(i)}`);
  old.exec(`INSERT INTO decisions (dig, rid, rev, kid, sub, decision, jws, iat, at, live)
    VALUES ('dd', '${ridOf(5)}', 1, 'k', 'urn:p', 'approve', 'h.p.s', 5, 6, 1)`);
  old.exec(`INSERT INTO answers (kid, jti, dig, kind, jws, receipt, result, rid, at)
    VALUES ('k', 'j', 's', 'statement', 'h.p.s', 'the receipt', 'recorded', '${ridOf(5)}', 8)`);
  old.exec(`INSERT INTO statements (dig, kid, sub, kind, jws, rid, at)
    VALUES ('s', 'k', 'urn:p', 'flag-decision', 'h.p.s', '${ridOf(5)}', 8)`);
  old.exec("COMMIT");
  // Killed in the second batch: the first is done, and stays so.
  old.close();
  const killed = openDatabase(path, { access: "alone", migrations: MIGRATIONS });
  killed.exec(`CREATE TEMP TRIGGER kill BEFORE INSERT ON report_rows WHEN NEW.iat = 700
    BEGIN SELECT RAISE(ABORT, 'killed'); END`);
  const opening = { newEpoch: () => "e1", newKey: () => new Uint8Array(32), onFault: () => undefined };
  expect(() => makeSqliteStore(killed, opening)).toThrow("killed");
  expect(killed.prepare("SELECT COUNT(*) AS n FROM report_rows").get()?.["n"]).toBe(500);
  killed.close();
  writeFileSync(join(root, "store.key"), Buffer.alloc(32).toString("base64url"));

  const store = openSqliteStore(path);
  const asker = { sub: "urn:nobody", units: [], all: true };
  expect(store.countReportRows({ asker, filter: {}, most: 10_000, looks: 5 })).toEqual({ total: size });
  expect(
    store.countReportRows({ asker, filter: { patient: claims.patient?.ref ?? "" }, most: 10_000, looks: 5 }),
  ).toEqual({
    total: size - 1,
  });
  expect(store.countReportRows({ asker, filter: { problems: ["failed"] }, most: 10_000, looks: 5 })).toEqual({
    total: size,
  });
  const [flagged] = store.reportRowsOf(ridOf(5), asker);
  expect(flagged).toMatchObject({ review: "open", state: "failed", agent_name: claims.agent.name, changed_at: 7 });
  expect(store.reportRowsOf(ridOf(5), { sub: "urn:p", units: [], all: false })).toHaveLength(1);
  expect(store.statementsOn(ridOf(5))).toMatchObject([{ kind: "flag-decision", receipt: "the receipt", jti: "j" }]);
  store.close();
  const file = new DatabaseSync(path);
  const named = file.prepare("SELECT COUNT(*) AS n FROM requests WHERE patient <> ''").get()?.["n"];
  file.close();
  expect(named).toBe(0);
});
