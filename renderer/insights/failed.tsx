import Button from "@mui/material/Button";
import type { ReactElement } from "react";

import type { WireFault } from "#shared/ipc/contract.ts";

import { Strip } from "../ui/layout/strip.tsx";
import { insights as text } from "../words/en-gb/insights.ts";
import { startOf, PERIODS, type PeriodDays } from "./period.ts";

interface Props {
  readonly fault: WireFault;
  readonly days: PeriodDays;
  /** End of the period, gateway seconds. */
  readonly to: number;
  readonly onDays: (days: PeriodDays) => void;
  readonly onAgain: () => void;
}

/** Why there are no figures, and what to do: where they were too many, the longest of the periods that fits. */
export function Failed({ fault, days, to, onDays, onAgain }: Props): ReactElement {
  if (fault.code !== "E_QUERY_BROAD") {
    return (
      <Strip kind="alert" actions={<Button onClick={onAgain}>{text.again}</Button>}>
        {text.failed} {fault.code === "E_CLI_VERIFIER" ? text.ended : fault.message}
      </Strip>
    );
  }
  const least = fault.fits?.from ?? 0;
  const fitting = PERIODS.filter((one) => one < days && startOf(to, one) >= least).at(-1);
  return (
    <Strip
      kind="amber"
      {...(fitting === undefined
        ? {}
        : { actions: <Button onClick={() => onDays(fitting)}>{text.showDays[fitting]}</Button> })}
    >
      {text.tooMany} {fitting === undefined && text.tooManyMeans}
    </Strip>
  );
}
