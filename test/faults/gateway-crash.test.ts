import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { serve, type Serving } from "../blackbox/command.ts";
import { open, type Hospital } from "../blackbox/hospital.ts";
import type { Live, Person } from "../blackbox/person.ts";
import { jdig, payloadOf } from "../blackbox/signed.ts";
import type { Receipt, RequestClaims } from "../blackbox/objects.ts";
import { checkInvariants, type Attempt, type End } from "./invariants.ts";

/** Group A of the fault matrix (reliability.md 7) on the SQLite node: the real gateway process, killed at a named place. */

const FAILPOINT = path.join(import.meta.dirname, "failpoint.mjs");

let hospital: Hospital;
let lee: Person, kim: Person;
/** Of every gateway process so far: what it wrote to its log. */
let logs: string[];
let serving: Serving;

beforeEach(async () => {
  hospital = await open();
  [lee, kim] = [await hospital.enrol("lee"), await hospital.enrol("kim")];
  logs = [(await hospital.serving.stop()).err];
});
afterEach(async () => {
  await serving.stop();
  await hospital.close();
});

/** Serves again; with a place to die at, once `arm` was called. */
async function start(dieAt?: string): Promise<{ readonly arm: () => void }> {
  const armed = path.join(hospital.folder, `armed-${String(logs.length)}`);
  const failing =
    dieAt === undefined
      ? {}
      : {
          NODE_OPTIONS: `--import=${FAILPOINT}`,
          COUNTERSIGN_TEST_DIE: dieAt,
          COUNTERSIGN_TEST_ARMED: armed,
        };
  serving = await serve({ ...hospital.env, COUNTERSIGN_LOG: "info", ...failing });
  return { arm: () => writeFileSync(armed, "") };
}

async function killed(): Promise<void> {
  const { status, err } = await serving.ended;
  expect(status).toBeNull();
  logs.push(err);
}

const address = (): string => String(serving.line["ws_url"]);

/** A session with a feed from a snapshot, or from a cursor. */
async function live(person: Person, cursor: string | null = null): Promise<Live> {
  const session = await person.connect(address());
  await session.socket.ask("subscribe", { feeds: ["pool:clinicians", "me"], cursor, credit: 256 });
  return session;
}

async function pending(person: Person, { socket }: Live, rid: string): Promise<{ jws: string; claims: RequestClaims }> {
  const message = await socket.next(
    ({ type, body }) => type === "action.pending" && payloadOf<RequestClaims>(body["jws"]).rid === rid,
  );
  return person.request(message);
}

/** An order, listed, and the approval of it signed but not sent. */
async function signed(sample = "order"): Promise<{ session: Live; attempt: Attempt }> {
  const rid = await hospital.raise(sample);
  const session = await live(lee);
  const { jws } = await pending(lee, session, rid);
  return { session, attempt: { rid, request: jws, decision: lee.decide(jws, "approve"), receipts: [] } };
}

/** Sends it and reads no answer: the gateway is about to die. */
function send({ socket }: Live, { decision }: Attempt): void {
  socket.say("decision.submit", { jws: decision });
}

/** Sends the same bytes to the gateway that came back. */
async function sendAgain(attempt: Attempt): Promise<{ isDuplicate: boolean; receipt: Receipt }> {
  const { socket } = await live(lee);
  const { answer, receipt } = await lee.submit(socket, attempt.decision);
  if (receipt === undefined) throw new Error(JSON.stringify(answer.body));
  attempt.receipts.push(String(answer.body["jws"]));
  return { isDuplicate: answer.body["duplicate"] === true, receipt };
}

const ended = (rid: string) => expect.poll(() => hospital.state(rid), { timeout: 60_000, interval: 200 });
const check = async (attempt: Attempt, end: End = { outcome: "task-completed", writes: 1 }): Promise<unknown> =>
  await checkInvariants({ ...{ hospital, address: address(), logs, person: kim, attempt }, ...end });

