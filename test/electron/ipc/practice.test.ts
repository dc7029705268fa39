import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import type { AppSnapshot, Exercise, GatewayStatus, PracticeStatus, ReviewData } from "#shared/ipc/contract.ts";
import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";

import { arrangeAtGateway, arrangeWorkstation, type ArrangedWorkstation } from "../arrange-workstation.ts";
import { admit, PIN } from "../enrol-with.ts";
import { GATEWAY_ISS, makeRequestClaims, newId, signRequest } from "../hospital.ts";
import { makeManualClock, type ManualClock } from "../manual-clock.ts";
import type { ScriptedGateway } from "../scripted-gateway.ts";
import { approvalOf, denialOf, rowOf } from "../practice/answer.ts";

const DAY_S = 86_400;

/** Ends with the screen that says that this person is enrolled. */
async function enrol(
  app: ArrangedWorkstation,
  gateway: ScriptedGateway,
  who: Partial<ApproverClaims> = {},
): Promise<string> {
  const { ticket, code, kid } = admit(gateway, who);
  await app.ask("enrol_begin", { ticket, code, pin: PIN, key_store: "software" });
  await app.enrolment("done");
  return kid();
}

const practiceOf = ({ phase }: AppSnapshot): PracticeStatus | undefined =>
  phase.kind === "unlocked" ? phase.practice : undefined;

async function begin(app: ArrangedWorkstation): Promise<void> {
  expect(await app.ask("practice_begin", undefined)).toMatchObject({ ok: true });
  await expect.poll(() => app.snapshot().rows.filter(({ status }) => status.kind === "pending").length).toBe(3);
}

async function open(app: ArrangedWorkstation, exercise: Exercise): Promise<ReviewData> {
  const reply: unknown = await app.ask("open_review", { key: rowOf(app.snapshot().rows, exercise)!.key });
  return (reply as { readonly value: ReviewData }).value;
}

async function deny(app: ArrangedWorkstation, exercise: Exercise): Promise<void> {
  expect(await app.ask("decide", denialOf(await open(app, exercise)))).toMatchObject({ ok: true });
  await expect.poll(() => rowOf(app.snapshot().rows, exercise)?.status.kind).toBe("denied");
}

async function approve(app: ArrangedWorkstation, clock: ManualClock, exercise: Exercise): Promise<void> {
  const review = await open(app, exercise);
  clock.advance(3_000);
  expect(await app.ask("decide", approvalOf(review))).toMatchObject({ ok: true });
  await expect.poll(() => rowOf(app.snapshot().rows, exercise)?.status.kind).toBe("held");
  clock.advance(11_000);
  await expect.poll(() => rowOf(app.snapshot().rows, exercise)?.status.kind).toBe("executed");
}

async function pass(app: ArrangedWorkstation, clock: ManualClock): Promise<void> {
  await begin(app);
  await approve(app, clock, "repeat");
  await approve(app, clock, "dose-change");
  await deny(app, "wrong-weight");
  expect(practiceOf(app.snapshot())).toMatchObject({ kind: "over", passed: true });
}

const arrange = async () => {
  const clock = makeManualClock();
  const arranged = await arrangeAtGateway(clock, true);
  arranged.app.workstation.focus(true);
  return { ...arranged, clock };
};

