import { useCallback, useEffect, useMemo, useState } from "react";

import type { WireFault } from "#shared/ipc/contract.ts";
import type { PageVerdict, RecordPage } from "#shared/ipc/reports.ts";
import type { HistoryFilter, Purpose } from "#shared/reports/filter.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";

export interface RecordsQuery {
  readonly iss: string;
  readonly filter: HistoryFilter;
  readonly order: "newest" | "oldest";
}

export type RecordsState =
  | { readonly kind: "loading" }
  /** The gateway wants to know why before it shows anything. */
  | { readonly kind: "why" }
  /** Its history cannot be reached: what this computer has is shown instead. */
  | { readonly kind: "unreached"; readonly fault: WireFault }
  | { readonly kind: "failed"; readonly fault: WireFault }
  | { readonly kind: "ready"; readonly page: RecordPage; readonly check: Check };
/** While it runs no row says anything but that it is being checked. */
export type Check =
  | { readonly kind: "running" }
  | { readonly kind: "failed"; readonly fault: WireFault }
  | { readonly kind: "done"; readonly found: PageVerdict };

export interface Records {
  readonly state: RecordsState;
  /** Rows before the first of this page, and the whole where the gateway counted it. */
  readonly before: number;
  readonly total: number | undefined;
  readonly canGoBack: boolean;
  readonly next: () => void;
  readonly previous: () => void;
  readonly again: () => void;
  readonly checkAgain: () => void;
  readonly sayWhy: (purpose: Purpose) => void;
}

interface Step {
  readonly page: string | undefined;
  readonly before: number;
}
const FIRST: Step = { page: undefined, before: 0 };
/** No history behind this connection: not connected, a gateway of before there were reports, or a practice. */
const UNREACHED: ReadonlySet<string> = new Set([
  "E_CLI_OFFLINE",
  "E_TYPE_UNKNOWN",
  "E_CLI_PRACTICE",
  "E_CLI_NOT_FOUND",
]);

const LOADING: RecordsState = { kind: "loading" };

/** One page of a gateway's history after the other, and the check of each on this computer. */
export function useRecords(query: RecordsQuery): Records {
  const bridge = useBridge();
  const [answer, setAnswer] = useState<{ readonly to: object; readonly state: RecordsState }>();
  const [steps, setSteps] = useState<readonly Step[]>([FIRST]);
  const [total, setTotal] = useState<number>();
  const [why, setWhy] = useState<Purpose>();
  const [round, setRound] = useState(0);
  const { page, before } = steps.at(-1) ?? FIRST;
  // What is asked now: answers to what was asked before are dropped.
  const question = useMemo(() => ({ query, page, why, round }), [query, page, why, round]);

  const check = useCallback(
    async (rows: RecordPage, to: object): Promise<void> => {
      const put = (found: Check): void =>
        setAnswer((now) =>
          now === undefined || now.to === to ? { to, state: { kind: "ready", page: rows, check: found } } : now,
        );
      put({ kind: "running" });
      const ids = rows.rows.map(({ id }) => id);
      const reply = await ask(bridge.verify_records({ iss: query.iss, ids }));
      put(reply.ok ? { kind: "done", found: reply.value } : { kind: "failed", fault: reply.error });
    },
    [bridge, query.iss],
  );

  useEffect(() => {
    let isCurrent = true;
    const { iss, filter, order } = question.query;
    const input = {
      ...{ iss, filter, order },
      ...(question.page === undefined ? {} : { page: question.page }),
      ...(question.why === undefined ? {} : { purpose: question.why }),
    };
    void ask(bridge.query_records(input)).then((reply) => {
      if (!isCurrent) return undefined;
      if (!reply.ok) {
        setAnswer({ to: question, state: stateOf(reply.error) });
        return undefined;
      }
      if (question.page === undefined) setTotal(reply.value.total);
      setAnswer({ to: question, state: { kind: "ready", page: reply.value, check: { kind: "running" } } });
      return check(reply.value, question);
    });
    return () => {
      isCurrent = false;
    };
  }, [bridge, question, check]);

  // Another question begins at its first page.
  const [last, setLast] = useState(query);
  if (last !== query) {
    setLast(query);
    setSteps([FIRST]);
    setTotal(undefined);
  }

  const state = answer?.to === question ? answer.state : LOADING;
  return {
    ...{ state, total, before, canGoBack: steps.length > 1 },
    next() {
      if (state.kind !== "ready" || state.page.next === undefined) return;
      setSteps([...steps, { page: state.page.next, before: before + state.page.rows.length }]);
    },
    previous: () => setSteps(steps.length > 1 ? steps.slice(0, -1) : steps),
    again: () => setRound((count) => count + 1),
    checkAgain() {
      if (state.kind === "ready") void check(state.page, question);
    },
    sayWhy: setWhy,
  };
}

function stateOf(fault: WireFault): RecordsState {
  if (fault.code === "E_QUERY_PURPOSE") return { kind: "why" };
  return { kind: UNREACHED.has(fault.code) ? "unreached" : "failed", fault };
}
