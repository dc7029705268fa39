import { describe, expect, test, vi } from "vitest";

import { refill } from "../../../renderer/bridge/fake/orders.ts";
import { makeReview } from "../../../renderer/bridge/fake/reviews.ts";
import { makeSnapshot } from "../../../renderer/bridge/fake/snapshot.ts";
import { startStore } from "../../../renderer/state/store.ts";
import type { AppEvent, AppSnapshot, Bridge, Reply, ReviewData } from "#shared/ipc/contract.ts";

function bridgeOf(snapshot: () => Promise<Reply<AppSnapshot>>, review?: () => Promise<Reply<ReviewData>>) {
  let listener: (event: AppEvent) => void = () => {};
  const closed = vi.fn(async () => ({ ok: true, value: null }) as const);
  const bridge = {
    get_snapshot: vi.fn(snapshot),
    open_review: review,
    close_review: closed,
    onEvent: (given: typeof listener) => {
      listener = given;
      return () => {};
    },
  } as unknown as Bridge & { get_snapshot: ReturnType<typeof vi.fn> };
  return { bridge, send: (event: AppEvent) => listener(event), closed };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const seqOf = (store: ReturnType<typeof startStore>) => {
  const state = store.get();
  return state.kind === "ready" ? state.view.snapshot.seq : state.kind;
};

describe("starting", () => {
  test("waits for the first snapshot", async () => {
    const { bridge } = bridgeOf(async () => ({ ok: true, value: makeSnapshot({ seq: 4 }) }));
    const store = startStore(bridge);
    expect(seqOf(store)).toBe("starting");
    await settled();
    expect(seqOf(store)).toBe(4);
  });

  test("says why when main does not answer, and tries again when asked", async () => {
    let isUp = false;
    const { bridge } = bridgeOf(async () => {
      if (!isUp) throw new Error("no handler");
      return { ok: true, value: makeSnapshot() };
    });
    const store = startStore(bridge);
    await settled();
    expect(store.get()).toMatchObject({ kind: "failed", fault: { code: "E_INTERNAL" } });
    isUp = true;
    await store.refresh();
    expect(store.get().kind).toBe("ready");
  });
});

test("a gap asks for a whole snapshot, once", async () => {
  let seq = 4;
  const { bridge, send } = bridgeOf(async () => ({ ok: true, value: makeSnapshot({ seq }) }));
  const store = startStore(bridge);
  await settled();
  seq = 9;
  send({ seq: 7, kind: "notice", notice: "copied" });
  send({ seq: 8, kind: "notice", notice: "copied" });
  await settled();
  expect(seqOf(store)).toBe(9);
  expect(bridge.get_snapshot).toHaveBeenCalledTimes(2);
});

describe("an open request whose new version was told while nobody listened", () => {
  const old = makeReview(refill);
  const fresh = { ...old, row: { ...old.row, rev: old.row.rev + 1, digest: "sha-256:fresh" } };

  async function open() {
    let snapshot = makeSnapshot({ seq: 4, rows: [old.row] });
    let answer = old;
    const { bridge, send } = bridgeOf(
      async () => ({ ok: true, value: snapshot }),
      async () => ({ ok: true, value: answer }),
    );
    const store = startStore(bridge);
    await settled();
    await store.openReview(old.row.key);
    answer = fresh;
    snapshot = makeSnapshot({ seq: 9, rows: [fresh.row] });
    const shown = () => {
      const state = store.get();
      return state.kind === "ready" ? state.view.review?.row.digest : undefined;
    };
    return { send, snapshot, shown };
  }

  test("is read anew after a gap", async () => {
    const { send, shown } = await open();
    expect(shown()).toBe(old.row.digest);
    send({ seq: 8, kind: "notice", notice: "copied" });
    await settled();
    expect(shown()).toBe("sha-256:fresh");
  });

  test("is read anew when main sends a whole snapshot", async () => {
    const { send, snapshot, shown } = await open();
    send({ seq: 9, kind: "snapshot", snapshot });
    await settled();
    expect(shown()).toBe("sha-256:fresh");
  });
});

test("toasts and requests to open reach those who listen for them", async () => {
  const { bridge, send } = bridgeOf(async () => ({ ok: true, value: makeSnapshot({ seq: 4 }) }));
  const store = startStore(bridge);
  const heard = vi.fn();
  store.onSignal(heard);
  await settled();
  const { key } = makeReview(refill).row;
  send({ seq: 5, kind: "open", key });
  expect(heard).toHaveBeenCalledExactlyOnceWith({ seq: 5, kind: "open", key });
});

describe("the open review", () => {
  test("is held until it is closed, and closing tells main", async () => {
    const review = makeReview(refill);
    const { bridge, closed } = bridgeOf(
      async () => ({ ok: true, value: makeSnapshot() }),
      async () => ({ ok: true, value: review }),
    );
    const store = startStore(bridge);
    await settled();
    await store.openReview(review.row.key);
    expect(store.get()).toMatchObject({ view: { review } });
    store.closeReview();
    expect(store.get()).not.toHaveProperty("view.review");
    expect(closed).toHaveBeenCalledOnce();
  });

  test("an answer that comes after the person went elsewhere is dropped", async () => {
    const review = makeReview(refill);
    let answer: (reply: Reply<ReviewData>) => void = () => {};
    const { bridge } = bridgeOf(
      async () => ({ ok: true, value: makeSnapshot() }),
      () => new Promise((resolve) => (answer = resolve)),
    );
    const store = startStore(bridge);
    await settled();
    const opening = store.openReview(review.row.key);
    store.closeReview();
    answer({ ok: true, value: review });
    await opening;
    expect(store.get()).not.toHaveProperty("view.review");
  });

  test("an answer that comes after a lock is dropped (AC17)", async () => {
    const review = makeReview(refill);
    let answer: (reply: Reply<ReviewData>) => void = () => {};
    const { bridge, send } = bridgeOf(
      async () => ({ ok: true, value: makeSnapshot({ seq: 1 }) }),
      () => new Promise((resolve) => (answer = resolve)),
    );
    const store = startStore(bridge);
    await settled();
    const opening = store.openReview(review.row.key);
    send({ seq: 2, kind: "phase", phase: { kind: "locked", people: [], waiting: 1 } });
    answer({ ok: true, value: review });
    await opening;
    expect(store.get()).not.toHaveProperty("view.review");
  });
});