describe("the practice after enrolment", () => {
  it("comes before the first request, and once it is passed the person signs in with their own key", async () => {
    const { app, gateway, clock } = await arrange();
    const kid = await enrol(app, gateway);
    await app.ask("enrol_cancel", undefined);
    expect(app.snapshot()).toMatchObject({
      phase: { kind: "unlocked", person: { kid }, practice: { kind: "offered", may_skip: false } },
      rows: [],
      gateways: [],
    });
    await pass(app, clock);
    expect(await app.ask("practice_finish", undefined)).toMatchObject({ ok: true });
    expect(app.snapshot()).toMatchObject({ phase: { kind: "locked", waiting: 0 }, rows: [] });

    const request = signRequest(gateway.hospital, makeRequestClaims({}, gateway.nowS()));
    gateway.snapshot = [request.jws];
    expect(await app.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: true });
    await expect.poll(() => app.snapshot().rows.length).toBe(1);
    expect(practiceOf(app.snapshot())).toBeUndefined();
    expect(app.snapshot().rows.map(({ key }) => key)).toEqual([{ iss: GATEWAY_ISS, rid: request.claims.rid }]);
    expect(await app.ask("list_history", { limit: 100 })).toEqual({ ok: true, value: [] });
  });

  it("sends nothing to the gateway, leaves nothing on the disk, and tells the desktop nothing", async () => {
    const { app, gateway, clock, folder } = await arrange();
    const kid = await enrol(app, gateway);
    const people = path.join(folder, "app", "people");
    const filesOf = async () => (await readdir(people, { recursive: true })).sort();
    const before = await filesOf();
    const peers = gateway.peers.length;
    await app.ask("enrol_cancel", undefined);
    await pass(app, clock);
    expect(await filesOf()).toEqual(before);
    expect(await app.ask("list_history", { limit: 100 })).toEqual({ ok: true, value: [] });
    await app.ask("practice_finish", undefined);
    expect(gateway.peers.length).toBe(peers);
    expect(app.waiting.all.every(({ count, arrived }) => count === 0 && !arrived)).toBe(true);
    const kept = `${kid}.practised`;
    expect((await filesOf()).filter((name) => !before.includes(name))).toEqual([kept]);
    expect(JSON.parse(await readFile(path.join(people, kept), "utf8"))).toEqual({
      v: 1,
      person: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      at: Math.floor(clock.nowMs() / 1000),
      how: "passed",
    });
  });

  it("cannot be left without passing; there is no limit to attempts, and each has other requests", async () => {
    const { app, gateway, clock } = await arrange();
    await enrol(app, gateway);
    await app.ask("enrol_cancel", undefined);
    expect(await app.ask("practice_finish", undefined)).toMatchObject({ error: { code: "E_CLI_STATE" } });
    await begin(app);
    const first = app.snapshot().rows.map(({ key }) => key.rid);
    for (const exercise of ["repeat", "dose-change", "wrong-weight"] as const) await deny(app, exercise);
    expect(practiceOf(app.snapshot())).toMatchObject({ kind: "over", passed: false });
    expect(await app.ask("practice_finish", undefined)).toMatchObject({ error: { code: "E_CLI_STATE" } });
    await begin(app);
    expect(practiceOf(app.snapshot())).toEqual({ kind: "running" });
    expect(app.snapshot().rows.filter(({ key }) => first.includes(key.rid))).toEqual([]);
    expect(await app.ask("practice_finish", undefined)).toMatchObject({ error: { code: "E_CLI_STATE" } });
    await pass(app, clock);
    expect(await app.ask("practice_finish", undefined)).toMatchObject({ ok: true });
  });

  it("ends with a lock, says nothing of what was open, and begins anew after the PIN", async () => {
    const { app, gateway } = await arrange();
    const kid = await enrol(app, gateway);
    await app.ask("enrol_cancel", undefined);
    await begin(app);
    const { row } = await open(app, "repeat");
    await app.ask("keep_draft", { key: row.key, draft: { code: "other", note: "half", report_agent: false } });
    await app.ask("lock", undefined);
    const { phase, rows } = app.snapshot();
    expect([phase, rows]).toMatchObject([{ kind: "locked", waiting: 0 }, []]);
    expect(phase).not.toHaveProperty("notice");
    expect(await app.ask("practice_begin", undefined)).toMatchObject({ error: { code: "E_CLI_STATE" } });
    expect(await app.ask("unlock", { kid, pin: "000001" })).toMatchObject({ error: { code: "E_CLI_PIN" } });
    expect(await app.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: true });
    expect(app.snapshot()).toMatchObject({ phase: { practice: { kind: "offered" } }, rows: [], gateways: [] });
    expect(app.snapshot().phase).not.toHaveProperty("left");
  });

  it("lets a link wait, and no key be replaced or given up", async () => {
    const { app, gateway } = await arrange();
    const kid = await enrol(app, gateway);
    await app.ask("enrol_cancel", undefined);
    await begin(app);
    app.workstation.show(newId());
    expect(app.events.all.some(({ kind }) => kind === "open")).toBe(false);
    const [{ iss }] = app.snapshot().gateways as [GatewayStatus];
    for (const at of [iss, GATEWAY_ISS]) {
      expect(await app.ask("replace_key", { iss: at, pin: PIN })).toMatchObject({ error: { code: "E_CLI_PRACTICE" } });
    }
    expect(await app.ask("add_gateway", undefined)).toMatchObject({ error: { code: "E_CLI_PRACTICE" } });
    expect(await app.ask("revoke_keys", undefined)).toMatchObject({ error: { code: "E_CLI_PRACTICE" } });
    expect(practiceOf(app.snapshot())).toEqual({ kind: "running" });
    expect(app.snapshot().phase).toMatchObject({ person: { kid } });
  });

  it("begun twice at once is one attempt", async () => {
    const { app, gateway } = await arrange();
    await enrol(app, gateway);
    await app.ask("enrol_cancel", undefined);
    await begin(app);
    const both = await Promise.all([app.ask("practice_begin", undefined), app.ask("practice_begin", undefined)]);
    expect(both.map((reply) => (reply as { readonly ok: boolean }).ok).sort()).toEqual([false, true]);
    await expect.poll(() => app.snapshot().rows.length).toBe(3);
  });
});

