import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { verifyItem } from "#shared/protocol/evidence/verify-item.ts";

import { makeKeeper, type Keeper } from "../../../gateway/retention/keeper.ts";
import { crypto } from "../device.ts";
import { ask, makeWard, ROLES, type Ward } from "../reports/ward.ts";
import { code } from "../store/contract-fixtures.ts";
import { PATIENT } from "../world.ts";

/** Retention, legal holds and erasure (docs/decisions/0015). */

let ward: Ward;
let count = 0;
beforeEach(async () => {
  ward = await makeWard();
});
afterEach(() => {
  ward.world.close();
});

const YEARS = 10;
const later = (): number => ward.world.now() + Math.ceil((YEARS + 1) * 365.25 * 24 * 3600);

function keeper(now = ward.world.now): Keeper {
  const { store, records } = ward.world.core;
  const randomText = (): string => `text-${String((count += 1))}`;
  const onErased = (): void => void ward.world.core.events.emit("erased");
  return makeKeeper({ store, records, crypto, kid: ward.world.signer.kid, now, randomText, years: YEARS, onErased });
}

const order = { order: "2026/17", by: "dpo" };
const said = { reason: "Claim 4711", by: "counsel" };

describe("erasing a request that has ended", () => {
  it("leaves nothing that can be read, and a log that holds, also for the audit of the next start", () => {
    const { core } = ward.world;
    const before = core.store.logSize();
    expect(core.store.request(ward.denied, 1)?.jws).toMatch(/^ey/);
    expect(keeper().erase({ rid: ward.denied }, order)).toEqual({ keys: 1, entry: before });
    const again = (): void => {
      const { store } = ward.world.core;
      expect(code(() => store.request(ward.denied, 1)?.jws)).toBe("E_STORE_ERASED");
      expect(store.request(ward.denied, 1)).toHaveProperty("state", "denied");
      expect(code(() => store.decisions(ward.denied, 1)[0]?.jws)).toBe("E_STORE_ERASED");
      expect(code(() => store.answersFor(ward.denied)[0]?.jws)).toBe("E_STORE_ERASED");
    };
    again();
    const leaf = core.store.leaf(before);
    expect(leaf).toMatchObject({ type: "config" });
    expect(core.store.published(leaf?.obj ?? "")?.text).not.toContain("p-104");
    ward.world.reopen();
    again();
  });

  it("is in no feed any more, not in the one that is held in memory either", () => {
    const { feed } = ward.world.core;
    const { sub, kid } = ward.people.approver.session;
    const told = (): string => JSON.stringify(feed.read(sub, 0, 1000, kid));
    const jws = ward.world.core.store.request(ward.denied, 1)?.jws ?? "";
    expect(told()).toContain(jws);
    keeper().erase({ rid: ward.denied }, order);
    expect(told()).not.toContain(jws);
    expect(told()).not.toContain(ward.denied);
  });

  it("is a row of the history with its end, its answers and its place in the log, that is neither valid nor tampered with", () => {
    keeper().erase({ rid: ward.denied }, order);
    ward.world.clock.advance(1000);
    const { items } = ask(ward, ward.people.auditor, "history", { filter: { states: ["denied"] } });
    const item = items.find(({ rid }) => rid === ward.denied);
    expect(item).toMatchObject({ state: "denied", decisions: [null], withheld: { reason: "erased" } });
    expect(item).not.toHaveProperty("request");
    expect(item?.receipts).toHaveLength(1);
    expect(item?.entries.length).toBeGreaterThan(1);
    const { authority, core, now } = ward.world;
    const pins = {
      ...{ directory: authority.directory.jwk, gateways: [core.credential], now: now(), templates: [], status: [] },
    };
    const verdict = verifyItem(item, pins, crypto, { builtinTemplates });
    expect(verdict).toMatchObject({ kind: "cannot_check", code: "E_STORE_ERASED", outcome: "denied" });
    expect(verdict.steps.filter(({ ok }) => !ok)).toEqual([]);
    const changed = { ...item, receipts: item?.receipts.map((jws) => `${jws.slice(0, -4)}AAAA`) };
    expect(verifyItem(changed, pins, crypto, { builtinTemplates }).kind).toBe("not_valid");
  });

  it("shows the content to no role", () => {
    keeper().erase({ rid: ward.denied }, order);
    for (const role of ROLES) {
      const { items } = ask(ward, ward.people[role], "history", {});
      for (const item of items) if (item.rid === ward.denied) expect(item.withheld?.reason).toBe("erased");
    }
  });
});

describe("what is not erased", () => {
  it("is a patient of whom something has not ended: then nothing is", () => {
    expect(code(() => keeper().erase({ patient: PATIENT }, order))).toBe("E_STORE_OPEN");
    expect(ward.world.core.store.request(ward.denied, 1)?.jws).toMatch(/^ey/);
  });

  it("is what a hold is on, by request or by patient, by an order or by age, until it is released", () => {
    const names = [keeper().hold({ rid: ward.denied }, said), keeper().hold({ patient: PATIENT }, said)];
    for (const name of names) {
      expect(code(() => keeper().erase({ rid: ward.denied }, order))).toBe("E_STORE_HELD");
      expect(keeper(later).runBatch(0, false).held).toBeGreaterThan(0);
      for (const { record } of ward.world.core.store.holds()) {
        expect(ward.world.core.store.published(record)?.text).toContain("4711");
      }
      expect(ward.world.core.store.request(ward.denied, 1)?.jws).toMatch(/^ey/);
      keeper().release(name, said);
    }
    expect(code(() => keeper().release(names[0] ?? "", said))).toBe("E_CLI_INPUT");
    expect(keeper().erase({ rid: ward.denied }, order).keys).toBeGreaterThan(0);
    const records = ward.world.core.store.leavesFrom(0, 1000).filter(({ type }) => type === "config");
    expect(records.map(({ entry }) => entry).join("")).not.toContain("4711");
  });

  it("is what nobody knows, and what is young enough", () => {
    expect(code(() => keeper().erase({ patient: "Patient/nobody" }, order))).toBe("E_REQ_UNKNOWN");
    expect(keeper().runBatch(0, false)).toEqual({ erased: 0, held: 0, open: 0 });
  });
});

describe("what has passed its time", () => {
  it("is counted by a dry run, erased by the next, and what has not ended is left", () => {
    const dry = keeper(later).runBatch(0, true);
    expect(dry.erased).toBeGreaterThan(0);
    expect(ward.world.core.store.request(ward.denied, 1)?.jws).toMatch(/^ey/);
    expect(keeper(later).runBatch(0, false)).toEqual(dry);
    expect(code(() => ward.world.core.store.request(ward.denied, 1)?.jws)).toBe("E_STORE_ERASED");
    expect(keeper(later).runBatch(0, false)).toMatchObject({ erased: 0, open: dry.open });
    expect(keeper().status()).toMatchObject({ years: YEARS, erased: dry.erased, holds: [] });
  });
});
