import { describe, expect, it } from "vitest";

import { parseTlogProof } from "#shared/ledger/tlog-proof.ts";
import type { ErasureProof } from "#shared/protocol/evidence/erasure-proof.ts";

import { deniedScene, eraseScene, executedScene, expiredScene, GONE_AT } from "../fixture/erased.ts";
import type { ErasedRow, Erasing } from "../fixture/erased.ts";
import { denied, spellVerdict, verifyKept } from "../fixture/item.ts";

/** That a row was erased is proven by the log, or it is not believed (docs/decisions/0016). */

const said = ({ item, pins }: ErasedRow): string => spellVerdict(verifyKept({ item, pins }));
const withProof = (row: ErasedRow, erasure: ErasureProof | undefined, at = row.item.withheld.at) =>
  spellVerdict(verifyKept({ pins: row.pins, item: { ...row.item, withheld: { ...row.item.withheld, at, erasure } } }));
const erased = (how: Erasing = {}) => eraseScene(deniedScene(), "denied", how);

describe("a row that the log ordered to be erased", () => {
  it.each([
    ["denied", deniedScene],
    ["completed", executedScene],
    ["expired", expiredScene],
  ] as const)("says so with its day, its reason and its entry, and everything left of it holds: %s", (state, scene) => {
    const row = eraseScene(scene(), state);
    const found = verifyKept(row);
    expect(found.steps.filter(({ ok }) => !ok)).toEqual([]);
    const { index } = parseTlogProof(row.item.withheld.erasure.proof ?? "");
    expect(found).toMatchObject({
      ...{ kind: "cannot_check", code: "E_STORE_ERASED", outcome: state },
      erasure: { at: GONE_AT, why: "order", index },
    });
    expect(found.steps).toEqual(
      expect.arrayContaining([
        { step: "erasure", ok: true },
        { step: "erasure logged", ok: true },
      ]),
    );
  });

  it("is not told apart by a page that has no proof of it yet, for a minute", () => {
    const row = erased();
    const { proof: _proof, ...pending } = row.item.withheld.erasure;
    const soon = { ...row, pins: { ...row.pins, now: GONE_AT + 5 } };
    expect(withProof(soon, pending)).toBe("cannot_check erasure logged E_LOG_PENDING");
    const never = "not_valid erasure logged E_LOG_PENDING";
    expect(withProof({ ...row, pins: { ...row.pins, now: GONE_AT + 90 } }, pending)).toBe(never);
    // SECURITY: a time ahead is no way to be waited for.
    expect(withProof({ ...row, pins: { ...row.pins, now: GONE_AT - 90 } }, pending)).toBe(never);
  });
});

describe("what a gateway calls erased, and its log does not", () => {
  it("is not valid without a proof, and with one of another row, another time, another list or another order", () => {
    const row = erased();
    expect(withProof(row, undefined)).toBe("not_valid erasure E_LOG_ERASURE");
    expect(withProof(row, erased().item.withheld.erasure)).toBe("not_valid erasure E_LOG_ERASURE");
    expect(withProof(row, row.item.withheld.erasure, GONE_AT + 1)).toBe("not_valid erasure E_LOG_ERASURE");
    const { at: _at, ...undated } = row.item.withheld;
    const dateless = verifyKept({ ...row, item: { ...row.item, withheld: undated } });
    expect(spellVerdict(dateless)).toBe("not_valid erasure E_LOG_ERASURE");
    expect(said(erased({ isFirst: true }))).toBe("not_valid erasure logged E_LOG_ERASURE");
    for (const record of [
      { size: 2 },
      { why: "mood" },
      { format: "countersign-erasure/1" },
      { root: "A".repeat(43) },
    ]) {
      expect(said(erased({ record: (all) => void Object.assign(all, record) }))).toBe(
        "not_valid erasure E_LOG_ERASURE",
      );
    }
    // SECURITY: the day that people read is the record's; it is the entry's as well, or it is made up.
    const [early, late] = [{ ts: GONE_AT - 86_400 }, { ts: GONE_AT + 86_400 }];
    for (const leaf of [{ out: "denied" }, { t: "access" as const }, early, late]) {
      expect(said(erased({ leaf }))).toBe("not_valid erasure E_LOG_ERASURE");
    }
  });

  it("is not valid where the entry is in no log, in another one, or under another checkpoint", () => {
    const row = erased();
    const { entry, covers } = row.item.withheld.erasure;
    const [first = ""] = row.item.proofs;
    expect(withProof(row, { entry, covers, proof: first })).toBe("not_valid erasure logged E_LOG_PROOF");
    const elsewhere = { ...row, item: { ...row.item, proofs: denied().item.proofs, entries: denied().item.entries } };
    expect(said(elsewhere)).toMatch(/^not_valid/);
  });

  it("is not valid, and stops no page from being checked, where an entry of an executed row is no JSON", () => {
    const row = eraseScene(executedScene(), "completed");
    for (const entry of ["", "{", "[]", '{"obj":1}']) {
      const entries = row.item.entries.with(-1, entry);
      expect(said({ ...row, item: { ...row.item, entries } })).toMatch(/^not_valid log\/2 /);
    }
  });

  it("is not valid where the row was not erased at all: the decision is kept back by the gateway alone", () => {
    const { item, pins } = eraseScene(deniedScene(), "denied");
    const { request: _request, ...rest } = denied().item;
    const hidden = { ...rest, decisions: [null], withheld: { ...item.withheld, request: item.withheld.request } };
    expect(spellVerdict(verifyKept({ item: hidden, pins }))).toMatch(/^not_valid/);
  });
});

describe("a record of the earlier form", () => {
  const earlier = (out?: string) => {
    const row = erased({ leaf: { ...(out === undefined ? { out: undefined } : { out }) } as Erasing["leaf"] & object });
    const { entry, proof } = row.item.withheld.erasure;
    return { row, erasure: { entry, proof } };
  };

  it("cannot be shown to be of this row, which is said and is no alarm, while its entry is in the log", () => {
    const { row, erasure } = earlier();
    expect(withProof(row, erasure)).toBe("cannot_check erasure E_STORE_ERASED_UNSHOWN");
    expect(withProof(row, { ...erasure, proof: row.item.proofs[0] })).toBe("not_valid erasure logged E_LOG_PROOF");
  });

  it("is a lie where the gateway has said that it proves every erasure, wherever its entry is, and nowhere else", () => {
    const { row, erasure } = earlier();
    const { index } = parseTlogProof(erasure.proof ?? "");
    const after = (provesFrom: number) => ({ ...row, pins: { ...row.pins, provesFrom } });
    for (const from of [0, index, index + 1]) {
      expect(withProof(after(from), erasure)).toBe("not_valid erasure logged E_LOG_ERASURE");
    }
    // Also while it is in no checkpoint yet.
    const soon = after(index + 1);
    const pending = { ...soon, pins: { ...soon.pins, now: GONE_AT + 5 } };
    expect(withProof(pending, { entry: erasure.entry })).toBe("not_valid erasure logged E_LOG_ERASURE");
    // One that is proved is none of these.
    const proved = erased();
    const known = { ...proved, pins: { ...proved.pins, provesFrom: 0 } };
    expect(said(known)).toBe("cannot_check request E_STORE_ERASED");
  });

  it("is not what a new one becomes when the record is left out", () => {
    const { row, erasure } = earlier("erased");
    expect(withProof(row, erasure)).toBe("not_valid erasure E_LOG_ERASURE");
  });
});
