import { describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import { IDX } from "../hospital.ts";
import { makeKeyEnd } from "../../../electron/requests/key-end.ts";
import { makeManualClock } from "../manual-clock.ts";
import { arrangeDesk, type Arranged } from "./arrange-desk.ts";

/** Decisions that wait when their key comes to its end (reliability.md A3). */

const REVOKED = { [IDX.approver]: 1 } as const;

/** The gateway lets the key in no more, from the next connection on. */
function refuse(t: Arranged, code: ErrorCode): void {
  t.gateway.on("auth", ({ id, peer }) => {
    peer.send("error", { code, title: "no", retry: "never" }, { re: id });
    peer.close(4401);
  });
}

const listing = (statuses: Readonly<Record<number, number>>) => async (t: Arranged) =>
  t.gateway.hospital.statusList(statuses);

const isRefused = (t: Arranged) => t.seen.next((s) => s.kind === "gateway" && s.gateway.connection.kind === "refused");

/** A denial waits for the connection, which comes back without taking the key any more. */
async function waitingDenial(code: ErrorCode, list: (t: Arranged) => Promise<string>) {
  const t = await arrangeDesk();
  const request = await t.opened();
  await expect.poll(() => t.asked.length).toBe(2);
  await t.drop();
  await t.desk.decide(t.deny(request));
  refuse(t, code);
  t.lists.current = () => list(t);
  t.asked.length = 0;
  t.clock.advance(600);
  await isRefused(t);
  return { t, rid: request.claims.rid };
}

describe("a decision whose key comes to its end before it is delivered", () => {
  it("is not delivered once the directory's list says that the key is revoked, and stays as evidence", async () => {
    const { t, rid } = await waitingDenial("E_KEY_REVOKED", listing(REVOKED));
    expect(await t.status(rid, "undelivered")).toMatchObject({ status: { decision: "deny", code: "E_KEY_REVOKED" } });
    expect(t.files.outbox.entries()).toEqual([]);
    expect(t.desk.hasUndelivered()).toBe(false);
    const [kept] = t.files.journal.entries();
    expect(kept).toMatchObject({ undelivered: "E_KEY_REVOKED" });
    expect((await t.files.journal.read(kept!.dec_dig)).decision.decision.split(".")).toHaveLength(3);
    expect(t.judge.submitted).toEqual([]);
  });

  it.each([
    ["says that it is valid", listing({})],
    ["cannot be had", () => Promise.reject(new CountersignError("E_CLI_OFFLINE"))],
  ] as const)(
    "waits on while the list %s, whatever the gateway says unsigned, and is given back when the list says that the key is revoked",
    async (_what, before) => {
      const { t, rid } = await waitingDenial("E_KEY_REVOKED", before);
      await expect.poll(() => t.asked.length).toBeGreaterThan(0);
      expect(t.row(rid)?.status.kind).toBe("sending");
      expect(t.files.outbox.entries()).toHaveLength(1);
      t.lists.current = async () => t.gateway.hospital.statusList(REVOKED);
      const asked = t.asked.length;
      await expect
        .poll(() => {
          t.clock.advance(60_000);
          return t.asked.length;
        })
        .toBeGreaterThan(asked);
      await t.status(rid, "undelivered");
      expect(t.files.outbox.entries()).toEqual([]);
    },
  );

  it("waits on while the key is suspended: the directory may reinstate it", async () => {
    const { t, rid } = await waitingDenial("E_KEY_SUSPENDED", listing({ [IDX.approver]: 2 }));
    expect(t.row(rid)?.status.kind).toBe("sending");
    expect(t.files.outbox.entries()).toHaveLength(1);
  });

  it("waits on while its credential has not ended by the gateway's signed time, whatever the gateway says of it", async () => {
    const { t, rid } = await waitingDenial("E_KEY_VALIDITY", listing({}));
    expect(t.row(rid)?.status.kind).toBe("sending");
    expect(t.files.outbox.entries()).toHaveLength(1);
  });

  it("is given back after a restart as well, and not sent again", async () => {
    const t = await arrangeDesk();
    const request = await t.opened();
    await t.drop();
    await t.desk.decide(t.deny(request));
    refuse(t, "E_KEY_REVOKED");
    t.lists.current = async () => t.gateway.hospital.statusList(REVOKED);
    await Promise.all([isRefused(t), t.restart(isRefused)]);
    await t.status(request.claims.rid, "undelivered");
    await expect.poll(() => t.files.outbox.entries()).toEqual([]);
    expect(t.judge.submitted).toEqual([]);
  });
});

describe("the end of a credential", () => {
  async function check(nowS: number) {
    const givenUp: ErrorCode[] = [];
    const keyEnd = makeKeyEnd({
      clock: makeManualClock(),
      outbox: { entries: () => [{} as never] },
      link: { status: { kind: "refused", code: "E_KEY_VALIDITY" } },
      standing: { begin: () => undefined, end: () => undefined, keyStop: () => undefined },
      delivery: () => ({ giveUpAll: async (code) => void givenUp.push(code) }),
      exp: 1_000,
      nowS: () => nowS,
    });
    keyEnd.check();
    return givenUp;
  }

  it("ends what waits for it, once the gateway's signed time is past it", async () => {
    expect(await check(1_000)).toEqual([]);
    expect(await check(1_001)).toEqual(["E_KEY_VALIDITY"]);
  });

  it("is written down later where the disk could not keep it", async () => {
    const clock = makeManualClock();
    let tries = 0;
    const keyEnd = makeKeyEnd({
      clock,
      outbox: { entries: () => [{} as never] },
      link: { status: { kind: "refused", code: "E_KEY_VALIDITY" } },
      standing: { begin: () => undefined, end: () => undefined, keyStop: () => undefined },
      delivery: () => ({
        async giveUpAll() {
          tries++;
          if (tries === 1) throw new CountersignError("E_CLI_DISK");
        },
      }),
      exp: 1_000,
      nowS: () => 1_001,
    });
    keyEnd.check();
    await expect
      .poll(() => {
        clock.advance(30_000);
        return tries;
      })
      .toBe(2);
    keyEnd.stop();
  });
});