describe("the gateway process is killed", () => {
  it("A5 before the commit of a decision: no answer was given, the request is open, and the same bytes are one decision", async () => {
    const { arm } = await start("before INSERT INTO decisions");
    const { session, attempt } = await signed();
    arm();
    send(session, attempt);
    await killed();
    await start();
    expect(await hospital.state(attempt.rid)).toBe("open");
    const { isDuplicate, receipt } = await sendAgain(attempt);
    expect([isDuplicate, receipt.result, receipt.outcome]).toEqual([false, "recorded", "approved"]);
    await ended(attempt.rid).toBe("completed");
    await check(attempt);
  });

  it("A6 after the commit and before the answer: the same bytes get the receipt that was stored, and are one leaf", async () => {
    const { arm } = await start("after INSERT INTO decisions");
    const { session, attempt } = await signed();
    arm();
    send(session, attempt);
    await killed();
    await start();
    const first = await sendAgain(attempt);
    const second = await sendAgain(attempt);
    expect([first.isDuplicate, second.isDuplicate]).toEqual([true, true]);
    expect(new Set(attempt.receipts).size).toBe(1);
    await ended(attempt.rid).toBe("completed");
    await check(attempt);
  });

  it("A7 before the checkpoint of a decision that was answered: the next start signs it, and no leaf is missing", async () => {
    const { arm } = await start("before INSERT INTO checkpoints");
    const { session, attempt } = await signed();
    arm();
    const { answer, receipt } = await lee.submit(session.socket, attempt.decision);
    attempt.receipts.push(String(answer.body["jws"]));
    await killed();
    await start();
    const { socket } = await live(kim);
    const { body } = await socket.ask("log.proof", { index: receipt!.log.index });
    expect(JSON.parse(String(body["entry"]))).toMatchObject({ obj: jdig(attempt.decision) });
    await ended(attempt.rid).toBe("completed");
    await check(attempt);
  });

  it("A8 after the commit and before the others were told: who was connected hears of it by their cursor after the start", async () => {
    const { arm } = await start("after INSERT INTO decisions");
    const rid = await hospital.raise("order");
    const other = await live(kim);
    await pending(kim, other, rid);
    const { body: end } = await other.socket.next("snapshot.end");
    const epoch = other.socket.received.find(({ type }) => type === "subscribed")?.body["epoch"];
    const session = await live(lee);
    const { jws } = await pending(lee, session, rid);
    const attempt: Attempt = { rid, request: jws, decision: lee.decide(jws, "approve"), receipts: [] };
    arm();
    send(session, attempt);
    await killed();
    await start();
    const back = await live(kim, `${String(epoch)}:${String(end["head"])}`);
    const { body } = await back.socket.next("action.resolved");
    expect(payloadOf<{ events: object }>(body["set"]).events).toMatchObject({
      "urn:countersign:event:request-resolved": { rid, outcome: "approved" },
    });
    await sendAgain(attempt);
    await ended(rid).toBe("completed");
    await check(attempt);
  });

  const STARTED = "after INSERT INTO executions";
  const ANSWERED = "before UPDATE executions";
  it.each([
    // An update is sent under If-Match: whether it was done can be seen, and what was not done can be sent again.
    ["the start of an execution was recorded", "update", STARTED, { outcome: "task-completed", writes: 1 }],
    ["the hospital's system answered", "update", ANSWERED, { outcome: "task-completed", writes: 1 }],
    // A create at a system that keeps no keys: nobody can tell, so it is never sent again and a person is told.
    ["the start of an execution was recorded", "order", STARTED, { outcome: "task-failed", writes: 0 }],
    ["the hospital's system answered", "order", ANSWERED, { outcome: "task-failed", writes: 1 }],
  ] as const)(
    "A11 after %s, with an %s: at most once, and what is not known is said",
    async (_when, sample, at, end) => {
      const { arm } = await start(at);
      const { session, attempt } = await signed(sample);
      arm();
      const { answer } = await lee.submit(session.socket, attempt.decision);
      attempt.receipts.push(String(answer.body["jws"]));
      await killed();
      await start();
      await ended(attempt.rid).toBe(end.outcome === "task-completed" ? "completed" : "failed");
      const failure = await check(attempt, end);
      if (end.outcome === "task-failed") expect(failure).toMatchObject({ code: "E_EXEC_UNKNOWN", unknown: true });
    },
  );
});

describe("two processes", () => {
  it("D12 on one store: the second says so, ends, and changes nothing", async () => {
    await start();
    await expect(serve(hospital.env)).rejects.toThrow(/E_STORE_LOCKED/);
    const { session, attempt } = await signed();
    const { answer } = await lee.submit(session.socket, attempt.decision);
    attempt.receipts.push(String(answer.body["jws"]));
    await ended(attempt.rid).toBe("completed");
    await check(attempt);
    expect(existsSync(path.join(hospital.folder, "gateway"))).toBe(true);
  });
});
