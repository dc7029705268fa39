import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { run, SAMPLES } from "./command.ts";
import { checkBundle, type Bundle } from "./evidence.ts";
import { open, orderFor, sample, type Hospital } from "./hospital.ts";
import { continues, leafHash, proves, readNote } from "./log.ts";
import { eventOf, type RequestClaims, type SetClaims } from "./objects.ts";
import type { Live, Person } from "./person.ts";
import { b64, contentDigest, dig, jcs, jdig, payloadOf } from "./signed.ts";
import type { Message, Socket } from "./socket.ts";

let hospital: Hospital;
let [lee, kim]: Person[] = [];
let [mine, other]: Live[] = [];

/** Holds in which an approval can be revoked: for referrals only. */
const HOLD_S = 60;

beforeAll(async () => {
  hospital = await open(({ annotate }) => {
    annotate("referral", `@hold_s("${String(HOLD_S)}")`);
  });
  hospital.record.copy("evans-gareth", "evans-two");
  [lee, kim] = await Promise.all([hospital.enrol("lee"), hospital.enrol("kim", { alg: "Ed25519" })]);
  [mine, other] = await Promise.all([hospital.connect(lee), hospital.connect(kim)]);
  return async () => await hospital.close();
});

async function pending(person: Person, { socket }: Live, rid: string) {
  const message = await socket.next(
    ({ type, body }) => type === "action.pending" && person.request({ body } as Message).claims.rid === rid,
  );
  return person.request(message);
}

/** The SET of this name about this request, its signature verified. */
async function event(person: Person, socket: Socket, rid: string, name: string, carrier: string) {
  const read = ({ body }: Message) => eventOf(person.verified<SetClaims>(body["set"], "secevent+jwt"));
  const message = await socket.next((one) => {
    if (one.type !== carrier) return false;
    const found = read(one);
    return found.name === name && found.members["rid"] === rid;
  });
  return read(message).members;
}

async function bundleOf(rid: string): Promise<Bundle> {
  const file = path.join(hospital.folder, `${rid}.json`);
  await run(["gateway", "bundle", rid, "--out", file], hospital.env);
  return JSON.parse(readFileSync(file, "utf8")) as Bundle;
}

