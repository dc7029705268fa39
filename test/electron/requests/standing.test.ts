import { describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { GATEWAY_ISS, IDX, makeRequestClaims } from "../hospital.ts";
import { passUntil } from "../pass-until.ts";
import { arrangeDesk, PIN, type Arranged } from "./arrange-desk.ts";

const offline = () => Promise.reject(new CountersignError("E_CLI_OFFLINE"));
const stopIs = (t: Arranged, code: string | undefined) =>
  t.desk.gateway().standing_stop === code
    ? Promise.resolve()
    : t.seen.next((s) => s.kind === "gateway" && s.gateway.standing_stop === code);

/** Time passes on a connection that answers. */
async function pass(t: Arranged, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 5) {
    t.clock.advance(5_000);
    await t.gateway.flushed();
  }
}

/** The list says this from its next fetch on, which comes within a minute. */
async function list(t: Arranged, statuses: Readonly<Record<number, number>>, code: string | undefined): Promise<void> {
  t.lists.current = async () => t.gateway.hospital.statusList(statuses);
  await Promise.all([stopIs(t, code), pass(t, 60)]);
}

describe("the directory's status list", () => {
  it("is fetched when a session begins, from the gateway's own host, and again as it says", async () => {
    const t = await arrangeDesk();
    const here = new URL("/status/1", t.gateway.url.replace(/^ws/, "http")).href;
    await expect.poll(() => t.asked.length).toBe(2);
    expect(new Set(t.asked)).toEqual(new Set([here]));
    t.clock.advance(59_000);
    expect(t.asked.length).toBe(2);
    t.clock.advance(1_000);
    await expect.poll(() => t.asked.length).toBe(4);
    await t.drop();
    t.asked.length = 0;
    await t.reconnect();
    await expect.poll(() => t.asked.length).toBe(2);
  });

  it("is asked of nobody when the gateway proves nothing", async () => {
    const t = await arrangeDesk({
      start: false,
      prepare: ({ gateway }) => {
        gateway.credential = "a.b.c";
      },
    });
    expect(t.asked).toEqual([]);
  });

  it.each([
    [2, "E_KEY_SUSPENDED"],
    [1, "E_KEY_REVOKED"],
  ] as const)("says %s of my key: nothing is signed, and it is said why (%s)", async (status, code) => {
    const t = await arrangeDesk();
    const request = await t.opened();
    await list(t, { [IDX.approver]: status }, code);
    for (const input of [t.approve(request), t.deny(request)]) {
      await expect(t.desk.decide(input)).rejects.toMatchObject({ code });
    }
    const { iss, rid, rev } = request.claims;
    await expect(t.desk.extend({ iss, rid }, rev, 600)).rejects.toMatchObject({ code });
    expect(t.judge.submitted).toEqual([]);
    expect(t.files.outbox.entries()).toEqual([]);
    await list(t, {}, undefined);
    expect(await t.desk.decide(t.deny(request))).toMatchObject({ decision: "deny" });
  });

  it.each([1, 2])(
    "says %s of the gateway: C3 refuses what it signs, and what is listed can be read only",
    async (status) => {
      const t = await arrangeDesk();
      const listed = await t.opened();
      await list(t, { [IDX.gateway]: status }, "E_GW_CRED");
      expect((await t.status(listed.claims.rid, "quarantined")).status).toMatchObject({ code: "E_GW_KEY" });
      await expect(t.desk.decide(t.approve(listed))).rejects.toMatchObject({ code: "E_GW_KEY" });
      const refused = t.judge.issue();
      const view = await t.gateway.received.next((m) => m.type === "action.view" && m.body["state"] === "rejected");
      expect(view.body).toMatchObject({ rid: refused.claims.rid, code: "E_GW_KEY" });
      expect(t.row(refused.claims.rid)).toBeUndefined();
      expect(t.desk.gateway().refused).toEqual({ E_GW_KEY: 1 });

      await list(t, {}, undefined);
      expect((await t.status(listed.claims.rid, "pending")).digest).toBe(listed.digest);
      await t.opened();
    },
  );

  it.each(["high", "critical"] as const)(
    "out of reach for five minutes stops approvals of %s risk only",
    async (risk) => {
      const t = await arrangeDesk();
      await expect.poll(() => t.asked.length).toBe(2);
      t.lists.current = offline;
      const base = makeRequestClaims().action;
      const grave = await t.opened({ action: { ...base, risk } });
      await pass(t, 290);
      expect(t.desk.gateway().standing_stop).toBeUndefined();
      await pass(t, 60);
      await stopIs(t, "E_CLI_STATUS");

      await expect(t.desk.decide(t.approve(grave))).rejects.toMatchObject({ code: "E_CLI_STATUS" });
      expect(await t.desk.decide(t.deny(grave))).toMatchObject({ decision: "deny" });
      await t.status(grave.claims.rid, "denied");
      const plain = await t.opened();
      expect(await t.desk.decide(t.approve(plain))).toMatchObject({ decision: "approve" });
      await t.status(plain.claims.rid, "held");

      t.lists.current = async () => t.gateway.hospital.statusList();
      await pass(t, 60);
      await stopIs(t, undefined);

      const again = await t.opened({ action: { ...base, risk } });
      expect(await t.desk.decide(t.approve(again))).toMatchObject({ decision: "approve" });
    },
  );
});

