import { beforeAll, describe, expect, it } from "vitest";

import { open, orderFor, type Hospital } from "./hospital.ts";
import type { RequestClaims } from "./objects.ts";
import type { Person } from "./person.ts";
import { payloadOf, type Members } from "./signed.ts";
import type { Message, Socket } from "./socket.ts";

let hospital: Hospital;
let [lee, kim]: Person[] = [];
const PATIENTS = ["evans-a", "evans-b", "evans-c", "evans-d"] as const;
const FEEDS = ["pool:clinicians", "me"];

beforeAll(async () => {
  hospital = await open();
  for (const name of PATIENTS) hospital.record.copy("evans-gareth", name);
  [lee, kim] = await Promise.all([hospital.enrol("lee"), hospital.enrol("kim")]);
  return async () => await hospital.close();
});

const raise = async (patient: string): Promise<string> => await hospital.raise(orderFor(patient));
const ridOf = ({ body }: Message): string => payloadOf<RequestClaims>(body["jws"]).rid;
const ofType = (socket: Socket, type: string): Message[] => socket.received.filter((one) => one.type === type);
/** Everything that was sent before is here after a round trip. */
const settled = async (socket: Socket): Promise<Message> => await socket.ask("ping", { t0: 0 });
const subscribe = async (socket: Socket, more: Members = {}): Promise<Message> =>
  await socket.ask("subscribe", { feeds: FEEDS, cursor: null, credit: 256, ...more });

describe("subscribe", () => {
  it("refuses foreign and unknown feeds, and bodies that are not as they should be", async () => {
    const { socket } = await lee!.connect(hospital.wsUrl);
    const codes: unknown[] = [];
    for (const more of [
      { feeds: ["pool:pharmacists"] },
      { feeds: ["pool:nobody"] },
      { feeds: ["clinicians"] },
      { credit: 0 },
      { credit: 257 },
      { cursor: "not a cursor" },
      { cursor: undefined },
      { feeds: "me" },
    ])
      codes.push((await subscribe(socket, more)).body["code"]);
    expect(codes).toEqual([...Array<string>(3).fill("E_FEED"), ...Array<string>(5).fill("E_CLM_SHAPE")]);
    expect((await subscribe(socket)).type).toBe("subscribed");
    for (const n of [0, 257, "3"]) expect((await socket.ask("credit", { n })).body["code"]).toBe("E_CLM_SHAPE");
  });

  it("begins with a snapshot of what is open, without places, and goes on with places in order", async () => {
    const first = await raise(PATIENTS[0]);
    const { socket } = await lee!.connect(hospital.wsUrl);
    const { body } = await subscribe(socket);
    expect(body).toMatchObject({ mode: "snapshot", epoch: expect.stringMatching(/^[A-Za-z0-9]{1,16}$/) as unknown });
    const end = await socket.next("snapshot.end");
    const items = ofType(socket, "action.pending");
    expect(items.map((one) => [ridOf(one), one.body["snapshot"], one.seq])).toEqual([[first, true, undefined]]);
    expect(end.body).toEqual({ count: 1, head: body["head"] });

    const second = await raise(PATIENTS[1]);
    const live = await socket.next((one) => one.type === "action.pending" && one.seq !== undefined);
    expect([ridOf(live), live.epoch, live.body["snapshot"]]).toEqual([second, body["epoch"], undefined]);
    expect(live.seq).toBeGreaterThan(Number(body["head"]));
    expect(["low", "moderate", "high", "critical", "routine", "urgent"]).toContain(live.body["urgency"]);
  });
});