describe("whoever passed on this workstation in the last twelve months", () => {
  /** Passed, `daysAgo` by what the workstation has kept. */
  async function practisedOnce(daysAgo: number) {
    const arranged = await arrange();
    const { app, gateway, clock, folder } = arranged;
    const kid = await enrol(app, gateway);
    await app.ask("enrol_cancel", undefined);
    await pass(app, clock);
    await app.ask("practice_finish", undefined);
    const file = path.join(folder, "app", "people", `${kid}.practised`);
    const kept = JSON.parse(await readFile(file, "utf8")) as { readonly at: number };
    await writeFile(file, JSON.stringify({ ...kept, at: kept.at - daysAgo * DAY_S }));
    return arranged;
  }

  it("may skip it when they enrol again, and then it is not asked for again", async () => {
    const { app, gateway, clock, folder } = await practisedOnce(364);
    await app.ask("enrol_cancel", undefined);
    // The newer of two keys at one gateway is the one that counts.
    const kid = await enrol(app, gateway, { iat: gateway.nowS() });
    await app.ask("enrol_cancel", undefined);
    expect(practiceOf(app.snapshot())).toEqual({ kind: "offered", may_skip: true });
    expect(await app.ask("practice_finish", undefined)).toMatchObject({ ok: true });
    const again = arrangeWorkstation(path.join(folder, "app"), clock, true);
    await again.workstation.start();
    expect(await again.ask("unlock", { kid, pin: PIN })).toMatchObject({ ok: true });
    expect(practiceOf(again.snapshot())).toBeUndefined();
  });

  it.each([
    ["a year is over", 365, {}],
    ["the time is one to come", -1, {}],
    ["it was somebody else", 0, { sub: "https://directory.northgate.example/approvers/lee", name: "LEE, Min (Dr)" }],
  ])("may not where %s", async (_why, daysAgo, who) => {
    const { app, gateway } = await practisedOnce(daysAgo);
    await app.ask("enrol_cancel", undefined);
    const { ticket, code } = admit(gateway, who);
    await app.ask("enrol_begin", { ticket, code, pin: PIN, key_store: "software" });
    await app.enrolment("done");
    await app.ask("enrol_cancel", undefined);
    expect(practiceOf(app.snapshot())).toEqual({ kind: "offered", may_skip: false });
  });
});
