import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { dig } from "#shared/protocol/digest.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { crypto, freshUuid } from "../device.ts";
import { decide } from "../signing.ts";
import { AGENT, PATIENT, type Person } from "../world.ts";
import { ask, makeWard, PURPOSE, refusal, type Ward } from "./ward.ts";

let ward: Ward;
beforeEach(async () => {
  ward = await makeWard();
});
afterEach(() => {
  ward.world.close();
});

const leaves = () => ward.world.core.store.leavesFrom(0, 1000);
const looks = () => leaves().filter(({ type }) => type === "access");
const recordOf = (obj: string | undefined): Record<string, unknown> =>
  JSON.parse(ward.world.core.store.published(obj ?? "")?.text ?? "null") as Record<string, unknown>;

describe("a look at what may be about patients (protocol.md 3.20.2)", () => {
  it.each(["history", "history-detail", "exports"] as const)("is refused without a purpose: %s", (name) => {
    const filter = {
      history: {},
      "history-detail": { rid: ward.denied },
      exports: { finish: { export: freshUuid(), rows: 0 } },
    };
    const act = () => ask(ward, ward.people.supervisor, name, { filter: filter[name], purpose: undefined });
    expect(refusal(act)).toBe("E_QUERY_PURPOSE /purpose");
    expect(looks()).toEqual([]);
  });

  it("leaves one leaf, whose record says who, why and what for, and no patient in words", () => {
    const { supervisor } = ward.people;
    const purpose = { code: "HLEGAL", text: "complaint 17" };
    const filter = { patient: PATIENT, text: AGENT, decisions: ["deny"] };
    const { items } = ask(ward, supervisor, "history", { filter, purpose });
    expect(items.map(({ rid }) => rid)).toEqual([ward.denied]);
    const [leaf, ...more] = looks();
    expect(more).toEqual([]);
    expect(JSON.parse(leaf?.entry ?? "")).toEqual({
      ...{ v: 1, t: "access", ts: ward.world.now(), obj: leaf?.obj, kid: supervisor.session.kid },
    });
    const text = ward.world.core.store.published(leaf?.obj ?? "")?.text ?? "";
    expect(dig(crypto, text)).toBe(leaf?.obj);
    expect(text).not.toContain("p-104");
    expect(recordOf(leaf?.obj)).toMatchObject({
      ...{ kind: "report", sub: supervisor.session.sub, sid: "s", name: "history", purpose },
      filter: {
        decisions: ["deny"],
        patient: expect.stringMatching(/^hmac-sha-256:/) as string,
        text: expect.stringMatching(/^hmac-sha-256:/) as string,
      },
    });
  });

  it("is written down before it is answered: where nothing can be written, nothing is told", () => {
    const { core } = ward.world;
    const publish = core.store.write.bind(core.store);
    let told: unknown = "nothing";
    expect(() =>
      publish((tx) => {
        told = core.report(ward.people.supervisor.session, { name: "history", purpose: PURPOSE });
        expect(tx.logSize()).toBeGreaterThan(0);
        throw new Error("full");
      }),
    ).toThrow("full");
    expect(told).not.toBe("nothing");
    expect(looks()).toEqual([]);
  });

  it("counts the pages that follow to the same look, for the same person and query alone", () => {
    const { supervisor, auditor } = ward.people;
    const query = { limit: 1, filter: { from: 0 } };
    const first = ask(ward, supervisor, "history", query);
    const page = first.next;
    const second = ask(ward, supervisor, "history", { ...query, page });
    expect([first, second].map(({ items }) => items.map(({ rid }) => rid))).toEqual([[ward.denied], [ward.approved]]);
    expect([first.total, second.total, looks().length]).toEqual([2, undefined, 1]);
    const others = [
      [supervisor, { ...query, filter: { from: 1 }, page }],
      [supervisor, { ...query, sort: { by: "received", order: "oldest" }, page }],
      [supervisor, { ...query, purpose: { code: "TREAT" }, page }],
      [auditor, { ...query, page }],
      [supervisor, { ...query, page: `${String(page)}A` }],
      [supervisor, { ...query, page: "bm90LW91cnM.AAAA" }],
    ] as const;
    for (const [who, more] of others) expect(refusal(() => ask(ward, who, "history", more))).toBe("E_QUERY /page");
    ward.world.clock.sleep(12 * 3600_000 + 1000);
    expect(refusal(() => ask(ward, supervisor, "history", { ...query, page }))).toBe("E_QUERY /page");
  });

  it("asks no purpose for figures without people, and writes down who sees those of people", () => {
    const { supervisor, reviewer } = ward.people;
    const filter = { from: 0, to: ward.world.now() };
    ask(ward, supervisor, "insights", { filter, purpose: undefined });
    expect(looks()).toEqual([]);
    expect(refusal(() => ask(ward, reviewer, "insights", { filter, purpose: undefined }))).toBe(
      "E_QUERY_PURPOSE /purpose",
    );
    ask(ward, reviewer, "insights", { filter });
    expect(looks()).toHaveLength(1);
  });
});

