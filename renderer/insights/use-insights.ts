import { useCallback, useEffect, useState } from "react";

import type { CommandInput, WireFault } from "#shared/ipc/contract.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";

export type InsightsState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly fault: WireFault }
  | { readonly kind: "ready"; readonly view: InsightsView };

type Wanted = CommandInput<"ask_insights">;

/** The measures of what is wanted; an answer for something else that was wanted before is dropped. */
export function useInsights({ iss, from, to, units }: Wanted): {
  readonly state: InsightsState;
  readonly again: () => void;
} {
  const bridge = useBridge();
  const [state, setState] = useState<InsightsState>({ kind: "loading" });
  const [round, setRound] = useState(0);
  const unit = units?.[0];
  useEffect(() => {
    let isCurrent = true;
    const query = { iss, from, to, ...(unit === undefined ? {} : { units: [unit] }) };
    void ask(bridge.ask_insights(query)).then((reply) => {
      if (isCurrent) setState(reply.ok ? { kind: "ready", view: reply.value } : { kind: "failed", fault: reply.error });
    });
    return () => {
      isCurrent = false;
    };
  }, [bridge, iss, from, to, unit, round]);
  const again = useCallback(() => {
    setState({ kind: "loading" });
    setRound((count) => count + 1);
  }, []);
  return { state, again };
}
