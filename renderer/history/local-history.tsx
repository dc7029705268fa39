import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { GatewayStatus, HistoryRow } from "#shared/ipc/contract.ts";
import { formatTimeToday } from "#shared/presentation/clinical/date.ts";

import { Strip } from "../ui/layout/strip.tsx";
import { color, space } from "../ui/theme/css.ts";
import { history } from "../words/en-gb/history.ts";
import { records } from "../words/en-gb/records.ts";
import { HistoryTable } from "./history-table.tsx";
import { useHistory } from "./use-history.ts";

const Line = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  gap: space(2),
  alignItems: "center",
});
const Muted = styled("p")({ color: color("muted"), marginInlineEnd: "auto" });
const Empty = styled("div")({ padding: `${space(6)} 0`, textAlign: "center", "& > p": { color: color("muted") } });

interface Props {
  readonly gateways: readonly GatewayStatus[];
  readonly now: number;
  readonly zone: string;
  readonly onAskGateway: () => void;
  readonly onOpen: (row: HistoryRow) => void;
}

/** What this computer has by itself, each signature checked when the list was made (AC25). */
export function LocalHistory({ gateways, now, zone, onAskGateway, onOpen }: Props): ReactElement {
  const { state, refresh } = useHistory();
  return (
    <>
      <Strip kind="amber" actions={<Button onClick={onAskGateway}>{records.askGateway}</Button>}>
        {records.here} {records.hereMeans}
      </Strip>
      <Line>
        <Muted>{state.kind === "ready" ? history.count(state.rows.length) : ""}</Muted>
        {state.kind === "ready" && <span>{history.checkedAt(formatTimeToday(state.at, now, zone).text)}</span>}
        <Button variant="text" onClick={refresh}>
          {history.checkAgain}
        </Button>
      </Line>
      {state.kind === "loading" && <p>{history.loading}</p>}
      {state.kind === "failed" && (
        <Strip kind="alert">
          {history.failed} {state.fault.message}
        </Strip>
      )}
      {state.kind === "ready" &&
        (state.rows.length === 0 ? (
          <Empty>
            <strong>{history.empty}</strong>
            <p>{history.emptyMeans}</p>
          </Empty>
        ) : (
          <HistoryTable rows={state.rows} gateways={gateways} zone={zone} onOpen={onOpen} />
        ))}
    </>
  );
}
