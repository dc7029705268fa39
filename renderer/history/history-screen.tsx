import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement } from "react";

import { formatTimeToday } from "#shared/presentation/clinical/date.ts";

import { ExportSheet } from "../export/export-sheet.tsx";
import { useGatewayNow } from "../state/clock.ts";
import { useSnapshot } from "../state/context.ts";
import { Page } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { color, space } from "../ui/theme/css.ts";
import { exporting } from "../words/en-gb/export.ts";
import { history } from "../words/en-gb/history.ts";
import { shell } from "../words/en-gb/shell.ts";
import { HistoryTable } from "./history-table.tsx";
import { useHistory } from "./use-history.ts";

const Head = styled("header")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "baseline",
  columnGap: space(3),
  rowGap: space(0.5),
  marginBottom: space(2),
});
const Muted = styled("p")({ color: color("muted"), marginInlineEnd: "auto" });
const Empty = styled("div")({ padding: `${space(6)} 0`, textAlign: "center", "& > p": { color: color("muted") } });

/** What this person decided on this computer (S9), with every signature checked here and now. */
export function HistoryScreen(): ReactElement {
  const { settings, gateways } = useSnapshot();
  const now = useGatewayNow(undefined, 60_000);
  const { state, refresh } = useHistory();
  const zone = settings.facility_zone;
  const [isExporting, setIsExporting] = useState(false);
  const [first] = gateways;
  return (
    <>
      <Page
        data-prov="K"
        data-region="body"
        aria-label={shell.titles.history}
        aria-busy={state.kind === "loading"}
        inert={isExporting}
      >
        <Head>
          <ScreenHeading focusOn="history">{history.heading}</ScreenHeading>
          <Muted>{state.kind === "ready" ? history.count(state.rows.length) : history.intro}</Muted>
          {state.kind === "ready" && <span>{history.checkedAt(formatTimeToday(state.at, now, zone).text)}</span>}
          <Button onClick={refresh}>{history.checkAgain}</Button>
          {first !== undefined && <Button onClick={() => setIsExporting(true)}>{exporting.open}</Button>}
        </Head>
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
            <HistoryTable rows={state.rows} gateways={gateways} zone={zone} />
          ))}
      </Page>
      {isExporting && first !== undefined && <ExportSheet iss={first.iss} onClose={() => setIsExporting(false)} />}
    </>
  );
}
