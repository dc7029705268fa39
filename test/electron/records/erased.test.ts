import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { expect, it } from "vitest";

import { dig, jdig } from "#shared/protocol/digest.ts";
import { ERASED, ERASURE_FORMAT } from "#shared/protocol/evidence/erasure-proof.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import { erasedList } from "../../../gateway/retention/erased-list.ts";
import { crypto, GATEWAY_ISS, newId } from "../hospital.ts";
import { LogBook } from "../log-book.ts";
import { arrangeDesk, type Arranged } from "../requests/arrange-desk.ts";
import { answerReports } from "./history-of.ts";

/** A row that a gateway calls erased is shown as erased only where its log proves it (docs/decisions/0016). */

const WHY = { code: "HCOMPL" } as const;

/** One request, denied. */
async function denied() {
  const t = await arrangeDesk();
  const request = await t.opened();
  await t.desk.decide(t.deny(request));
  await t.status(request.claims.rid, "denied");
  return { t, reports: answerReports(t), request };
}

/** Writes the erasure into the gateway's log; what makes the row of it, under the log's checkpoint of then. */
function erase(t: Arranged, { jws, claims: { rid, rev } }: { jws: string; claims: { rid: string; rev: number } }) {
  const at = t.clock.nowMs() / 1000;
  const digest = jdig(crypto, jws);
  const { places, ...list } = erasedList(crypto, [{ id: 1, name: "", rid, revision: { rev, digest } }], newId);
  const said = { format: ERASURE_FORMAT, at, why: "retention", ...list, said: dig(crypto, "years"), nonce: newId() };
  const record = JSON.stringify(said);
  const { index } = t.judge.log.append({
    ...{ t: "config", ts: at, obj: dig(crypto, record), kid: t.gateway.hospital.gateway.kid, out: ERASED },
  });
  return (item: HistoryItem): void => {
    const { entry, proof } = t.judge.log.proof(index);
    hide(item, at);
    const [place = { salt: "", index: 0, path: [] }] = places;
    Object.assign(item.withheld ?? {}, { erasure: { entry, proof, covers: { record, ...place } } });
  };
}

/** What a gateway can do without its log. */
function hide(item: HistoryItem, at: number): void {
  const withheld = { reason: "erased" as const, request: jdig(crypto, item.request ?? ""), decisions: [0], at };
  delete item.request;
  Object.assign(item, { decisions: [null], withheld });
}

/** As a gateway of before would: any change of its configuration could stand for it. */
function eraseAsEarlier(t: Arranged): (item: HistoryItem) => void {
  const at = t.clock.nowMs() / 1000;
  const { kid } = t.gateway.hospital.gateway;
  const { index } = t.judge.log.append({ t: "config", ts: at, obj: dig(crypto, newId()), kid });
  return (item) => {
    hide(item, at);
    const { entry, proof } = t.judge.log.proof(index);
    Object.assign(item.withheld ?? {}, { erasure: { entry, proof } });
  };
}

async function checked(t: Arranged) {
  const { rows } = await t.desk.records.query({ iss: GATEWAY_ISS, filter: {}, order: "newest", purpose: WHY });
  const { verdicts, alarm } = await t.desk.records.verify(rows.map(({ id }) => id));
  const spelt = verdicts.map(({ signature, step, code }) => [signature, step, code].join(" "));
  return { rows, alarm, spelt };
}

it("shows what its log ordered to be erased, with when and why, and raises no alarm", async () => {
  const { t, reports, request } = await denied();
  const makeErased = erase(t, request);
  reports.tamper = (items) => items.forEach(makeErased);
  const { rows, alarm, spelt } = await checked(t);
  expect([alarm, spelt]).toEqual([undefined, ["cannot_check request E_STORE_ERASED"]]);
  const detail = await t.desk.records.open(rows[0]?.id ?? "");
  expect(detail.erasure).toMatchObject({ at: detail.row.erased_at, why: "retention" });
  expect(detail.steps).toContainEqual({ step: "erasure logged", result: "passed" });
});

it("alarms when a row is called erased and the log does not say so, keeps what was said, and approves nothing more", async () => {
  const { t, reports, request } = await denied();
  const at = t.clock.nowMs() / 1000;
  reports.tamper = (items) => items.forEach((item) => hide(item, at));
  const { rows, alarm, spelt } = await checked(t);
  expect([alarm, spelt]).toEqual(["E_LOG_ERASURE", ["not_valid erasure E_LOG_ERASURE"]]);
  const [file = ""] = await readdir(path.join(t.folder, "evidence"));
  const digest = jdig(crypto, request.jws);
  expect(JSON.parse(await readFile(path.join(t.folder, "evidence", file), "utf8"))).toMatchObject({
    code: "E_LOG_ERASURE",
    shown: {
      entry: expect.stringContaining(digest) as string,
      withheld: { reason: "erased", request: digest, at },
    },
  });
  expect(await t.desk.records.open(rows[0]?.id ?? "")).not.toHaveProperty("erasure");
  const next = await t.opened();
  await expect(t.desk.decide(t.approve(next))).rejects.toMatchObject({ code: "E_LOG_ERASURE" });
});

it("alarms when the erasure of another row is handed over for it", async () => {
  const { t, reports, request } = await denied();
  const { rid } = request.claims;
  const ofAnother = erase(t, { ...request, claims: { rid, rev: 2 } });
  reports.tamper = (items) => items.forEach(ofAnother);
  const { alarm, spelt } = await checked(t);
  expect([alarm, spelt]).toEqual(["E_LOG_ERASURE", ["not_valid erasure E_LOG_ERASURE"]]);
});

it("alarms where a gateway that had said that it proves every erasure claims one of the earlier form, also after a restart", async () => {
  const { t, reports } = await denied();
  const earlier = eraseAsEarlier(t);
  reports.tamper = (items) => items.forEach(earlier);
  // Before it said so, such a record may be: nothing is known of what it did.
  expect(await checked(t)).toMatchObject({
    alarm: undefined,
    spelt: ["cannot_check erasure E_STORE_ERASED_UNSHOWN"],
  });
  t.gateway.checkpoint = t.judge.log.checkpoint();
  t.gateway.features = ["erasure-proof"];
  await t.restart();
  // It takes its word back: what it said once stands.
  t.gateway.features = [];
  await t.restart();
  // Before it said so it restated what was there.
  const { alarm, spelt } = await checked(t);
  expect([alarm, spelt]).toEqual(["E_LOG_ERASURE", ["not_valid erasure logged E_LOG_ERASURE"]]);
  const next = await t.opened();
  await expect(t.desk.decide(t.approve(next))).rejects.toMatchObject({ code: "E_LOG_ERASURE" });
});

it("shows nothing as erased by a log that does not continue the one that this computer saw", async () => {
  const { t, reports, request } = await denied();
  t.judge.log.append({ t: "config", ts: 1, obj: "one", kid: "k" });
  t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
  await t.gateway.flushed();
  await t.gateway.flushed();
  const other = new LogBook(t.gateway.hospital);
  for (const entry of t.judge.log.entries) {
    const { v: _, ...leaf } = JSON.parse(entry) as Parameters<LogBook["append"]>[0] & { v: number };
    other.append(leaf.obj === "one" ? { ...leaf, obj: "another" } : leaf);
  }
  Object.assign(t.judge, { log: other });
  const makeErased = erase(t, request);
  reports.tamper = (items) => items.forEach(makeErased);
  const { alarm, spelt } = await checked(t);
  expect([alarm, spelt]).toEqual(["E_LOG_FORK", ["not_valid log extends E_LOG_FORK"]]);
});
