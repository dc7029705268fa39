import { useEffect, useState } from "react";

import type { WireFault } from "#shared/ipc/contract.ts";
import type { RecordDetail } from "#shared/ipc/reports.ts";

import { ask } from "../../bridge/bridge.ts";
import { useBridge } from "../../bridge/context.ts";

export type RecordState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly fault: WireFault }
  | { readonly kind: "ready"; readonly detail: RecordDetail };

const LOADING: RecordState = { kind: "loading" };

/** One record, asked for (or read from what this computer keeps) and checked anew each time. */
export function useRecord(
  iss: string,
  id: string,
  isKept: boolean,
): { readonly state: RecordState; readonly again: () => void } {
  const bridge = useBridge();
  const [question, setQuestion] = useState({});
  const [answer, setAnswer] = useState<{ readonly to: object; readonly state: RecordState }>();
  useEffect(() => {
    let isCurrent = true;
    const opening = isKept ? bridge.open_kept({ iss, digest: id }) : bridge.open_record({ iss, id });
    void ask(opening).then((reply) => {
      if (!isCurrent) return;
      const state: RecordState = reply.ok
        ? { kind: "ready", detail: reply.value }
        : { kind: "failed", fault: reply.error };
      setAnswer({ to: question, state });
    });
    return () => {
      isCurrent = false;
    };
  }, [bridge, iss, id, isKept, question]);
  return { state: answer?.to === question ? answer.state : LOADING, again: () => setQuestion({}) };
}
