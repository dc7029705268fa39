import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { jdig } from "#shared/protocol/digest.ts";
import { TYP } from "#shared/protocol/names.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { crypto, GATEWAY_ISS, newId } from "../hospital.ts";
import { LogBook } from "../log-book.ts";
import { arrangeDesk, type Arranged } from "../requests/arrange-desk.ts";
import { answerReports } from "./history-of.ts";

const WHY = { code: "HCOMPL" } as const;
const ALL = { iss: GATEWAY_ISS, filter: {}, order: "newest" } as const;

/** Two requests: one approved, one denied, both in the gateway's history. */
async function decided(view: Parameters<typeof answerReports>[1] = {}) {
  const t = await arrangeDesk();
  const first = await t.opened();
  await t.desk.decide(t.approve(first));
  await t.status(first.claims.rid, "held");
  t.desk.closeReview();
  t.clock.advance(2_000);
  const second = await t.opened();
  await t.desk.decide(t.deny(second));
  await t.status(second.claims.rid, "denied");
  return { t, reports: answerReports(t, view), first, second };
}

const page = (t: Arranged) => t.desk.records.query({ ...ALL, purpose: WHY });
async function checked(t: Arranged) {
  const { rows } = await page(t);
  const verdict = await t.desk.records.verify(rows.map(({ id }) => id));
  return { rows, ...verdict };
}
const spell = ({ verdicts }: { verdicts: readonly { signature: string; step?: string; code?: string }[] }) =>
  verdicts.map(({ signature, step, code }) => [signature, step, code].filter(Boolean).join(" "));

