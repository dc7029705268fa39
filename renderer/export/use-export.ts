import { useCallback, useEffect, useState } from "react";

import type { CommandInput, WireFault } from "#shared/ipc/contract.ts";
import type { ExportStatus } from "#shared/ipc/exports.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";

export type ExportState =
  | { readonly kind: "asking"; readonly fault?: WireFault }
  /** The system's own window asks where. */
  | { readonly kind: "choosing" }
  | ExportStatus;

export interface Export {
  readonly state: ExportState;
  readonly begin: (order: CommandInput<"begin_export">) => void;
  readonly stop: () => void;
  readonly again: () => void;
}

/** The one export of this sitting: main makes it, and tells how it goes. */
export function useExport(): Export {
  const bridge = useBridge();
  const [state, setState] = useState<ExportState>({ kind: "asking" });
  useEffect(
    () =>
      bridge.onEvent((event) => {
        if (event.kind === "export") setState(event.status);
      }),
    [bridge],
  );
  const begin = useCallback(
    (order: CommandInput<"begin_export">) => {
      setState({ kind: "choosing" });
      void ask(bridge.begin_export(order)).then((reply) => {
        // Once it has begun its own events say how it goes.
        if (!reply.ok) setState({ kind: "asking", fault: reply.error });
        else if (!reply.value.started) setState({ kind: "asking" });
      });
    },
    [bridge],
  );
  const stop = useCallback(() => void ask(bridge.cancel_export(undefined)), [bridge]);
  const again = useCallback(() => setState({ kind: "asking" }), []);
  return { state, begin, stop, again };
}
