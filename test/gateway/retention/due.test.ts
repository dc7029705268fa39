import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { makeKeeper } from "../../../gateway/retention/keeper.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { crypto } from "../device.ts";
import { added, AT, code, digest } from "../store/contract-fixtures.ts";

/** What is old enough to be erased: by when it ended, not by when it began, and never while somebody looks into it. */

const YEAR = 365.25 * 24 * 3600;
let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-due-"));
  store = openSqliteStore(join(folder, "gateway.sqlite"));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** What the job says so many years after everything began. */
const after = (years: number) =>
  makeKeeper({
    ...{ store, crypto, kid: "k", randomText: () => String(years), years: 10, onErased: () => undefined },
    ...{ now: () => AT + years * YEAR, records: { leaf: () => 0 } },
  }).runBatch(0, false);

it("is kept ten years from its end, however early it began", () => {
  const r = added(store);
  store.write((tx) => tx.moveRequest(r.rid, 1, ["open"], "denied", AT + 5 * YEAR));
  expect(after(14)).toEqual({ erased: 0, held: 0, open: 1 });
  expect(after(16)).toEqual({ erased: 1, held: 0, open: 0 });
});

it("is kept while it is under review", () => {
  const r = added(store);
  const say = (kind: "flag-decision" | "close-review", jti: string): void => {
    const said = { dig: digest(), kid: "k1", sub: "urn:p", kind, jws: "h.p.s", jti, rid: r.rid, rev: 1, at: AT };
    store.write((tx) => tx.addStatement(said));
  };
  store.write((tx) => tx.moveRequest(r.rid, 1, ["open"], "denied", AT));
  say("flag-decision", "j1");
  expect(after(20)).toEqual({ erased: 0, held: 0, open: 1 });
  say("close-review", "j2");
  expect(after(20)).toEqual({ erased: 1, held: 0, open: 0 });
});

it("is what policy allowed, ten years from its end, and not before it has one", () => {
  const op = { method: "PUT", url: "https://x", media: "m", body: "{}", body_dig: digest() } as const;
  const act = {
    ...{ id: "a1", agent: { sub: "urn:a", name: "A" }, type: "urn:t", rule: "r" },
    op,
    granted: [{ type: "t", id: "g" }] as const,
  };
  store.write((tx) => tx.startAllowed({ act, what: digest(), dig: digest() }, AT));
  expect(after(20)).toEqual({ erased: 0, held: 0, open: 1 });
  store.write((tx) => tx.finishAllowed("a1", { kind: "done", status: 200, body: "" }, AT + 15 * YEAR));
  expect(after(20)).toEqual({ erased: 0, held: 0, open: 1 });
  expect(after(26)).toEqual({ erased: 1, held: 0, open: 0 });
  expect(code(() => store.allowedAct("a1")?.act)).toBe("E_STORE_ERASED");
});
