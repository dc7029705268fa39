import { createContext, useContext, useSyncExternalStore } from "react";

import type { AppView } from "./app-view.ts";
import type { Store, StoreState } from "./store.ts";
import type { AppSnapshot } from "#shared/ipc/contract.ts";

const StoreContext = createContext<Store | undefined>(undefined);

export const StoreProvider = StoreContext.Provider;

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (store === undefined) throw new Error("useStore needs a StoreProvider above it");
  return store;
}

export function useStoreState(): StoreState {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.get);
}

/** Main's truth. Only below the place that waits for the first snapshot. */
export function useAppView(): AppView {
  const state = useStoreState();
  if (state.kind !== "ready") throw new Error("useAppView needs the first snapshot");
  return state.view;
}

export function useSnapshot(): AppSnapshot {
  return useAppView().snapshot;
}
