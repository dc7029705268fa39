import { ask } from "../bridge/bridge.ts";
import { applyEvent, isReviewBehind, sameKey, withReview, withSnapshot, withoutReview } from "./app-view.ts";
import type { AppView } from "./app-view.ts";
import type { AppEvent, Bridge, Reply, RequestKey, ReviewData, WireFault } from "#shared/ipc/contract.ts";

/** Events that change nothing but are for a person: a toast, or a request to open. */
export type Signal = Extract<AppEvent, { readonly kind: "notice" | "open" }>;

/** Before main's first snapshot there is nothing to draw; `failed` says why. */
export type StoreState =
  | { readonly kind: "starting" }
  | { readonly kind: "failed"; readonly fault: WireFault }
  | { readonly kind: "ready"; readonly view: AppView };

export interface Store {
  readonly get: () => StoreState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly onSignal: (listener: (signal: Signal) => void) => () => void;
  /** Asks main for its whole snapshot again. */
  readonly refresh: () => Promise<void>;
  readonly openReview: (key: RequestKey) => Promise<Reply<ReviewData>>;
  readonly closeReview: () => void;
  readonly dispose: () => void;
}

/**
 * Main's snapshot and events as one value for `useSyncExternalStore`. Events that arrive before the first snapshot are
 * covered by it; a gap asks for a new one.
 */
export function startStore(bridge: Bridge): Store {
  let state: StoreState = { kind: "starting" };
  let isFetching = false;
  /** The review the person is looking at; a late answer for another one is dropped. */
  let wanted: RequestKey | undefined;
  const listeners = new Set<() => void>();
  const signalListeners = new Set<(signal: Signal) => void>();

  const put = (next: StoreState): void => {
    state = next;
    for (const listener of listeners) listener();
  };
  const show = (view: AppView): void => put({ kind: "ready", view });

  const refresh = async (): Promise<void> => {
    if (isFetching) return;
    isFetching = true;
    const reply = await ask(bridge.get_snapshot(undefined));
    isFetching = false;
    if (!reply.ok) {
      if (state.kind !== "ready") put({ kind: "failed", fault: reply.error });
      return;
    }
    if (state.kind !== "ready") show({ snapshot: reply.value });
    else if (reply.value.seq >= state.view.snapshot.seq) show(withSnapshot(state.view, reply.value));
    catchUp();
  };

  /** What missed events said of the open request is asked for: the person must learn that it changed. */
  const catchUp = (): void => {
    if (state.kind === "ready" && wanted !== undefined && isReviewBehind(state.view)) void openReview(wanted);
  };

  const onEvent = (event: AppEvent): void => {
    if (event.kind === "notice" || event.kind === "open") for (const listener of signalListeners) listener(event);
    if (state.kind !== "ready") {
      if (event.kind === "snapshot") show({ snapshot: event.snapshot });
      return;
    }
    const applied = applyEvent(state.view, event);
    if (applied.kind === "applied") {
      show(applied.view);
      if (event.kind === "snapshot") catchUp();
    } else if (applied.kind === "gap") void refresh();
  };

  const isWanted = (key: RequestKey): boolean => wanted !== undefined && sameKey(wanted, key);

  const openReview = async (key: RequestKey): Promise<Reply<ReviewData>> => {
    wanted = key;
    const reply = await ask(bridge.open_review({ key }));
    if (reply.ok && isWanted(key) && state.kind === "ready" && state.view.snapshot.phase.kind === "unlocked") {
      show(withReview(state.view, reply.value));
    }
    return reply;
  };

  const closeReview = (): void => {
    wanted = undefined;
    if (state.kind === "ready" && state.view.review !== undefined) show(withoutReview(state.view));
    void ask(bridge.close_review(undefined));
  };

  const stop = bridge.onEvent(onEvent);
  void refresh();

  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onSignal: (listener) => {
      signalListeners.add(listener);
      return () => signalListeners.delete(listener);
    },
    refresh,
    openReview,
    closeReview,
    dispose: () => {
      stop();
      listeners.clear();
      signalListeners.clear();
    },
  };
}
