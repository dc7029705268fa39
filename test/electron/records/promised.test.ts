import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { expect, it } from "vitest";

import { leafText } from "#shared/ledger/leaf.ts";
import { leafHash } from "#shared/ledger/tree.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import { dig, jdig } from "#shared/protocol/digest.ts";
import { ERASED, ERASURE_FORMAT } from "#shared/protocol/evidence/erasure-proof.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import { erasedList } from "../../../gateway/retention/erased-list.ts";
import { crypto, GATEWAY_ISS, newId } from "../hospital.ts";
import { arrangeDesk, type Arranged } from "../requests/arrange-desk.ts";
import { answerReports } from "./history-of.ts";

/**
 * A gateway may say that an erasure is not in its log yet. That word is kept, and held against the log once (docs/decisions/0016):
 * another word for the same row, another day or another start of the app make it no longer.
 */

/** What the log promises (60 s) and the way there and back. */
const PROMISE_MS = 70_000;
const PENDING = "cannot_check erasure logged E_LOG_PENDING";
const BROKEN = "not_valid erasure logged E_LOG_ERASURE";

/** One request, denied. */
async function denied() {
  const t = await arrangeDesk();
  const request = await t.opened();
  await t.desk.decide(t.deny(request));
  await t.status(request.claims.rid, "denied");
  return { t, reports: answerReports(t) };
}

interface Claim {
  readonly leaf: string;
  readonly enter: () => void;
}

/** Calls a row erased now, by an entry of its own that is not in the log; `enter` puts it there. */
function claim(t: Arranged, item: HistoryItem, at = t.clock.nowMs() / 1000): Claim {
  const { rid, rev, request = "" } = item;
  const digest = jdig(crypto, request);
  const { places, ...list } = erasedList(crypto, [{ id: 1, name: "", rid, revision: { rev, digest } }], newId);
  const said = { format: ERASURE_FORMAT, at, why: "retention", ...list, said: dig(crypto, "years"), nonce: newId() };
  const record = JSON.stringify(said);
  const { kid } = t.gateway.hospital.gateway;
  const leaf = { t: "config", ts: at, obj: dig(crypto, record), kid, out: ERASED } as const;
  const erasure = { entry: leafText(leaf), covers: { record, ...(places[0] ?? { salt: "", index: 0, path: [] }) } };
  delete item.request;
  Object.assign(item, {
    decisions: [null],
    withheld: { reason: "erased" as const, request: digest, decisions: [0], at, erasure },
  });
  const hash = encodeBase64url(leafHash(crypto, encodeUtf8(leafText(leaf))));
  return { leaf: hash, enter: () => void t.judge.log.append(leaf) };
}

/** What one look at the list says. */
async function look(t: Arranged) {
  const { rows } = await t.desk.records.query({
    iss: GATEWAY_ISS,
    filter: {},
    order: "newest",
    purpose: { code: "HCOMPL" },
  });
  const { verdicts, alarm } = await t.desk.records.verify(rows.map(({ id }) => id));
  return { spelt: verdicts.map(({ signature, step, code }) => [signature, step, code].join(" ")), alarm };
}

const alarmed = (t: Arranged) => t.seen.next((s) => s.kind === "gateway" && s.gateway.log_alarm !== undefined);
const asked = (t: Arranged, claimed: Claim | undefined) =>
  t.gateway.received.next(({ type, body }) => type === "log.proof" && body["leaf"] === claimed?.leaf);

/** Time passes on a connection that lives. */
async function pass(t: Arranged, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    t.clock.advance(Math.min(left, 10_000));
    await t.gateway.flushed();
    await t.gateway.flushed();
  }
}

