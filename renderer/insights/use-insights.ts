import { useCallback, useEffect, useMemo, useState } from "react";

import type { CommandInput, WireFault } from "#shared/ipc/contract.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import type { Purpose } from "#shared/reports/filter.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { useClock } from "../state/clock.ts";

export type InsightsState =
  /** `read`: requests so far, once it has taken longer than anybody waits without a word. */
  | { readonly kind: "loading"; readonly read?: number }
  | { readonly kind: "stopped" }
  /** Who sees how others read says why first. */
  | { readonly kind: "why" }
  | { readonly kind: "failed"; readonly fault: WireFault }
  | { readonly kind: "ready"; readonly view: InsightsView };

type Wanted = Omit<CommandInput<"ask_insights">, "purpose">;

export interface Asked {
  readonly state: InsightsState;
  readonly again: () => void;
  readonly sayWhy: (purpose: Purpose) => void;
  readonly stop: () => void;
}

/** So long nothing is said (approval-experience.md S3: loading at most two seconds without words). */
const QUIET_MS = 2000;

/** The measures of what is wanted; an answer to what was asked before is dropped. */
export function useInsights({ iss, from, to, units }: Wanted): Asked {
  const bridge = useBridge();
  const clock = useClock();
  const [answer, setAnswer] = useState<{ readonly to: object; readonly state: InsightsState }>();
  const [why, setWhy] = useState<Purpose>();
  const [round, setRound] = useState(0);
  const unit = units?.[0];
  const question = useMemo(() => {
    const query = { iss, from, to, ...(unit === undefined ? {} : { units: [unit] }) };
    return { round, query: { ...query, ...(why === undefined ? {} : { purpose: why }) } };
  }, [iss, from, to, unit, why, round]);
  const [progress, setProgress] = useState<{ readonly of: object; readonly read: number; readonly isLong: boolean }>();
  const now = progress?.of === question ? progress : undefined;
  useEffect(() => {
    const tell = (change: (was: { readonly read: number; readonly isLong: boolean }) => object): void =>
      setProgress((was) => {
        const mine = was?.of === question ? was : { of: question, read: 0, isLong: false };
        return { ...mine, ...change(mine) };
      });
    const stopWaiting = clock.after(QUIET_MS, () => tell(() => ({ isLong: true })));
    const stopListening = bridge.onEvent((event) => {
      if (event.kind === "insights" && event.iss === iss) tell(() => ({ read: event.read }));
    });
    return () => {
      stopWaiting();
      stopListening();
    };
  }, [bridge, clock, question, iss]);
  useEffect(() => {
    let isCurrent = true;
    void ask(bridge.ask_insights(question.query)).then((reply) => {
      if (!isCurrent) return;
      if (reply.ok) setAnswer({ to: question, state: { kind: "ready", view: reply.value } });
      else setAnswer({ to: question, state: stateOf(reply.error) });
    });
    return () => {
      isCurrent = false;
    };
  }, [bridge, question]);
  return {
    state:
      answer?.to === question ? answer.state : { kind: "loading", ...(now?.isLong === true ? { read: now.read } : {}) },
    stop: useCallback(() => void ask(bridge.stop_insights({ iss })), [bridge, iss]),
    again: () => setRound((count) => count + 1),
    sayWhy: setWhy,
  };
}

function stateOf(fault: WireFault): InsightsState {
  if (fault.code === "E_QUERY_PURPOSE") return { kind: "why" };
  return fault.code === "E_CLI_CANCELLED" ? { kind: "stopped" } : { kind: "failed", fault };
}