describe("the shipped samples", () => {
  it.each(["order", "update"])("%s: approved, executed byte for byte, proved", async (name) => {
    const rid = await hospital.raise(name);
    const { jws, claims } = await pending(lee!, mine!, rid);
    const { operation } = sample(name) as { operation: { body?: string; method: string } };
    const body = operation.body ?? readFileSync(path.join(SAMPLES, "update-body.json"), "utf8");
    expect(claims.action.op).toMatchObject({ method: operation.method, body, body_dig: contentDigest(body) });
    const { dig: polDig, ...policy } = claims.policy;
    expect(dig(jcs(policy))).toBe(polDig);
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(24 * 3600);

    const before = hospital.record.writes.length;
    const decision = lee!.decide(jws, "approve");
    const { receipt } = await lee!.submit(mine!.socket, decision);
    expect(receipt).toMatchObject({
      ...{ iss: claims.iss, aud: lee!.claims.device, sub: lee!.claims.sub, rid, rev: 1 },
      ...{ dec_dig: jdig(decision), result: "recorded", outcome: "approved", quorum: { have: 1, need: 1 } },
    });
    const about = { rid, rev: 1, req_dig: jdig(jws) };
    const resolved = await event(kim!, other!.socket, rid, "request-resolved", "action.resolved");
    expect(resolved).toMatchObject({ ...about, outcome: "approved", dec_digs: [jdig(decision)] });
    await event(kim!, other!.socket, rid, "task-executing", "task.event");
    expect(await event(kim!, other!.socket, rid, "task-completed", "task.event")).toMatchObject(about);
    await event(kim!, other!.socket, rid, "token-revoked", "task.event");
    const [write, ...more] = hospital.record.writes.slice(before);
    expect([write?.body, write?.method, more]).toEqual([body, operation.method, []]);
    expect(write?.headers["content-digest"]).toBe(contentDigest(body));
    expect(await hospital.state(rid)).toBe("completed");
  });

  it("referral: the one who asked for it may refuse it and never approve it (V15)", async () => {
    const okafor = await hospital.enrol("okafor");
    const rid = await hospital.raise("referral");
    const live = await hospital.connect(okafor);
    const snapshot = await pending(okafor, live, rid);
    expect(snapshot.claims.policy.sod.exclude).toContain(okafor.claims.sub);
    const own = await okafor.submit(live.socket, okafor.decide(snapshot.jws, "approve"));
    expect(own.receipt).toMatchObject({ result: "rejected", code: "E_SOD_EXCLUDED", outcome: "open" });
    const denied = await okafor.submit(live.socket, okafor.decide(snapshot.jws, "deny"));
    expect(denied.receipt).toMatchObject({ result: "recorded", outcome: "denied" });
    await event(lee!, mine!.socket, rid, "request-resolved", "action.resolved");
    expect(await hospital.state(rid)).toBe("denied");
  });

  it("two-approvers: nothing on one approval, the same person cannot be both, two execute", async () => {
    const rid = await hospital.raise("two-approvers");
    const { jws } = await pending(lee!, mine!, rid);
    await pending(kim!, other!, rid);
    const before = hospital.record.writes.length;
    const first = lee!.decide(jws, "approve");
    expect((await lee!.submit(mine!.socket, first)).receipt).toMatchObject({
      ...{ outcome: "partial", quorum: { have: 1, need: 2 } },
    });
    const progress = await event(kim!, other!.socket, rid, "quorum-progress", "quorum.progress");
    expect(progress).toMatchObject({ have: 1, need: 2 });
    expect(progress).not.toHaveProperty("by");
    const again = await lee!.submit(mine!.socket, lee!.decide(jws, "approve"));
    expect(again.receipt).toMatchObject({ result: "rejected", code: "E_ALREADY_DECIDED", outcome: "partial" });
    expect(hospital.record.writes.length).toBe(before);
    const second = await kim!.submit(other!.socket, kim!.decide(jws, "approve"));
    expect(second.receipt).toMatchObject({ outcome: "approved", quorum: { have: 2, need: 2 } });
    await event(lee!, mine!.socket, rid, "task-completed", "task.event");
    expect(hospital.record.writes.length).toBe(before + 1);
    const late = await lee!.submit(mine!.socket, lee!.decide(jws, "deny"));
    expect(late.receipt).toMatchObject({ result: "rejected", code: "E_REQ_TERMINAL", outcome: "completed" });
  });
});

describe("less than was asked for", () => {
  it("the supporting read is dropped: approved, and the digest of the grant is over what is left", async () => {
    const rid = await hospital.raise(orderFor("evans-two"));
    const { jws, claims } = await pending(lee!, mine!, rid);
    const granted = claims.authorization_details.filter(({ required }) => required === true);
    expect(granted).toHaveLength(1);
    const { receipt } = await lee!.submit(mine!.socket, lee!.decide(jws, "approve", { claims: { granted } }));
    expect(receipt).toMatchObject({ result: "recorded", outcome: "approved" });
    expect(receipt?.effective).toMatch(/^sha-256:/);
    await event(lee!, mine!.socket, rid, "task-completed", "task.event");
  });
});

