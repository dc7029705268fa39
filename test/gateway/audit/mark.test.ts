import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterEach, describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { makeRekeying } from "../../../gateway/store/rekey.ts";
import { markRestored } from "../../../gateway/store/sqlite/restored.ts";
import { crypto } from "../device.ts";
import { pagesOf, started, type Started } from "./started.ts";

/** What a start goes through before it serves, and what it builds on (docs/decisions/0018). */

const opened: Started[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.world.close();
});

async function hospital(count?: number): Promise<Started> {
  const made = await started(count);
  opened.push(made);
  return made;
}

const refusal = async (act: Promise<unknown>): Promise<CountersignError> => {
  const error: unknown = await act.catch((found: unknown) => found);
  if (error instanceof CountersignError) return error;
  throw new Error("nothing was refused");
};

const markIn = (file: string, name = "audit_mark"): string => {
  const db = new DatabaseSync(file);
  const row = db.prepare("SELECT value FROM meta WHERE name = ?").get(name);
  db.close();
  return String(row?.["value"]);
};

const SET =
  "INSERT INTO meta (name, value) VALUES ('audit_mark', '%') ON CONFLICT DO UPDATE SET value = excluded.value";

describe("a start", () => {
  it("goes through the whole log where nobody did before, and through what came after its mark alone the next time", async () => {
    const { world, begin, decideMore, between, told } = await hospital();
    const first = await begin();
    expect([first.rounds, told]).toEqual([[], ['whole {"why":"new"}']]);
    expect(first.mark).toMatchObject({ size: world.core.store.logSize(), whole_at: world.now() });
    await decideMore(2);
    between(() => undefined);
    const { store, pages } = pagesOf(world.core.store);
    const next = await begin({ store });
    expect(Math.min(...pages)).toBe(first.mark.size);
    expect(next.mark).toMatchObject({ size: world.core.store.logSize(), whole_at: first.mark.whole_at });
    expect([next.rounds.length, told.length]).toEqual([1, 1]);
  });

  it("that has time goes through the whole of a small log all the same, so damage before the mark is refused", async () => {
    const { begin, tamper } = await hospital();
    await begin();
    tamper("UPDATE leaves SET entry = entry || ' ' WHERE idx = 2");
    expect((await begin()).rounds).toHaveLength(1);
    const found = await refusal(begin({ firstMs: 60_000 }));
    expect([found.code, found.message]).toEqual(["E_STORE_CORRUPT", expect.stringContaining("entry 2 of the log")]);
    // What is known to be damaged is not served by the next start either, however little time it has.
    expect((await refusal(begin())).code).toBe("E_STORE_CORRUPT");
  });

  it.each([
    ["an entry", "UPDATE leaves SET entry = entry || ' ' WHERE idx = (SELECT MAX(idx) - 1 FROM leaves)"],
    ["the last entry, taken away", "DELETE FROM leaves WHERE idx = (SELECT MAX(idx) FROM leaves)"],
    [
      "a request's sealed bytes",
      "UPDATE request_texts SET sealed = zeroblob(length(sealed)) WHERE n = (SELECT MAX(n) FROM request_texts)",
    ],
    ["a decision's digest", "UPDATE decisions SET dig = 'sha-256:x' WHERE n = (SELECT MAX(n) FROM decisions)"],
    [
      "a statement without an entry",
      "INSERT INTO statements (dig, kid, sub, kind, jws, sealed, at) SELECT 'sha-256:x', kid, sub, 'forward', '', sealed, at FROM decisions LIMIT 1",
    ],
  ])("refuses what was changed after its mark: %s", async (_what, sql) => {
    const { begin, decideMore, tamper } = await hospital(1);
    await begin();
    await decideMore(2);
    tamper(sql);
    expect((await refusal(begin())).code).toBe("E_STORE_CORRUPT");
  });

  it("is heard while it audits: it says how far it is, and ends at once when asked to", async () => {
    const { begin, world } = await hospital();
    const stop = new AbortController();
    const said: { done: number; of: number }[] = [];
    let at = 0;
    const run = begin({
      signal: stop.signal,
      ticks: () => (at += 30),
      onProgress(how) {
        said.push(how);
        stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
    expect(said).toEqual([{ done: expect.any(Number) as number, of: world.core.store.logSize() + 6 }]);
  });
});

describe("a mark", () => {
  it.each([
    ["that was made up", () => "eyJzaXplIjo5OX0"],
    [
      "of which one character was changed",
      (mark: string) => mark.replace(/^./, (first) => (first === "A" ? "B" : "A")),
    ],
  ])("%s is not built on", async (_what, forged) => {
    const { begin, between, tamper, told } = await hospital();
    await begin();
    let mark = "";
    between((file) => void (mark = markIn(file)));
    tamper(SET.replace("%", forged(mark)));
    expect((await begin()).rounds).toEqual([]);
    expect(told).toContain('whole {"why":"refused"}');
  });

  it("of another store is not built on, nor is how far a round is taken for it", async () => {
    const [one, other] = [await hospital(), await hospital()];
    for (const { begin } of [one, other]) await begin();
    let strange = "";
    other.between((file) => void (strange = markIn(file)));
    one.tamper(SET.replace("%", strange));
    await one.begin();
    expect(one.told).toContain('whole {"why":"refused"}');

    one.told.length = 0;
    const beside = one.beside(await one.begin());
    one.world.clock.advance(10);
    beside.close();
    let round = "";
    one.between((file) => void (round = markIn(file, "audit_round")));
    one.tamper(SET.replace("%", round));
    await one.begin();
    expect(one.told).toContain('whole {"why":"refused"}');
  });

  it("of an earlier day of the same store only means that more is gone through", async () => {
    const { world, begin, between, tamper, decideMore } = await hospital();
    const { mark: old } = await begin();
    let kept = "";
    between((file) => void (kept = markIn(file)));
    await decideMore(2);
    await begin();
    tamper(SET.replace("%", kept));
    const { store, pages } = pagesOf(world.core.store);
    expect((await begin({ store })).mark.size).toBe(world.core.store.logSize());
    expect(Math.min(...pages)).toBe(old.size);
  });

  it("that says more than the log has is a rollback, also where every checkpoint went with it", async () => {
    const { world, begin, tamper, decideMore } = await hospital(1);
    const size = world.core.store.logSize();
    await decideMore(2);
    await begin();
    tamper(`DELETE FROM leaves WHERE idx >= ${String(size)}`, `DELETE FROM checkpoints WHERE size > ${String(size)}`);
    const found = await refusal(begin({ notes: [] }));
    expect(found.message).toContain("ROLLBACK DETECTED");
    expect(found.message).toContain(`the log has ${String(size)} entries`);
  });

  it("does not carry a history that was rewritten under it: the roots have to agree", async () => {
    const { world, begin, tamper } = await hospital();
    await begin();
    const last = world.core.store.logSize() - 1;
    tamper(
      `UPDATE leaves SET hash = (SELECT hash FROM leaves WHERE idx = 0) WHERE idx = ${String(last - (last % 2))}`,
      "UPDATE leaves SET closed = zeroblob(length(closed))",
    );
    expect((await refusal(begin())).message).toContain("ROLLBACK DETECTED");
  });

  it("of before the store's key was changed is not built on", async () => {
    const { world, begin, between, told } = await hospital();
    await begin();
    let folder = "";
    between((file) => void (folder = dirname(file)));
    const rekeying = makeRekeying({
      ...{
        store: world.core.store,
        records: world.core.records,
        crypto,
        kid: world.signer.kid,
        folder,
        now: world.now,
      },
      randomText: (bytes) => globalThis.crypto.getRandomValues(Buffer.alloc(bytes)).toString("base64url"),
    });
    while (!rekeying.step("engineer").done);
    between(() => undefined);
    await begin();
    expect(told).toContain('whole {"why":"refused"}');
  });

  it("is not built on in a store that was restored", async () => {
    const { begin, between, told } = await hospital();
    await begin();
    between((file) => markRestored(file, "{}"));
    expect((await begin()).rounds).toEqual([]);
    expect(told).toContain('whole {"why":"restored"}');
  });
});