it("waits for an entry that comes as the log promises, and alarms nobody", async () => {
  const { t, reports } = await denied();
  const claims: Claim[] = [];
  reports.tamper = (items) => items.forEach((item) => claims.push(claim(t, item)));
  expect(await look(t)).toEqual({ spelt: [PENDING], alarm: undefined });
  claims[0]?.enter();
  await pass(t, PROMISE_MS);
  await asked(t, claims[0]);
  // Its word was good, so another one is believed for as long.
  expect(await look(t)).toEqual({ spelt: [PENDING], alarm: undefined });
});

it("alarms when the entry has not come, though nobody looks again, keeps what was said, and approves nothing more", async () => {
  const { t, reports } = await denied();
  const at = t.clock.nowMs() / 1000;
  reports.tamper = (items) => items.forEach((item) => claim(t, item));
  expect(await look(t)).toMatchObject({ alarm: undefined });
  await pass(t, PROMISE_MS);
  await alarmed(t);
  expect(t.desk.gateway().log_alarm).toBe("E_LOG_ERASURE");
  const [file = ""] = await readdir(path.join(t.folder, "evidence"));
  const kept: unknown = JSON.parse(await readFile(path.join(t.folder, "evidence", file), "utf8"));
  expect(kept).toMatchObject({
    code: "E_LOG_ERASURE",
    shown: { entry: expect.stringContaining(`"out":"erased"`) as string, withheld: { reason: "erased", at } },
  });
  const next = await t.opened();
  await expect(t.desk.decide(t.approve(next))).rejects.toMatchObject({ code: "E_LOG_ERASURE" });
});

it("believes no second word for a row, under whatever time and entry, once the first was not made good", async () => {
  const { t, reports } = await denied();
  reports.tamper = (items) => items.forEach((item) => claim(t, item));
  // It answers nothing about its log, so nobody can say that the entry is not there.
  t.gateway.on("log.proof", ({ id, peer }) =>
    peer.send("error", { code: "E_RATE", title: "later", retry: "later" }, { re: id }),
  );
  for (let i = 0; i < 3; i++) {
    expect(await look(t)).toEqual({ spelt: [PENDING], alarm: undefined });
    await pass(t, 18_000);
  }
  await pass(t, 18_000);
  expect(await look(t)).toEqual({ spelt: [BROKEN], alarm: undefined });
});

it("remembers the word when the app starts again", async () => {
  const { t, reports } = await denied();
  reports.tamper = (items) => items.forEach((item) => claim(t, item));
  await look(t);
  await t.restart();
  expect(t.desk.gateway().log_alarm).toBeUndefined();
  await pass(t, PROMISE_MS);
  await alarmed(t);
  expect(t.desk.gateway().log_alarm).toBe("E_LOG_ERASURE");
});

it("forgets it when the app starts again after the entry came", async () => {
  const { t, reports } = await denied();
  const claims: Claim[] = [];
  reports.tamper = (items) => items.forEach((item) => claims.push(claim(t, item)));
  await look(t);
  claims[0]?.enter();
  await t.restart();
  await asked(t, claims[0]);
  await pass(t, PROMISE_MS);
  expect(await look(t)).toEqual({ spelt: [PENDING], alarm: undefined });
});

it("alarms at once where the erasure is said to be older than the log's promise", async () => {
  const { t, reports } = await denied();
  reports.tamper = (items) => items.forEach((item) => claim(t, item, t.clock.nowMs() / 1000 - 71));
  const { alarm, spelt } = await look(t);
  expect([alarm, spelt]).toEqual(["E_LOG_ERASURE", [BROKEN]]);
});

it("keeps at most 32 such words of one log: a row beyond them is not waited for", async () => {
  const { t, reports } = await denied();
  reports.tamper = (items) => items.forEach((item) => claim(t, item));
  t.gateway.on("log.proof", ({ id, peer }) =>
    peer.send("error", { code: "E_RATE", title: "later", retry: "later" }, { re: id }),
  );
  for (let i = 0; i < 32; i++) expect(await look(t)).toEqual({ spelt: [PENDING], alarm: undefined });
  expect(await look(t)).toEqual({ spelt: [BROKEN], alarm: undefined });
});