describe("revoke within the hold", () => {
  it("ends the approval, nothing is executed, and a second revoke finds a terminal request", async () => {
    const rid = await hospital.raise("referral");
    const { jws, claims } = await pending(lee!, mine!, rid);
    expect(claims.policy.hold_s).toBe(HOLD_S);
    const before = hospital.record.writes.length;
    const approval = lee!.decide(jws, "approve");
    expect((await lee!.submit(mine!.socket, approval)).receipt?.outcome).toBe("approved");
    await event(kim!, other!.socket, rid, "request-resolved", "action.resolved");

    const revoke = (person: Person, revokes: string) =>
      person.decide(jws, "revoke", { claims: { revokes, reason: { code: "wrong-patient" } } });
    const foreign = await kim!.submit(other!.socket, revoke(kim!, jdig(approval)));
    expect(foreign.receipt).toMatchObject({ result: "rejected", code: "E_REVOKE_TARGET", outcome: "approved" });
    const unknown = await lee!.submit(mine!.socket, revoke(lee!, dig("nothing")));
    expect(unknown.receipt).toMatchObject({ result: "rejected", code: "E_REVOKE_TARGET", outcome: "approved" });
    const own = await lee!.submit(mine!.socket, revoke(lee!, jdig(approval)));
    expect(own.receipt).toMatchObject({ result: "recorded", outcome: "revoked" });
    const told = await event(kim!, other!.socket, rid, "request-resolved", "action.resolved");
    expect(told).toMatchObject({ outcome: "revoked" });
    const again = await lee!.submit(mine!.socket, revoke(lee!, jdig(approval)));
    expect(again.receipt).toMatchObject({ result: "rejected", outcome: "revoked" });
    expect(["E_REVOKE_TARGET", "E_REQ_TERMINAL"]).toContain(again.receipt?.code);
    expect(await hospital.state(rid)).toBe("revoked");
    expect(hospital.record.writes.length).toBe(before);
  });
});

describe("one decision at a time", () => {
  /** The same decision so often in one segment; the first answers that come, as type or code. */
  async function atOnce(times: number, answered: number, jws: string): Promise<unknown[]> {
    const { socket } = mine!;
    const answers: Promise<Message>[] = [];
    socket.atOnce(() => {
      for (let i = 0; i < times; i++) answers.push(socket.ask("decision.submit", { jws }));
    });
    const told = await Promise.all(answers.slice(0, answered));
    void Promise.allSettled(answers);
    return told.map(({ type, body }) => body["code"] ?? type);
  }

  it("a second before the first is answered is told to wait, the same bytes get the same answer later (3.7, 3.22)", async () => {
    const { jws } = await pending(lee!, mine!, await hospital.raise(orderFor("evans-two")));
    const denial = lee!.decide(jws, "deny");
    expect(await atOnce(2, 2, denial)).toEqual(["decision.receipt", "E_RATE"]);
    const again = await lee!.submit(mine!.socket, denial);
    expect([again.answer.body["duplicate"], again.receipt?.outcome]).toEqual([true, "denied"]);
  });

  it("a third within a second ends the connection, and what was sent is answered once all the same", async () => {
    mine = await hospital.connect(lee!);
    const rid = await hospital.raise(orderFor("evans-two"));
    const { jws } = await pending(lee!, mine, rid);
    const denial = lee!.decide(jws, "deny");
    await atOnce(3, 0, denial);
    expect(await mine.socket.closed).toBe(4429);
    mine = await hospital.connect(lee!);
    const { receipt } = await lee!.submit(mine.socket, denial);
    expect(receipt).toMatchObject({ result: "recorded", outcome: "denied" });
    expect(await hospital.state(rid)).toBe("denied");
    mine = await hospital.connect(lee!);
  });
});

