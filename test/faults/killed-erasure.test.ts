import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey } from "#shared/crypto/sign.ts";
import { jdig } from "#shared/protocol/digest.ts";

import { requestIndex } from "../../gateway/store/report-index.ts";
import { added, AT, code, makeDecision } from "../gateway/store/contract-fixtures.ts";
import { makeRequest, signRequest } from "../shared/protocol/fixture/hospital.ts";
import { eraseAll, openKept, type Kept } from "./kept-store.ts";

/** An erasure (docs/decisions/0015) that is killed happened whole or not at all, and leaves a store that opens. */

const crypto = makeNodeCrypto();
const logKey = generateKey("Ed25519");
const PATIENT = makeRequest().patient?.ref ?? "";
const OTHER = "Patient/somebody-else";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "countersign-erasure-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Two ended requests of the patient, each with a decision, and one of somebody else; the log is signed for. */
function fill(folder: string) {
  mkdirSync(folder);
  writeFileSync(path.join(folder, "log-key.jwk"), JSON.stringify(logKey));
  const { store, log } = openKept(folder, logKey);
  const ended = (patient: string, iat: number) => {
    const claims = { ...makeRequest(), iat };
    const { jws } = signRequest(claims);
    const request = added(store, {
      ...{ patient, jws, iat, dig: jdig(crypto, jws), index: requestIndex(claims, undefined) },
    });
    const decision = makeDecision(request, { jws: `decided.${String(iat)}.s`, decision: "deny" });
    store.write((tx) => {
      const at = { rid: request.rid, rev: 1, kid: "k1" };
      log.append(tx, { t: "request", obj: request.dig, ...at });
      tx.addDecision({ ...decision, dig: jdig(crypto, decision.jws) });
      log.append(tx, { t: "decision", obj: jdig(crypto, decision.jws), ...at });
      tx.moveRequest(request.rid, 1, ["open"], "denied", AT);
    });
    return request.rid;
  };
  const rids = { theirs: [ended(PATIENT, AT), ended(PATIENT, AT + 1)], other: ended(OTHER, AT + 2) };
  log.signNow();
  const size = store.logSize();
  store.close();
  const db = new DatabaseSync(path.join(folder, "gateway.sqlite"));
  const keys = db
    .prepare(
      `SELECT s.wrapped FROM subject_keys s JOIN requests r ON r.rid = s.rid WHERE r.rid IN (SELECT value FROM json_each(?))
         UNION SELECT p.wrapped FROM patient_keys p JOIN subject_keys s ON s.patient = p.id AND s.rid = ?`,
    )
    .all(JSON.stringify(rids.theirs), rids.theirs[0] ?? "")
    .map(({ wrapped }) => Buffer.from(wrapped as Uint8Array));
  const digests = db.prepare("SELECT COUNT(*) AS n FROM report_patients").get()?.["n"];
  db.close();
  expect(keys).toHaveLength(3);
  expect(digests).toBeGreaterThan(3);
  return { rids, size, keys, digests: Number(digests) };
}

/** What can still be said of the patient; anything between the two is a third text. */
function stateOf(kept: Kept, before: ReturnType<typeof fill>): string {
  const { store, log } = kept;
  const { rids, size } = before;
  const read = rids.theirs.flatMap((rid) => [
    code(() => store.request(rid, 1)?.jws),
    code(() => store.decisions(rid, 1)[0]?.jws),
    String(store.request(rid, 1)?.state),
  ]);
  const added = store.leavesFrom(size, 100);
  const records = added.map(
    ({ obj }) => JSON.parse(store.published(obj)?.text ?? "null") as { format?: string } | null,
  );
  expect(log.newest()?.size).toBe(store.logSize());
  // Whoever is not meant is not touched.
  expect(store.request(rids.other, 1)?.jws).toMatch(/^ey/);
  const isFound = store.patientKey(PATIENT) !== undefined;
  const all = [...new Set(read)].join(" ");
  const leaves = added.map(({ type }, i) => `${type} ${records[i]?.format ?? "without a record"}`).join(", ");
  return [all, leaves === "" ? "no leaf" : leaves, isFound ? "found" : "not found"].join("; ");
}
const WHOLE = "no error denied; no leaf; found";
const ERASED = "E_STORE_ERASED denied; config countersign-erasure/2; not found";

/** Of the patient's wrapped keys, how many stand in any file of the folder. */
function keysIn(folder: string, keys: readonly Buffer[]): number {
  const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(path.join(folder, name))));
  return keys.filter((key) => bytes.includes(key)).length;
}

describe("an erasure that is killed", () => {
  it.each(["before", "after"])(
    "%s each of its statements: the store opens, nothing or all of it is erased, and again it ends in erased",
    (when) => {
      const origin = path.join(root, "origin");
      const before = fill(origin);
      const seen = new Map<string, number>();
      for (let n = 1; ; n++) {
        const folder = path.join(root, String(n));
        cpSync(origin, folder, { recursive: true });
        const { signal, status, stdout, stderr } = spawnSync(
          process.execPath,
          [path.join(import.meta.dirname, "erase.mjs"), folder, PATIENT, when, String(n)],
          { encoding: "utf8" },
        );
        const where = `${when} statement ${String(n)}, ${stdout.trim()}`;
        let kept = openKept(folder, logKey);
        const state = stateOf(kept, before);
        expect(state, where).toBeOneOf([WHOLE, ERASED]);
        seen.set(state, (seen.get(state) ?? 0) + 1);
        expect(keysIn(folder, before.keys), where).toBe(state === WHOLE ? 3 : 0);
        if (state === WHOLE) eraseAll(kept, PATIENT);
        else expect(code(() => eraseAll(kept, PATIENT))).toBe("E_REQ_UNKNOWN");
        expect(stateOf(kept, before), where).toBe(ERASED);
        kept.store.close();
        expect(keysIn(folder, before.keys), where).toBe(0);
        kept = openKept(folder, logKey);
        expect(stateOf(kept, before), where).toBe(ERASED);
        kept.store.close();
        rmSync(folder, { recursive: true });
        if (signal === "SIGKILL") continue;
        expect([status, stderr]).toEqual([0, expect.not.stringContaining("Error")]);
        console.log(
          `killed ${when}: ${String(n - 1)} places; ${[...seen].map(([s, k]) => `${String(k)} ${s}`).join(" | ")}`,
        );
        // Both were seen of killed ones: the last was not killed.
        expect(seen.get(WHOLE)).toBeGreaterThan(20);
        expect(seen.get(ERASED)).toBeGreaterThan(3);
        return;
      }
    },
  );
});
