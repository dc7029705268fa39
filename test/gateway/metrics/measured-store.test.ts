import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { measuredStore, type StoreMeters } from "../../../gateway/metrics/measured-store.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { AT, digest, makeDecision, makeRequest } from "../store/contract-fixtures.ts";
import { storeContract } from "../store/contract.ts";

const root = mkdtempSync(join(tmpdir(), "cs-measured-"));
const opened: Store[] = [];
let n = 0;

afterAll(() => {
  for (const store of opened) store.close();
  rmSync(root, { recursive: true, force: true });
});

/** A store that is watched, and what its meters were told. */
function watched(path = join(root, String(n++), "gateway.sqlite")) {
  const told: string[] = [];
  let nowMs = 0;
  const meters: StoreMeters = {
    moved: (state, tier) => told.push(`${state} ${tier}`),
    decided: (decision, outcome, { waitedS, tier }) => told.push(`${decision} ${outcome} ${String(waitedS)} s ${tier}`),
    committed: (seconds) => told.push(`committed ${String(seconds)} s`),
    executed: (result) => told.push(`executed ${result}`),
    refused: (door, code) => told.push(`${door} ${code}`),
  };
  const inner = openSqliteStore(path, { onFault: () => undefined });
  opened.push(inner);
  return { store: measuredStore(inner, meters, () => nowMs), inner, path, told, pass: (ms: number) => (nowMs += ms) };
}

storeContract("sqlite, watched", () => {
  const { store, inner, path } = watched();
  return {
    store,
    reopen() {
      inner.close();
      return watched(path).store;
    },
  };
});

const answer = (over: object = {}) => ({
  ...{ kid: "k1", jti: digest(), dig: digest(), kind: "decision" as const, jws: "h.p.s", receipt: "h.p.s" },
  ...{ result: "recorded" as const, at: AT, ...over },
});

describe("what the meters are told", () => {
  it("the way of one request, its decision and its execution", () => {
    const { store, told, pass } = watched();
    const r = makeRequest({ risk: "critical" });
    store.write((tx) => tx.addRequest(r, AT));
    store.write(() => {
      pass(3);
      store.write((tx) => {
        tx.approveRequest(r.rid, 1, { execute_at: AT, uses: 1, grant_until: AT + 60 }, AT + 40);
        tx.addDecision(makeDecision(r, { at: AT + 40 }));
        tx.addAnswer(answer());
        pass(2);
      });
    });
    store.write((tx) => tx.startExecution(r.rid, 1, `${r.rid}.1`, AT + 41));
    store.write((tx) => tx.finishExecution(`${r.rid}.1`, { kind: "refused", status: 422, body: "" }, AT + 42));
    expect(told).toEqual([
      ...["open critical", "approved critical", "approve approved 40 s critical", "committed 0.005 s"],
      ...["executing critical", "failed critical", "executed refused"],
    ]);
  });

  it("a signed rejection by its code", () => {
    const { store, told } = watched();
    store.write((tx) => tx.addAnswer(answer({ result: "rejected", code: "E_SOD_SELF" })));
    store.write((tx) => tx.addAnswer(answer({ kind: "statement", result: "rejected", code: "E_STM_TARGET" })));
    expect(told).toEqual(["committed 0 s", "receipt E_SOD_SELF", "receipt E_STM_TARGET"]);
  });

  it("nothing of what was rolled back or did not happen", () => {
    const { store, told } = watched();
    const r = makeRequest();
    expect(() =>
      store.write((tx) => {
        tx.addRequest(r, AT);
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(store.write((tx) => tx.moveRequest(r.rid, 1, ["open"], "denied", AT))).toBe(false);
    expect(store.write((tx) => tx.startExecution(r.rid, 1, "e", AT))).toBe(false);
    expect(store.write((tx) => tx.finishExecution("e", { kind: "unknown", why: "" }, AT))).toBe(false);
    expect(told).toEqual([]);
  });
});