describe("history of a gateway", () => {
  it("asks why once for a sitting, and again after a lock", async () => {
    const { t, reports } = await decided();
    await expect(t.desk.records.query(ALL)).rejects.toMatchObject({ code: "E_QUERY_PURPOSE" });
    await t.desk.records.query({ ...ALL, purpose: WHY });
    await t.desk.records.query(ALL);
    expect(reports.queries.map((query) => query["purpose"])).toEqual([undefined, WHY, WHY]);
    t.desk.lock();
    await expect(t.desk.records.query(ALL)).rejects.toMatchObject({ code: "E_QUERY_PURPOSE" });
  });

  it("gives rows at once and says of none that it is valid before it was checked", async () => {
    const { t } = await decided();
    const { rows, total, view } = await page(t);
    expect(rows.map(({ decision, state }) => [decision, state])).toEqual([
      ["deny", "denied"],
      ["approve", "approved"],
    ]);
    expect(JSON.stringify(rows)).not.toContain("valid");
    expect({ total, scope: view.scope }).toEqual({ total: 2, scope: "units" });
  });

  it("fills a page from as many messages as its rows take, and the whole is one list", async () => {
    const { t, reports } = await decided();
    reports.room = 1;
    const { rows, total, next } = await page(t);
    expect({ decisions: rows.map(({ decision }) => decision), total, next }).toEqual({
      decisions: ["deny", "approve"],
      total: 2,
      next: undefined,
    });
    expect(reports.queries.map(({ page: mark, limit }) => [mark, limit])).toEqual([
      [undefined, 50],
      ["1", 49],
    ]);
    const found = await t.desk.records.verify(rows.map(({ id }) => id));
    expect(spell(found)).toEqual(["valid", "valid"]);
    expect(found.troubles).toEqual([]);
  });

  it("shows the rows that came where the rest of a page did not, and where to go on", async () => {
    const { t, reports } = await decided();
    Object.assign(reports, { room: 1, answers: 1 });
    const { rows, next } = await page(t);
    expect({ decisions: rows.map(({ decision }) => decision), next }).toEqual({ decisions: ["deny"], next: "1" });
  });

  it("checks every row in the process for it, and says against which key and when", async () => {
    const { t } = await decided();
    const found = await checked(t);
    expect(spell(found)).toEqual(["valid", "valid"]);
    expect(found).toMatchObject({ troubles: [], checked_at: Math.floor(t.clock.nowMs() / 1000) });
    expect(t.gateway.hospital.gateway.kid.startsWith(found.key)).toBe(true);
    expect(found.key).toHaveLength(8);
  });

  it("names the step of the row that was changed, and judges every other as before", async () => {
    const { t, reports } = await decided();
    reports.tamper = ([, item]) => {
      item!.decisions[0] = item!.decisions[0]!.slice(0, -6) + "AAAAAA";
    };
    expect(spell(await checked(t))).toEqual(["valid", "not_valid decisions/0 V1-V8 E_SIG_BAD"]);
    reports.tamper = ([item]) => {
      item!.request = "not.a-request";
    };
    const broken = await checked(t);
    expect(spell(broken)[0]).toMatch(/^not_valid item/);
    expect(spell(broken)[1]).toBe("valid");
  });

  it("sees that a decision of this computer's own journal is missing, and that rows changed places", async () => {
    const { t, reports, first } = await decided();
    reports.tamper = (items) => void items.pop();
    expect((await checked(t)).troubles).toEqual([{ kind: "missing", rows: [], reference: first.claims.rid }]);
    reports.tamper = (items) => void items.reverse();
    const turned = await checked(t);
    expect(turned.troubles).toEqual([{ kind: "order", rows: turned.rows.map(({ id }) => id) }]);
  });

  it("alarms when an entry is not what the log holds, keeps entry and proof as evidence, and approves nothing more", async () => {
    const { t, reports } = await decided();
    reports.tamper = ([item]) => {
      item!.proofs[1] = item!.proofs[0]!;
    };
    const found = await checked(t);
    expect(found).toMatchObject({ alarm: "E_LOG_PROOF" });
    expect(spell(found)[0]).toBe("not_valid log/1 E_LOG_PROOF");
    const [file] = await readdir(path.join(t.folder, "evidence"));
    const kept: unknown = JSON.parse(await readFile(path.join(t.folder, "evidence", file!), "utf8"));
    const [, decision] = t.judge.log.entries.filter((entry) => /"t":"(request|decision)"/.test(entry)).slice(2);
    expect(kept).toMatchObject({ code: "E_LOG_PROOF", shown: { entry: decision } });
    const request = await t.opened();
    await expect(t.desk.decide(t.approve(request))).rejects.toMatchObject({ code: "E_LOG_PROOF" });
  });

  it("alarms when the log behind the rows does not continue the one that this computer saw", async () => {
    const { t } = await decided();
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await t.gateway.flushed();
    await t.gateway.flushed();
    const other = new LogBook(t.gateway.hospital);
    for (const entry of t.judge.log.entries) {
      const { v: _, ...leaf } = JSON.parse(entry) as Parameters<LogBook["append"]>[0] & { v: number };
      other.append(leaf.t === "request" ? { ...leaf, ref: "other" } : leaf);
    }
    other.append({ t: "config", ts: 1, obj: "x", kid: "k" });
    Object.assign(t.judge, { log: other });
    const found = await checked(t);
    expect(found.alarm).toBe("E_LOG_FORK");
    expect(spell(found).filter((said) => said === "valid")).toEqual([]);
  });

  it("cannot check against a log whose growth the gateway does not prove", async () => {
    const { t } = await decided();
    t.gateway.peer.send("log.checkpoint", { note: t.judge.log.checkpoint() });
    await t.gateway.flushed();
    await t.gateway.flushed();
    t.judge.log.append({ t: "config", ts: 1, obj: "x", kid: "k" });
    t.gateway.on("log.consistency", ({ id, peer }) => {
      peer.send("error", { code: "E_RATE", title: "slow", retry: "later" }, { re: id });
    });
    expect(spell(await checked(t))).toEqual(["cannot_check log extends E_RATE", "cannot_check log extends E_RATE"]);
  });

  it("shows nobody's reading time where the gateway does not let it be seen, though it is in the signed bytes", async () => {
    const { t, reports } = await decided();
    expect((await page(t)).rows[1]?.active_ms).toBeGreaterThanOrEqual(0);
    reports.tamper = (items) => {
      for (const item of items) item.attention = false;
    };
    const { rows } = await page(t);
    expect(JSON.stringify(rows)).not.toContain("active_ms");
    const detail = await t.desk.records.open(rows[1]!.id);
    expect(detail.decisions).toHaveLength(1);
    expect(JSON.stringify(detail.decisions)).not.toContain("attention");
  });

  it("opens one record: what was shown, what was signed, each step, and its place in the log", async () => {
    const { t, first } = await decided();
    const { rows } = await page(t);
    const detail = await t.desk.records.open(rows[1]!.id);
    expect(detail).toMatchObject({
      verdict: { signature: "valid" },
      signed: { digest: first.digest },
      decisions: [{ kind: "approve", receipt: { result: "recorded", outcome: "approved", have: 1, need: 1 } }],
      actions: ["flag-decision", "report-agent"],
    });
    expect(detail.shown?.claims.rid).toBe(first.claims.rid);
    expect(JSON.parse(detail.signed.canonical!)).toMatchObject({ rid: first.claims.rid });
    expect(detail.signed.check_words).toHaveLength(4);
    expect(detail.log.map(({ what }) => what)).toEqual(["request", "decision"]);
    expect(detail.steps.every(({ result }) => result !== "failed")).toBe(true);
  });

  it("draws nothing that nobody signed", async () => {
    const { t, reports } = await decided();
    const { rows } = await page(t);
    reports.tamper = (items) => {
      const item = items[1]!;
      item.request = item.request!.slice(0, -6) + "AAAAAA";
    };
    const detail = await t.desk.records.open(rows[1]!.id);
    expect(detail.verdict).toMatchObject({ signature: "not_valid", step: "request C1-C5", code: "E_SIG_BAD" });
    expect(detail.shown).toBeUndefined();
    expect(detail.signed.canonical).toBeUndefined();
    expect(detail.decisions).toEqual([]);
  });

  it("shows an auditor what can be checked without the request, and nothing clinical", async () => {
    const { t, reports } = await decided({ clinical: false, scope: "all" });
    reports.tamper = (items) => {
      for (const item of items) {
        item.withheld = { reason: "clinical", request: jdig(crypto, item.request!), decisions: [] };
        delete item.request;
      }
    };
    const { rows, verdicts } = await checked(t);
    expect(verdicts.map(({ signature }) => signature)).toEqual(["valid", "valid"]);
    expect(rows[0]).toMatchObject({ is_withheld: true, item: "", decision: "deny" });
    expect(rows[0]?.received_at).toBeGreaterThan(0);
    const detail = await t.desk.records.open(rows[0]!.id);
    expect(detail.shown).toBeUndefined();
    expect(detail.actions).toEqual([]);
    expect(detail.decisions).toMatchObject([{ kind: "deny" }]);
  });

  it("forgets at a lock what was asked for, and answers to what was asked before it", async () => {
    const { t } = await decided();
    const { rows } = await page(t);
    const late = page(t);
    t.desk.lock();
    await expect(late).rejects.toMatchObject({ code: "E_CLI_LOCKED" });
    await expect(t.desk.records.verify([rows[0]!.id])).rejects.toMatchObject({ code: "E_CLI_NOT_FOUND" });
  });

  it("signs a statement about a record and gives the receipt's time and digest", async () => {
    const { t, first } = await decided();
    const said: string[] = [];
    t.gateway.on("statement.submit", ({ body, id, peer }) => {
      const jws = String(body["jws"]);
      said.push(jws);
      const { iss: aud, sub } = readStored("statement", jws);
      const { iss, gateway } = t.gateway.hospital;
      const receipt = { ver: 1, iss, aud, sub, iat: t.gateway.nowS(), jti: newId(), stm_dig: jdig(crypto, jws) };
      const signed = gateway.sign(TYP.receipt, { ...receipt, result: "recorded", enf: "gateway" });
      peer.send("statement.receipt", { jws: signed }, { re: id });
    });
    const { rid, rev } = first.claims;
    const saying = { kind: "flag-decision", rid, rev, reason: { code: "other", text: "Please look." } } as const;
    const receipt = await t.desk.records.say(saying);
    expect(receipt).toMatchObject({ kind: "flag-decision", digest: jdig(crypto, said[0]!) });
  });
});