describe("the log", () => {
  it("checkpoints are signed by the key in the gateway's credential and continue each other", async () => {
    const { vkey } = lee!.pinned.gateway.log;
    const notes = [...mine!.socket.received, ...other!.socket.received].flatMap(({ type, body }) =>
      type === "log.checkpoint" ? [String(body["note"])] : [],
    );
    const rid = await hospital.raise(orderFor("evans-two"));
    const { jws } = await pending(lee!, mine!, rid);
    const { receipt } = await lee!.submit(mine!.socket, lee!.decide(jws, "deny"));
    const covered = ({ type, body }: Message) =>
      type === "log.checkpoint" && readNote(String(body["note"]), vkey).size > (receipt?.log.index ?? 0);
    notes.push(String((await mine!.socket.next(covered)).body["note"]));
    const trees = [String(mine!.ready["checkpoint"]), ...notes].map((note) => readNote(note, vkey));
    trees.sort((a, b) => a.size - b.size);
    expect(new Set(trees.map(({ size }) => size)).size).toBeGreaterThan(1);
    const [first, last] = [trees[0]!, trees.at(-1)!];
    for (const [from, to] of [
      [first, last],
      [trees.at(-2)!, last],
      [last, last],
    ] as const) {
      const { body } = await mine!.socket.ask("log.consistency", { from: from.size, to: to.size });
      expect(body).toMatchObject({ from: from.size, to: to.size });
      const hashes = (body["hashes"] as string[]).map((text) => Buffer.from(text, "base64url"));
      expect(continues(from, to, hashes)).toBe(true);
      if (from.size < to.size) expect(continues({ ...from, root: last.root }, to, hashes)).toBe(false);
    }

    const { index, leaf } = receipt!.log;
    for (const asked of [{ index, size: last.size }, { leaf, size: last.size }, { leaf }]) {
      const { type, body } = await mine!.socket.ask("log.proof", asked);
      expect(type, JSON.stringify(body)).toBe("log.proof");
      expect(proves(String(body["proof"]), String(body["entry"]), vkey).index).toBe(index);
      expect(b64(leafHash(String(body["entry"])))).toBe(leaf);
    }
    const { body } = await mine!.socket.ask("log.proof", { index, size: last.size });
    const entry = JSON.parse(String(body["entry"])) as Record<string, unknown>;
    expect(Object.keys(entry)).toEqual(["v", "t", "ts", "rid", "rev", "obj", "kid", "out"]);
    expect(entry).toMatchObject({ t: "decision", obj: receipt!.dec_dig, kid: lee!.key.kid, ts: receipt!.iat });

    const codes = [];
    for (const [type, asked] of [
      ["log.proof", { index: 0, size: last.size + 1000 }],
      ["log.consistency", { from: 0, to: last.size }],
      ["log.consistency", { from: 1, to: last.size + 1000 }],
      ["log.proof", { index: last.size + 1000 }],
      ["log.proof", { size: last.size }],
    ] as const) {
      codes.push((await mine!.socket.ask(type, asked)).body["code"]);
    }
    expect(codes).toEqual([
      "E_LOG_RANGE",
      "E_LOG_RANGE",
      "E_LOG_RANGE",
      expect.stringMatching(/^E_LOG_/),
      "E_CLM_SHAPE",
    ]);
  });

  it("evidence of every end verifies by its own content, and the same by `countersign verify`", async () => {
    const { directory } = lee!.pinned;
    const { body } = await mine!.socket.ask("history.query", { from: 0, to: 9_999_999_999, limit: 100 });
    const items = (body["items"] as { request: string; state: string; decisions: string[] }[]).filter(
      ({ state }) => state !== "open",
    );
    // Of each end one; of what was completed, what most people decided.
    items.sort((a, b) => a.decisions.length - b.decisions.length);
    const ends = new Map(items.map((item) => [item.state, item]));
    expect([...ends.keys()].sort()).toEqual(["completed", "denied", "revoked"]);
    const all = [...ends.values()].map(async ({ request, state }) => {
      const { rid } = payloadOf<RequestClaims>(request);
      return { rid, state, bundle: await bundleOf(rid) };
    });
    for (const { rid, state, bundle } of await Promise.all(all)) {
      expect(checkBundle(bundle, directory)).toContain(state === "completed" ? "task-completed" : "request-resolved");
      if (state !== "completed") continue;
      const file = path.join(hospital.folder, `${rid}.json`);
      const asked = ["verify", file, "--directory-key", JSON.stringify(directory)];
      const verified = await run(asked, hospital.env);
      expect([verified.status, JSON.parse(verified.out)]).toMatchObject([0, { ok: true, outcome: state }]);
      const forged = { ...bundle, receipts: bundle.receipts.map((one) => `${one.slice(0, -4)}AAAA`) };
      writeFileSync(file, JSON.stringify(forged));
      const refused = await run(asked, hospital.env);
      expect([refused.status, JSON.parse(refused.out)]).toMatchObject([1, { ok: false }]);
    }
  });
});
