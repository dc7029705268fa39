import { createContext, useContext } from "react";

import type { Bridge } from "#shared/ipc/contract.ts";

const BridgeContext = createContext<Bridge | undefined>(undefined);

export const BridgeProvider = BridgeContext.Provider;

/** The door to main. Only inside the app's tree. */
export function useBridge(): Bridge {
  const bridge = useContext(BridgeContext);
  if (bridge === undefined) throw new Error("useBridge needs a BridgeProvider above it");
  return bridge;
}