describe("what a filter would tell is a part of what is seen", () => {
  it("lets nobody find by attention or by people who may not see it", () => {
    const { supervisor, reviewer, approver, auditor } = ward.people;
    const below = { filter: { problems: ["below-expected"] } };
    expect(refusal(() => ask(ward, supervisor, "history", below))).toBe("E_FORBIDDEN /filter/problems");
    for (const who of [reviewer, approver, auditor])
      expect(refusal(() => ask(ward, who, "history", below))).toBe("answered");
    const figures = { filter: { from: 0, to: 2_000_000_000, signers: [approver.session.sub] } };
    expect(refusal(() => ask(ward, supervisor, "insights", figures))).toBe("E_FORBIDDEN /filter/signers");
    expect(refusal(() => ask(ward, approver, "insights", figures))).toBe("answered");
    const rows = { filter: { announce: { format: "csv", rows: below.filter, identifiers: false } } };
    expect(refusal(() => ask(ward, supervisor, "exports", rows))).toBe("E_FORBIDDEN /filter/announce/rows/problems");
  });

  it("lets an auditor look for no patient, and whoever is both find none but those they may read about", () => {
    const { world, people } = ward;
    const filter = { patient: PATIENT };
    expect(refusal(() => ask(ward, people.auditor, "history", { filter }))).toBe("E_FORBIDDEN /filter/patient");
    const both = world.person("both", { pools: ["oncology"], roles: ["auditor", "supervisor"] });
    expect(ask(ward, both, "history", { filter }).items.map(({ rid }) => rid)).toEqual([ward.other]);
    expect(ask(ward, both, "history").items.map((item) => [item.rid, item.request !== undefined])).toEqual([
      ...[
        [ward.other, true],
        [ward.denied, false],
        [ward.approved, false],
      ],
    ]);
  });

  it("goes by the roles of now, not of when the session began", () => {
    const { world, people } = ward;
    world.authority.stop({ kid: people.supervisor.session.kid }, "revoked", "left");
    expect(refusal(() => ask(ward, people.supervisor, "history"))).toBe("E_FORBIDDEN");
  });

  it("tells a supervisor how groups of ten and more read, and nothing of smaller ones", async () => {
    const { world, people } = ward;
    const read = () => ask(ward, people.supervisor, "insights", { filter: { from: 0, to: 2_000_000_000 } }).groups;
    for (let i = 2; i <= 10; i++) {
      expect(read()).toEqual([]);
      decide(world, people.approver, await ward.raise(), "approve", { dwell: { ms: i * 1000, n: 5 } });
    }
    expect(read()).toMatchObject([
      {
        agent: AGENT,
        n: 10,
        active_ms: { p20: 3000, p50: 6000, p80: 9000 },
        below_expected: expect.any(Number) as number,
      },
    ]);
    expect(JSON.stringify(read())).not.toContain(people.approver.session.sub);
  });
});

describe("an open blind quorum", () => {
  it("shows its decisions in the log to nobody but who made them, until it ends", () => {
    const { world, people, blind } = ward;
    const leaf = leaves().find(({ entry, type }) => type === "decision" && entry.includes(blind));
    const proof = (who: Person) => refusal(() => world.core.logProof({ index: leaf?.index ?? -1 }, who.session));
    expect([people.second, people.none, people.supervisor, people.auditor].map(proof)).toEqual([
      ...["answered", "E_LOG_PENDING", "E_LOG_PENDING", "E_LOG_PENDING"],
    ]);
    decide(world, people.approver, blind, "deny");
    world.clock.advance(1000);
    expect([people.none, people.auditor].map(proof)).toEqual(["answered", "answered"]);
    expect(ask(ward, people.supervisor, "history", { filter: { states: ["denied"] } }).items[0]).toMatchObject({
      ...{ rid: blind, decisions: { length: 2 }, proofs: { length: 4 } },
    });
  });

  it("shows one who decided their own decision and no other's", async () => {
    const { world, people } = ward;
    const rid = await ward.raise({ quorum: { need: 3, blind: true } });
    for (const who of [people.second, people.approver]) decide(world, who, rid, "approve");
    decide(world, people.none, rid, "approve", { ack: [] });
    const signers = (who: Person) =>
      ask(ward, who, "history", { filter: { states: ["partial"], from: world.now() } }).items.map(({ decisions }) =>
        decisions.map((jws) => readStored("decision", jws ?? "").sub),
      );
    expect(signers(people.second)).toEqual([[people.second.session.sub]]);
    // A refused decision is no decision: who sent it is told nothing.
    expect([people.none, people.supervisor, people.auditor].map(signers)).toEqual([[], [], []]);
    const named = { filter: { signers: [people.approver.session.sub], states: ["partial"] } };
    expect(ask(ward, people.second, "history", named)).toMatchObject({ items: [], total: 0 });
  });
});

describe("exports", () => {
  it("are announced, finished once by who announced them, and listed to them and to auditors", () => {
    const { approver, supervisor, auditor } = ward.people;
    const announced = ask(ward, approver, "exports", {
      filter: { announce: { format: "jsonl", rows: { decisions: ["deny"] }, identifiers: true } },
    }).items[0];
    const finish = { export: announced?.export, rows: 1, digest: dig(crypto, "file") };
    const end = (who: Person) => ask(ward, who, "exports", { filter: { finish } });
    expect(refusal(() => end(supervisor))).toBe("E_QUERY /filter/finish/export");
    const finished = end(approver).items[0];
    expect(refusal(() => end(approver))).toBe("E_QUERY /filter/finish/export");
    expect(finished).toMatchObject({ announced_rows: 1, finished: { rows: 1, digest: finish.digest } });
    const [begun, ended] = looks().map(({ index, entry, obj }) => ({ index, entry, record: recordOf(obj), obj }));
    expect([begun?.index, ended?.index]).toEqual([announced?.index, finished?.finished?.index]);
    expect(JSON.parse(ended?.entry ?? "")).toMatchObject({ ref: begun?.obj });
    expect([begun?.record, ended?.record]).toMatchObject([
      { kind: "export", format: "jsonl", identifiers: true, filter: { decisions: ["deny"] }, purpose: PURPOSE },
      { kind: "export-end", rows: 1, digest: finish.digest, ref: begun?.obj },
    ]);
    const list = (who: Person) => ask(ward, who, "exports", { filter: { list: {} }, purpose: undefined }).items.length;
    expect([approver, supervisor, auditor].map(list)).toEqual([1, 0, 1]);
  });
});
