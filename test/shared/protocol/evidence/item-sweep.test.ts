import { describe, expect, it } from "vitest";

import { checkListing, type ListingQuery } from "#shared/protocol/evidence/listing.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { decide, revoke } from "../fixture/decision.ts";
import { crypto, makeRequest, signRequest, T0 } from "../fixture/hospital.ts";
import { deniedScene, eraseScene } from "../fixture/erased.ts";
import { denied, executed, expired, KIM, LEE, makeItem, spellVerdict, verifyKept } from "../fixture/item.ts";
import { classes, erasureOf, exchanged, sweep, turned, without } from "./tamper.ts";

describe("tampering: whatever is changed in a gateway's store is seen here, with the step that failed", () => {
  it("one changed character of any class in any stored object of a row", () => {
    const kept = executed();
    const { tried, passed, named } = sweep(kept, classes);
    expect(passed).toEqual([]);
    expect(tried).toBeGreaterThan(400);
    const steps = (kind: string) => [...(named.get(kind) ?? [])].sort();
    expect(steps("request")).toContain("request C1-C5");
    expect(steps("decisions")).toEqual(["decisions V1-V8", "item"]);
    expect(steps("receipts")).toContain("receipts");
    expect(steps("sets")).toContain("events");
    expect(steps("credentials")).toContain("credentials");
    expect(steps("proofs")).toContain("log");
    expect(steps("entries")).toEqual(["log"]);
  });

  it("one changed character, whichever it is, in what shows that the log ordered an erasure", () => {
    const row = eraseScene(deniedScene(), "denied");
    expect(spellVerdict(verifyKept(row))).toBe("cannot_check request E_STORE_ERASED");
    const [proof = [], rest = []] = [true, false].map((is) =>
      erasureOf(row).filter(({ name }) => (name === "proof") === is),
    );
    const { tried, passed, named } = sweep(row, (text) => text.split("").keys(), rest);
    expect(passed).toEqual([]);
    expect(tried).toBeGreaterThan(500);
    const steps = Object.fromEntries([...named].map(([kind, found]) => [kind, [...found].sort()]));
    expect(steps).toMatchObject({ entry: ["erasure", "erasure logged"] });
    for (const kind of ["at", "record", "salt", "index", "path"]) expect(steps[kind], kind).toContain("erasure");
    const inLog = sweep(row, classes, proof);
    expect([inLog.passed, [...inLog.named].map(([, found]) => [...found])]).toEqual([[], [["erasure logged"]]]);
  });

  it("a part that is gone, whichever it is", () => {
    for (const kept of [executed(), denied(), expired()]) {
      const seen = without(kept.item).map(
        ([name, item]) => [name, spellVerdict(verifyKept({ ...kept, item }))] as const,
      );
      expect(seen.filter(([, said]) => !said.startsWith("not_valid"))).toEqual([]);
    }
  });

  it("parts of two rows in each other's place, and the order of one row's parts", () => {
    const [a, b] = [executed(), denied()];
    for (const [part, first, second] of exchanged(a.item, b.item)) {
      expect(spellVerdict(verifyKept({ ...a, item: first })), part).toMatch(/^not_valid/);
      // A person's credential is the same in both rows; what it is not in is seen.
      if (part !== "credentials") expect(spellVerdict(verifyKept({ ...b, item: second })), part).toMatch(/^not_valid/);
    }
    for (const list of ["decisions", "receipts", "proofs", "entries"] as const) {
      expect(spellVerdict(verifyKept({ ...a, item: turned(a.item, list) })), list).toMatch(/^not_valid/);
    }
  });

  it("an approval that was taken back, without its revocation", () => {
    const request = signRequest(makeRequest());
    const yes = decide(LEE, request);
    const decisions = [yes, { ...decide(LEE, request, revoke(yes)), at: T0 + 92 }];
    const kept = makeItem({ people: [LEE], request, decisions }, "revoked");
    expect(spellVerdict(verifyKept(kept))).toBe("valid");
    const { item } = kept;
    const cut = (list: readonly string[], at: number) => list.toSpliced(at, 1);
    const [shown, receipts] = [cut(item.decisions, 1), cut(item.receipts, 1)];
    const [proofs, entries] = [cut(item.proofs, 2), cut(item.entries, 2)];
    const hidden = { ...item, decisions: shown, receipts, proofs, entries };
    expect(spellVerdict(verifyKept({ ...kept, item: hidden }))).toBe("not_valid state E_BUNDLE");
  });
});

describe("a list whose rows all hold", () => {
  const at = (iat: number, who = LEE, chain?: { n: number; prev: string }) => {
    const request = signRequest(
      makeRequest((r) => {
        r.iat = iat;
      }),
    );
    const { item } = makeItem({ people: [who], request, decisions: [decide(who, request)] }, "approved");
    const signed = decide(who, request, (claims) => {
      if (chain) claims.chain = chain;
    });
    // The list's check reads rows that were verified each on its own.
    return { ...item, decisions: [signed.jws], dig: signed.dig };
  };
  const [newest, middle, oldest] = [at(T0 + 20), at(T0 + 10, KIM), at(T0)];
  const query: ListingQuery = { order: "newest", from: T0, to: T0 + 30, isWhole: true, hasMore: false, mine: [] };
  const said = (rows: readonly (typeof newest)[], more: Partial<ListingQuery> = {}) =>
    checkListing(crypto, rows, { ...query, ...more }).map(
      ({ step, code, rows: which }) => `${step} ${code} ${which.join(",")}`,
    );
  const known = (item: typeof newest) => {
    const { rid, iat } = readStored("request", item.request);
    return { rid, iat, req_dig: jdig(crypto, item.request) };
  };

  it("says nothing of a list in which nothing is wrong", () => {
    const other = at(T0 + 5, LEE, { n: 2, prev: oldest.dig });
    expect(said([middle, other, oldest], { mine: [known(other), known(oldest)] })).toEqual([]);
    expect(said([oldest, other, middle], { order: "oldest" })).toEqual([]);
  });

  it("sees two rows in each other's place, a row twice, and a row of another time", () => {
    expect(said([middle, at(T0 + 20, KIM), oldest])).toContain("order E_BUNDLE 0,1");
    expect(said([middle, middle, oldest])).toEqual(["doubled E_BUNDLE 0,1"]);
    expect(said([middle, oldest], { from: T0 + 1 })).toEqual(["range E_BUNDLE 1"]);
  });

  it("sees that a row which this computer keeps itself is not in it, within the times that the list speaks for", () => {
    const mine = [known(oldest), known(middle)];
    expect(checkListing(crypto, [middle], { ...query, mine })).toEqual([
      { step: "missing", code: "E_BUNDLE", rows: [], rid: known(oldest).rid },
    ]);
    expect(said([middle], { mine, hasMore: true })).toEqual([]);
    expect(said([middle], { mine, isWhole: false })).toEqual([]);
    expect(said([middle], { mine: [known(at(T0 + 40))] })).toEqual([]);
    expect(said([oldest], { mine, order: "oldest", hasMore: true })).toEqual([]);
  });

  it("sees two decisions in one place of a key's chain, and one that names another than the one before it", () => {
    expect(said([newest, oldest])).toEqual(["chain E_CHAIN_FORK 1,0"]);
    const next = at(T0 + 15, LEE, { n: 2, prev: middle.dig });
    expect(said([next, oldest])).toEqual(["chain E_CHAIN_FORK 1,0"]);
  });

  it("leaves a row that cannot be read to its own verdict", () => {
    expect(said([{ ...newest, request: "a.b.c", decisions: ["a.b.c"] }, middle])).toEqual([]);
  });
});
