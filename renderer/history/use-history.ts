import { useCallback, useEffect, useState } from "react";

import type { HistoryRow, WireFault } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { useClock } from "../state/clock.ts";

export type HistoryState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly fault: WireFault }
  /** `at`: when this computer checked the signatures, seconds of its clock. */
  | { readonly kind: "ready"; readonly rows: readonly HistoryRow[]; readonly at: number };

/** The newest decisions of this computer, each checked by main while it was listed. */
export function useHistory(): { readonly state: HistoryState; readonly refresh: () => void } {
  const bridge = useBridge();
  const clock = useClock();
  const [state, setState] = useState<HistoryState>({ kind: "loading" });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    void ask(bridge.list_history({ limit: 200 })).then((reply) => {
      if (!isCurrent) return;
      setState(
        reply.ok
          ? { kind: "ready", rows: reply.value, at: Math.floor(clock.nowMs() / 1000) }
          : { kind: "failed", fault: reply.error },
      );
    });
    return () => {
      isCurrent = false;
    };
  }, [bridge, clock, round]);
  const refresh = useCallback(() => setRound((count) => count + 1), []);
  return { state, refresh };
}
