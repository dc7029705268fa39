import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { makeCommitGroup, type CommitGroup, type Outcome } from "../../../gateway/store/group.ts";
import { openSqliteStore } from "../../../gateway/store/sqlite.ts";
import type { Store } from "../../../gateway/store/store.ts";

let folder: string;
let store: Store;
let group: CommitGroup;
/** Outermost transactions: each is one flush of the disk. */
let commits: number;
let told: Outcome<unknown>[];
let faults: unknown[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cs-group-"));
  store = openSqliteStore(join(folder, "gateway.sqlite"));
  [commits, told, faults] = [0, [], []];
  let depth = 0;
  const write: Store["write"] = (fn) => {
    if (depth === 0) commits++;
    depth++;
    try {
      return store.write(fn);
    } finally {
      depth--;
    }
  };
  group = makeCommitGroup({ write }, (error) => faults.push(error));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const pause = (id: string) => () => {
  store.write((tx) => {
    tx.pause("agent", id, 1);
  });
  return id;
};
const add = (work: () => unknown): void => {
  group.add(work, (outcome) => told.push(outcome));
};

describe("a group of commits", () => {
  it("is one flush for all that came in one turn, and nobody is told before it", async () => {
    for (let i = 0; i < 40; i++) add(pause(`a${String(i)}`));
    expect([told.length, store.paused("agent").length]).toEqual([0, 0]);
    await turn();
    expect(commits).toBe(1);
    expect(told).toEqual(Array.from({ length: 40 }, (_, i) => ({ value: `a${String(i)}` })));
    expect(store.paused("agent")).toHaveLength(40);
  });

  it("tells each before what the commit's listeners put off: a receipt goes before its copy in the feed", async () => {
    const order: string[] = [];
    group.add(
      () => {
        store.write((tx) => {
          tx.afterCommit(() => {
            order.push("committed");
            queueMicrotask(() => order.push("its microtask"));
          });
        });
        order.push("worked");
      },
      () => order.push("told"),
    );
    await turn();
    expect(order).toEqual(["worked", "committed", "told", "its microtask"]);
  });

  it("keeps nothing of one that fails, and all of the others", async () => {
    add(pause("before"));
    add(() => {
      store.write((tx) => {
        tx.pause("agent", "lost", 1);
        throw new CountersignError("E_REQ_TERMINAL");
      });
    });
    add(pause("after"));
    await turn();
    expect(store.paused("agent")).toEqual(expect.arrayContaining(["before", "after"]));
    expect(store.paused("agent")).not.toContain("lost");
    expect(told).toMatchObject([{ value: "before" }, { error: { code: "E_REQ_TERMINAL" } }, { value: "after" }]);
  });

  it("keeps nothing and tells everyone where the disk is full before the commit", async () => {
    add(pause("before"));
    add(() => {
      throw new CountersignError("E_REQ_TERMINAL");
    });
    group.add(
      () => store.write(() => "fine so far"),
      (outcome) => told.push(outcome),
    );
    const full = new CountersignError("E_STORE_FULL");
    const refusing = makeCommitGroup(
      {
        write: (fn) =>
          store.write((tx) => {
            fn(tx);
            throw full;
          }),
      },
      (error) => faults.push(error),
    );
    refusing.add(pause("never"), (outcome) => told.push(outcome));
    refusing.flush();
    expect(told).toEqual([{ error: full }]);
    expect(store.paused("agent")).toEqual([]);
    await turn();
    expect(store.paused("agent")).toEqual(["before"]);
  });

  it("flushes what waits when asked, and goes on for those behind one whose answer throws", () => {
    group.add(pause("x"), () => {
      throw new Error("its listener");
    });
    for (let i = 0; i < 100; i++) add(pause(`a${String(i)}`));
    group.flush();
    expect([told.length, commits, faults.length]).toEqual([100, 2, 1]);
  });
});