describe("an approver's key that the directory suspends", () => {
  it("ends the session, says so, signs nothing, and works again once it is reinstated, without anybody unlocking", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    t.gateway.on("auth", (m) => {
      m.peer.send("error", { code: "E_KEY_SUSPENDED", title: "suspended", retry: "reauth" }, { re: m.id });
      m.peer.close(4401);
    });
    const refused = t.seen.next((s) => s.kind === "gateway" && s.gateway.connection.kind === "refused");
    t.gateway.peer.close(4401);
    await t.seen.next((s) => s.kind === "gateway" && s.gateway.connection.kind === "offline");
    t.clock.advance(600);
    await refused;
    expect(t.desk.gateway().connection).toEqual({ kind: "refused", code: "E_KEY_SUSPENDED" });

    // A denial that waits for the connection would be signed now and count later: not by a key that was stopped.
    for (const input of [t.approve(request, { pin: PIN }), t.deny(request)]) {
      await expect(t.desk.decide(input)).rejects.toMatchObject({ code: "E_KEY_SUSPENDED" });
    }
    expect([t.files.outbox.entries(), t.judge.submitted]).toEqual([[], []]);
    expect(t.desk.rows().map((row) => row.digest)).toEqual([request.digest]);

    // Looked at again every half minute, until the directory reinstates the key.
    const auths = () => t.gateway.received.all.filter((m) => m.type === "auth").length;
    expect(auths()).toBe(2);
    const again = t.clock.nextTimer();
    t.clock.advance(30_000);
    await again;
    await expect.poll(auths).toBe(3);
    t.gateway.on("auth", (m) => {
      t.gateway.ready(m);
    });
    t.gateway.snapshot = [request.jws];
    await passUntil(t.clock, 1_000, () => t.desk.gateway().connection.kind === "live");
    t.desk.openReview({ iss: GATEWAY_ISS, rid: request.claims.rid });
    expect(await t.desk.decide(t.deny(request))).toMatchObject({ decision: "deny" });
    await t.status(request.claims.rid, "denied");
  });

  it("that says nothing new of the gateway leaves every request as it was judged, whether it can be had or not", async () => {
    const t = await arrangeDesk();
    await t.opened();
    await expect.poll(() => t.asked.length).toBe(2);
    t.lists.current = offline;
    const rows = (): number => t.seen.all.filter(({ kind }) => kind === "row").length;
    const before = rows();
    await Promise.all([stopIs(t, "E_CLI_STATUS"), pass(t, 350)]);
    expect(rows()).toBe(before);
  });
});
