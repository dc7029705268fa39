import { useEffect, useMemo, useState } from "react";

import type { CommandInput, WireFault } from "#shared/ipc/contract.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import type { Purpose } from "#shared/reports/filter.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";

export type InsightsState =
  | { readonly kind: "loading" }
  /** Who sees how others read says why first. */
  | { readonly kind: "why" }
  | { readonly kind: "failed"; readonly fault: WireFault }
  | { readonly kind: "ready"; readonly view: InsightsView };

type Wanted = Omit<CommandInput<"ask_insights">, "purpose">;

export interface Asked {
  readonly state: InsightsState;
  readonly again: () => void;
  readonly sayWhy: (purpose: Purpose) => void;
}

/** The measures of what is wanted; an answer to what was asked before is dropped. */
export function useInsights({ iss, from, to, units }: Wanted): Asked {
  const bridge = useBridge();
  const [answer, setAnswer] = useState<{ readonly to: object; readonly state: InsightsState }>();
  const [why, setWhy] = useState<Purpose>();
  const [round, setRound] = useState(0);
  const unit = units?.[0];
  const question = useMemo(() => {
    const query = { iss, from, to, ...(unit === undefined ? {} : { units: [unit] }) };
    return { round, query: { ...query, ...(why === undefined ? {} : { purpose: why }) } };
  }, [iss, from, to, unit, why, round]);
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
    state: answer?.to === question ? answer.state : { kind: "loading" },
    again: () => setRound((count) => count + 1),
    sayWhy: setWhy,
  };
}

const stateOf = (fault: WireFault): InsightsState =>
  fault.code === "E_QUERY_PURPOSE" ? { kind: "why" } : { kind: "failed", fault };