describe("resume, credit and what overtakes (3.4.4)", () => {
  it("a cursor of this epoch gets everything after it, another epoch or a future place a snapshot", async () => {
    const { socket } = await lee!.connect(hospital.wsUrl);
    const { body } = await subscribe(socket);
    await socket.next("snapshot.end");
    const [epoch, head] = [String(body["epoch"]), Number(body["head"])];
    const third = await raise(PATIENTS[2]);
    const pending = await socket.next((one) => one.type === "action.pending" && one.seq !== undefined);
    socket.say("ack", { upto: pending.seq });
    const { receipt } = await lee!.submit(socket, lee!.decide(String(pending.body["jws"]), "deny"));
    expect(receipt?.outcome).toBe("denied");
    await settled(socket);
    const placed = socket.received.filter(({ seq }) => seq !== undefined);
    const seqs = placed.map(({ seq }) => Number(seq));
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));

    const again = await lee!.connect(hospital.wsUrl);
    const resumed = await subscribe(again.socket, { cursor: `${epoch}:${String(head)}` });
    expect(resumed.body).toMatchObject({ mode: "resume", epoch });
    await settled(again.socket);
    const replayed = again.socket.received.filter(({ seq }) => seq !== undefined);
    expect(replayed.map(({ seq }) => seq).slice(0, seqs.length)).toEqual(seqs);
    expect(replayed.filter(({ type }) => type === "action.pending").map(ridOf)).toEqual([third]);
    // Its own receipt comes again in `me`, in its place and answering nothing.
    const own = replayed.find(({ type }) => type === "decision.receipt");
    expect([own?.re, own?.body["jws"]]).toEqual([undefined, expect.any(String)]);
    expect(ofType(again.socket, "snapshot.end")).toEqual([]);

    for (const cursor of ["zz:1", `${epoch}:9999999`]) {
      expect((await subscribe(again.socket, { cursor })).body["mode"]).toBe("snapshot");
      await again.socket.next("snapshot.end");
    }
  });

  it("sends no more than credit allows; what closes a request overtakes without a place and comes again with it", async () => {
    const { socket } = await lee!.connect(hospital.wsUrl);
    await subscribe(socket);
    await socket.next("snapshot.end");
    const { body } = await subscribe(socket, { credit: 1, cursor: await headOf(socket) });
    expect(body["mode"]).toBe("resume");
    const rids = [await raise(PATIENTS[2]), await raise(PATIENTS[3])];
    const one = await socket.next(({ type, seq }) => type === "action.pending" && seq !== undefined);
    expect(ridOf(one)).toBe(rids[0]);
    await settled(socket);
    const counted = () =>
      ofType(socket, "action.pending")
        .filter(({ seq }) => seq !== undefined)
        .map(ridOf);
    expect(counted()).toEqual([rids[0]]);

    const other = await hospital.connect(kim!);
    const seen = ofType(other.socket, "action.pending").find((item) => ridOf(item) === rids[1]);
    await kim!.submit(other.socket, kim!.decide(String(seen?.body["jws"]), "deny"));
    const early = await socket.next("action.resolved");
    expect([early.seq, early.epoch]).toEqual([undefined, undefined]);
    expect(counted()).toEqual([rids[0]]);

    socket.say("credit", { n: 10 });
    const late = await socket.next(({ type, seq }) => type === "action.resolved" && seq !== undefined);
    expect(late.body["set"]).toBe(early.body["set"]);
    expect(counted()).toEqual(rids);
  });

  it("a claim is told to everyone addressed and stops nobody", async () => {
    const [mine, other] = [await hospital.connect(lee!), await hospital.connect(kim!)];
    const request = ofType(mine.socket, "action.pending").at(0)!;
    const rid = ridOf(request);
    expect((await mine.socket.ask("action.claim", { rid, rev: 1, ttl: 121 })).body["code"]).toBe("E_CLM_SHAPE");
    const claimed = await mine.socket.ask("action.claim", { rid, rev: 1, ttl: 60 });
    expect([claimed.type, claimed.body["rid"]]).toEqual(["action.claimed", rid]);
    const told = await other.socket.next("action.claimed");
    expect(told.body).toMatchObject({ rid, by: lee!.claims.sub });
    mine.socket.say("action.view", { rid, rev: 1, state: "opened" });
    expect((await other.socket.next("action.viewing")).body).toMatchObject({ rid, state: "opened" });
    const { receipt } = await kim!.submit(other.socket, kim!.decide(String(request.body["jws"]), "deny"));
    expect(receipt).toMatchObject({ result: "recorded", outcome: "denied" });
  });
});

describe("history.query (3.20)", () => {
  const ALL = { from: 0, to: 9_999_999_999, limit: 100 };
  const query = async (socket: Socket, more: Members = {}) => await socket.ask("history.query", { ...ALL, ...more });
  interface Item extends Members {
    readonly request: string;
    readonly state: string;
  }
  const names = (some: readonly Item[]): string[] => some.map(({ request }) => payloadOf<RequestClaims>(request).rid);
  const items = ({ body }: Message): Item[] => body["items"] as Item[];

  it("pages newest first, and filters by request, time, state and patient", async () => {
    const { socket } = await hospital.connect(lee!);
    const all = items(await query(socket));
    expect(all.length).toBeGreaterThan(3);
    const members = ["credentials", "decisions", "entries", "proofs", "receipts", "request", "sets", "state"];
    expect(Object.keys(all[0]!).sort()).toEqual(members);
    const iats = all.map(({ request }) => payloadOf<RequestClaims>(request).iat);
    expect(iats).toEqual([...iats].sort((a, b) => b - a));

    const paged: Item[] = [];
    let page: unknown;
    do {
      const answer = await query(socket, { limit: 2, ...(page === undefined ? {} : { page }) });
      expect(items(answer).length).toBeLessThanOrEqual(2);
      paged.push(...items(answer));
      page = answer.body["next"];
    } while (page !== undefined && page !== null);
    expect(names(paged)).toEqual(names(all));

    const { rid, iat, patient } = payloadOf<RequestClaims>(all.at(-1)!.request);
    expect(items(await query(socket, { rid })).map(({ request }) => request)).toEqual([all.at(-1)!.request]);
    expect(items(await query(socket, { to: iat }))).toEqual([]);
    const denied = items(await query(socket, { state: "denied" }));
    expect(names(denied)).toEqual(names(all.filter(({ state }) => state === "denied")));
    expect(denied.length).toBeGreaterThan(0);
    const about = items(await query(socket, { patient_ref: patient!.ref }));
    const same = ({ request }: Item): boolean => payloadOf<RequestClaims>(request).patient?.ref === patient!.ref;
    expect(names(about)).toEqual(names(all.filter(same)));
    expect(items(await query(socket, { state: "denied", patient_ref: "Patient/nobody" }))).toEqual([]);
  });

  it("answers what it cannot read with E_QUERY or E_CLM_SHAPE", async () => {
    const { socket } = await hospital.connect(lee!);
    const codes = [];
    for (const more of [{ page: "made-up" }, { limit: 0 }, { limit: 101 }, { from: "yesterday" }, { state: "undone" }])
      codes.push((await query(socket, more)).body["code"]);
    expect(codes).toEqual(["E_QUERY", "E_CLM_SHAPE", "E_CLM_SHAPE", "E_CLM_SHAPE", "E_QUERY"]);
  });
});

async function headOf(socket: Socket): Promise<string> {
  const { body } = await subscribe(socket);
  await socket.next("snapshot.end");
  return `${String(body["epoch"])}:${String(body["head"])}`;
}
