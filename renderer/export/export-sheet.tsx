import { useState } from "react";
import type { ReactElement } from "react";

import type { CommandInput } from "#shared/ipc/contract.ts";

import { useGatewayNow } from "../state/clock.ts";
import { useSnapshot } from "../state/context.ts";
import { nameAmong } from "../state/gateways.ts";
import { missing, NO_WISH, type Wish } from "./export-form.tsx";
import { ExportView } from "./export-view.tsx";
import { useExport } from "./use-export.ts";

const DAY_S = 86_400;

interface Props {
  readonly iss: string;
  /** What the list shows; where that is everything, a time is chosen here. */
  readonly filter: CommandInput<"begin_export">["filter"];
  readonly onClose: () => void;
}

/** Export of what a gateway's history finds: form, progress, and what came of it (S9, approval-experience.md 11). */
export function ExportSheet({ iss, filter, onClose }: Props): ReactElement {
  const { state, begin, stop, again } = useExport();
  const [wish, setWish] = useState<Wish>(NO_WISH);
  const [wasTried, setWasTried] = useState(false);
  const now = useGatewayNow(iss, 60_000);
  const { gateways } = useSnapshot();

  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const start = (): void => {
    setWasTried(true);
    const { format, patients, purpose, words } = wish;
    if (format === undefined || patients === undefined || purpose === undefined) return;
    const said = words.trim();
    begin({
      ...{ iss, format, bom: wish.bom && format === "csv", identifiers: patients === "with" },
      filter: isFiltered ? filter : { from: Math.max(0, now - wish.days * DAY_S) },
      purpose: { code: purpose, ...(said === "" ? {} : { text: said }) },
    });
  };

  return (
    <ExportView
      state={state}
      wish={wish}
      onWish={setWish}
      lacks={wasTried ? missing(wish) : undefined}
      gateway={nameAmong(gateways, iss)}
      isFiltered={isFiltered}
      onStart={start}
      onStop={stop}
      onAgain={again}
      onClose={onClose}
    />
  );
}
