import path from "node:path";

import { beforeAll, describe, expect, it, vi } from "vitest";

import { run } from "./command.ts";
import { ASKING, open, orderFor, type Hospital } from "./hospital.ts";
import type { Person, Live } from "./person.ts";
import { dig, jdig } from "./signed.ts";
import type { Message } from "./socket.ts";

/** Quorums that policy asks for (protocol.md 3.10, 3.22, V25), by two strangers over the wire. */

let hospital: Hospital;
let lee: Person, kim: Person;
let mine: Live, other: Live;

/** Seconds in which both must have approved a referral; short, so that one approval is seen to lapse. */
const WINDOW_S = 8;

beforeAll(async () => {
  hospital = await open(({ annotate }) => {
    for (const id of ASKING) annotate(id, '@need("2") @ordered("true")');
    annotate("referral", `@need("2") @window_s("${String(WINDOW_S)}")`);
  });
  [lee, kim] = await Promise.all([hospital.enrol("lee"), hospital.enrol("kim", { alg: "Ed25519" })]);
  [mine, other] = await Promise.all([hospital.connect(lee), hospital.connect(kim)]);
  return async () => await hospital.close();
});

async function asked(what: Parameters<Hospital["raise"]>[0]) {
  const rid = await hospital.raise(what);
  const isIt = (person: Person) => (message: Message) =>
    message.type === "action.pending" && person.request(message).claims.rid === rid;
  await other.socket.next(isIt(kim));
  return { rid, ...lee.request(await mine.socket.next(isIt(lee))) };
}

const said = async (person: Person, { socket }: Live, jws: string): Promise<string> => {
  const { answer: got, receipt } = await person.submit(socket, jws);
  if (receipt === undefined) return `error ${String(got.body["code"])}`;
  return [receipt.result, receipt.code, receipt.outcome].filter((word) => word !== undefined).join(" ");
};

describe("an ordered quorum", () => {
  it("takes the second approval only over the first, whose digest the progress tells, and proves the order", async () => {
    const { rid, jws, claims } = await asked(orderFor("evans-gareth"));
    expect(claims.policy.quorum).toMatchObject({ need: 2, ordered: true });
    expect(await said(lee, mine, lee.decide(jws, "approve", { claims: { after: [dig("nobody")] } }))).toBe(
      "rejected E_QRM_ORDER open",
    );
    const first = lee.decide(jws, "approve", { claims: { after: [] } });
    expect(await said(lee, mine, first)).toBe("recorded partial");
    const progress = await other.socket.next("quorum.progress");
    const { events } = kim.verified<{ events: Record<string, { dec_digs?: string[] }> }>(
      progress.body["set"],
      "secevent+jwt",
    );
    const [told] = Object.values(events);
    expect(told?.dec_digs).toEqual([jdig(first)]);
    // Who connects only now is told the same, beside the request: without it nobody could sign next.
    other = await hospital.connect(kim);
    const late = other.socket.received.filter(({ type }) => type === "quorum.progress");
    expect(late.map(({ body, seq }) => [body["set"], seq])).toEqual([[progress.body["set"], undefined]]);

    for (const after of [[], [dig("nobody")], [jdig(first), jdig(first)]]) {
      expect(await said(kim, other, kim.decide(jws, "approve", { claims: { after } }))).toBe(
        "rejected E_QRM_ORDER partial",
      );
    }
    expect(await said(kim, other, kim.decide(jws, "approve", { claims: { after: told?.dec_digs } }))).toBe(
      "recorded approved",
    );
    await expect.poll(() => hospital.state(rid)).toBe("completed");
    const file = path.join(hospital.folder, "ordered.json");
    // Evidence is there once the log's next checkpoint is signed.
    const evidence = ["gateway", "bundle", rid, "--out", file];
    await expect.poll(async () => (await run(evidence, hospital.env)).status).toBe(0);
    const verify = ["verify", file, "--directory-key", JSON.stringify(lee.pinned.directory)];
    expect((await run(verify, hospital.env)).status).toBe(0);
  });
});

describe("the window of a quorum", () => {
  it("ends an approval that nobody joined in time; the same person may approve again, and both within it execute", async () => {
    const { rid, jws, claims } = await asked("referral");
    expect(claims.policy.quorum).toEqual({ need: 2, window: WINDOW_S });
    expect(await said(lee, mine, lee.decide(jws, "approve"))).toBe("recorded partial");
    await vi.waitFor(async () => expect(await hospital.state(rid)).toBe("open"), { timeout: 30_000, interval: 200 });
    expect(await said(kim, other, kim.decide(jws, "approve"))).toBe("recorded partial");
    expect(await said(lee, mine, lee.decide(jws, "approve"))).toBe("recorded approved");
    await expect.poll(() => hospital.state(rid)).toBe("completed");
  });
});
