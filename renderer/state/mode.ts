import { createContext, useContext } from "react";

import { DEMO_QUERY } from "#shared/ipc/channels.ts";
import type { Mode } from "#shared/ipc/contract.ts";

const ModeContext = createContext<Mode | undefined>(undefined);

export const ModeProvider = ModeContext.Provider;

/** The mode main gave this window in its address, known before main has said anything else. */
export const modeIn = (search: string): Mode => (search === DEMO_QUERY ? "demo" : "live");

export function useIsDemo(): boolean {
  const mode = useContext(ModeContext);
  if (mode === undefined) throw new Error("useIsDemo needs a ModeProvider above it");
  return mode === "demo";
}
