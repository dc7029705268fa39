import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { accessAudit } from "#shared/fhir/access-audit.ts";
import { generateKey, makeSigner } from "#shared/crypto/sign.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { openLog, type AuditLog } from "../../../gateway/audit/log.ts";
import { makeEvidenceDesk } from "../../../gateway/evidence/desk.ts";
import type { Sent } from "../../../gateway/evidence/send.ts";
import { writeEvidence, type EvidenceWriter } from "../../../gateway/evidence/writer.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { LeafRow } from "../../../gateway/store/rows.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { crypto } from "../device.ts";
import { makeManualClock } from "../manual-clock.ts";

const digest = (n: number): string => `sha-256:${String(n).padStart(43, "0")}`;
const HOUR = 3_600_000;

describe("evidence for the hospital's record", () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-evidence-"));
  const clock = makeManualClock();
  const signer = makeSigner(generateKey("Ed25519"));
  const events = new EventEmitter();
  const written: string[] = [];
  const ids = new Map<string, string>();
  const told: string[] = [];
  let answer: (obj: string) => Sent;
  let made: (leaf: LeafRow) => number;
  let store: Store;
  let log: AuditLog;
  let writer: EvidenceWriter;

  const say = (level: string) => (event: string, fields?: object) =>
    void told.push(`${level} ${event} ${JSON.stringify(fields ?? {})}`);

  function open(): void {
    store = openSqliteStore(join(folder, "gateway.sqlite"));
    log = openLog({ crypto, store, signer, origin: "gw.example/log", clock });
  }
  function begin(): void {
    writer = writeEvidence({
      ...{ store, events, iss: "https://gw.example", crypto, clock },
      logger: { info: say("info"), warn: say("warn"), error: say("error") },
      parts: (leaf) =>
        Array.from({ length: made(leaf) }, () =>
          accessAudit({
            ...{ gateway: { iss: "https://gw.example" }, at: 1, agent: { sub: "urn:a", name: "a" } },
            ...{ server: "https://fhir.example", target: "Observation/1", record: leaf.obj },
          }),
        ),
      send(resource, id) {
        const obj = resource.entity.at(-1)?.what?.identifier?.value ?? "";
        const sent = answer(obj);
        if (sent.kind === "written") written.push(obj);
        // The same entry always has the same name: writing it again cannot make a second one.
        expect(ids.get(obj) ?? id).toBe(id);
        ids.set(obj, id);
        return Promise.resolve(sent);
      },
    });
  }
  /** So many entries in the log, then what a checkpoint sets off. */
  async function logged(...numbers: number[]): Promise<void> {
    store.write((tx) => {
      for (const n of numbers) log.append(tx, { t: "access", obj: digest(n), kid: "k" });
    });
    events.emit("checkpoint");
    await writer.idle();
  }

  beforeEach(() => {
    answer = () => ({ kind: "written" });
    made = () => 1;
    open();
    begin();
  });
  afterEach(async () => {
    await writer.close();
    log.close();
    store.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(join(folder, `gateway.sqlite${end}`), { force: true });
    [written, told].forEach((list) => list.splice(0));
    ids.clear();
  });

  it("is written in the order of the log, once each", async () => {
    await logged(1, 2, 3);
    await logged(4);
    expect(written).toEqual([1, 2, 3, 4].map(digest));
  });

  it("begins with what is logged after it was switched on", async () => {
    await writer.close();
    store.write((tx) => tx.setEvidenceCursor(0));
    store.write((tx) => log.append(tx, { t: "access", obj: digest(1), kid: "k" }));
    store.write((tx) => tx.setEvidenceCursor(tx.logSize()));
    begin();
    await logged(2);
    expect(written).toEqual([digest(2)]);
  });

  it("waits while the server is away, keeps the order, tells people once an hour and says when it goes on", async () => {
    answer = () => ({ kind: "away", why: "503" });
    await logged(1, 2);
    for (const ms of [1000, 5000, 30_000]) {
      clock.advance(ms);
      await writer.idle();
    }
    expect(written).toEqual([]);
    expect(told.filter((line) => line.startsWith("error evidence.waiting"))).toHaveLength(1);
    clock.advance(HOUR);
    await writer.idle();
    expect(told.filter((line) => line.startsWith("error evidence.waiting")).length).toBeGreaterThan(1);
    answer = () => ({ kind: "written" });
    clock.advance(HOUR);
    await writer.idle();
    expect(written).toEqual([1, 2].map(digest));
    expect(told.at(-1)).toContain("warn evidence.written-again");
  });

  it("goes on after a crash from what was not written, and writes nothing under a second name", async () => {
    answer = (obj) => (obj === digest(2) ? { kind: "away", why: "TimeoutError" } : { kind: "written" });
    await logged(1, 2, 3);
    await writer.close();
    log.close();
    store.close();
    answer = () => ({ kind: "written" });
    open();
    begin();
    await writer.idle();
    expect(written).toEqual([1, 2, 3].map(digest));
  });

  it("sets aside what the server refuses, says so, goes on, and tries it again every hour", async () => {
    answer = (obj) => (obj === digest(1) ? { kind: "refused", status: 422 } : { kind: "written" });
    await logged(1, 2);
    expect(written).toEqual([digest(2)]);
    expect(told).toEqual([`error evidence.refused {"leaf":0,"type":"AuditEvent","status":422}`]);
    expect(store.evidenceRefused(10)).toMatchObject([{ leaf: 0, part: 0, status: 422, tries: 1 }]);
    clock.advance(HOUR);
    await writer.idle();
    expect(store.evidenceRefused(10)).toMatchObject([{ tries: 2 }]);
    answer = () => ({ kind: "written" });
    clock.advance(HOUR);
    await writer.idle();
    expect(written).toEqual([2, 1].map(digest));
    expect(store.evidenceRefused(10)).toEqual([]);
  });

  it("can be tried again at once, and given up with a reason that the log holds the digest of", async () => {
    const desk = makeEvidenceDesk({
      ...{ store, writer, crypto, kid: "k", now: () => 1_000, randomText: (n: number) => "r".repeat(n) },
      records: { leaf: (tx, leaf) => log.append(tx, leaf).index },
      logger: { info: say("info"), warn: say("warn"), error: say("error") },
    });
    answer = (obj) => (obj === digest(3) ? { kind: "written" } : { kind: "refused", status: 422 });
    await logged(1, 2, 3);
    expect(desk.state()).toMatchObject({ waiting: 0, refused: [{ leaf: 0, status: 422, tries: 1 }, { leaf: 1 }] });
    answer = (obj) => (obj === digest(1) ? { kind: "written" } : { kind: "refused", status: 400 });
    expect((await desk.retry()).refused).toMatchObject([
      { leaf: 1, part: 0, type: "AuditEvent", status: 400, tries: 2 },
    ]);
    expect(written).toEqual([digest(3), digest(1)]);
    const order = { leaf: 1, part: 0, reason: "The server takes no such codes", by: "alex" };
    for (const bad of [
      { ...order, leaf: 0 },
      { ...order, part: 1 },
      { ...order, reason: " " },
    ]) {
      expect(() => desk.giveUp(bad)).toThrow(CountersignError);
    }
    expect(desk.giveUp(order).refused).toEqual([]);
    const entry = store.leaf(3)!;
    const kept = store.published(entry.obj)!.text;
    expect([entry.type, dig(crypto, kept), JSON.parse(kept)]).toEqual([
      "config",
      entry.obj,
      expect.objectContaining({ ...order, type: "AuditEvent", status: 400, tries: 2, at: 1_000 }),
    ]);
    expect(told.join()).not.toContain("codes");
    expect(() => desk.giveUp(order)).toThrow(CountersignError);
  });

  it("does not let an entry that it cannot make sense of stand in the way", async () => {
    made = ({ obj }) => {
      if (obj === digest(1)) throw new TypeError("a defect");
      return 1;
    };
    await logged(1, 2);
    expect(written).toEqual([digest(2)]);
    expect(store.evidenceRefused(10)).toMatchObject([{ leaf: 0, status: 0 }]);
    expect(told.some((line) => line.includes("evidence.fault"))).toBe(true);
  });

  it("asks no server about entries that are not about the record, and does not look at them again", async () => {
    made = () => 0;
    await logged(...Array.from({ length: 200 }, (_, i) => i));
    expect([written, store.evidenceCursor()]).toEqual([[], 200]);
  });
});
