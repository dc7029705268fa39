import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useId, useState } from "react";
import type { ReactElement } from "react";

import { isoDay, localClock } from "#shared/insights/calendar.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import { formatFhirDate } from "#shared/presentation/clinical/date.ts";

import { PurposeSheet } from "../history/purpose-sheet.tsx";
import { StopButton, StopSheet, type EverythingAction } from "../stop/everything.tsx";
import { useGatewayNow } from "../state/clock.ts";
import { useSnapshot } from "../state/context.ts";
import { Select } from "../ui/input/select.tsx";
import { Page } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { color, NARROW, space } from "../ui/theme/css.ts";
import { insights as text } from "../words/en-gb/insights.ts";
import { AttentionPanel } from "./attention.tsx";
import { DriftPanel } from "./drift.tsx";
import { Failed } from "./failed.tsx";
import { PERIODS, startOf, type PeriodDays } from "./period.ts";
import { ReasonPanels } from "./reasons.tsx";
import { SummaryFigures } from "./summary.tsx";
import { FatiguePanel, ToLookInto } from "./to-look-into.tsx";
import { useInsights } from "./use-insights.ts";
import { VolumePanel } from "./volume.tsx";

/** A period ends at a whole hour, so that looking again is looking at the same. */
const HOUR_S = 3600;

const Place = styled("div")({ position: "relative", flex: 1, minHeight: 0, display: "flex", flexDirection: "column" });
const Head = styled("header")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  gap: `${space(1)} ${space(3)}`,
  marginBottom: space(2),
  "& label": { marginInlineEnd: space(1) },
});
const Muted = styled("p")({ color: color("muted") });
const Buttons = styled("div")({ display: "flex", flexWrap: "wrap", gap: space(1), marginInlineStart: "auto" });
const Grid = styled("div")({
  display: "grid",
  gridTemplateColumns: "repeat(2, minmax(0, 1fr))",
  alignItems: "start",
  gap: space(2),
  [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)" },
});
const Side = styled("div")({ display: "flex", flexDirection: "column", gap: space(2), minWidth: 0 });
const Empty = styled("div")({ padding: `${space(6)} 0`, textAlign: "center", "& > p": { color: color("muted") } });

/** Where attention or an agent is failing, in figures that anybody can take again (S11). */
export function InsightsScreen({ onLeave }: { readonly onLeave: () => void }): ReactElement {
  const { gateways, settings } = useSnapshot();
  const [chosen, setChosen] = useState<string>();
  const [days, setDays] = useState<PeriodDays>(28);
  const [unit, setUnit] = useState<string>();
  const [isTable, setIsTable] = useState(false);
  const [stopping, setStopping] = useState<EverythingAction>();
  const iss = chosen ?? gateways[0]?.iss ?? "";
  const now = useGatewayNow(iss, HOUR_S * 1000);
  const to = Math.ceil(now / HOUR_S) * HOUR_S;
  const from = startOf(to, days);
  const { state, again, sayWhy, stop } = useInsights({
    iss,
    from,
    to,
    ...(unit === undefined ? {} : { units: [unit] }),
  });
  const zone = settings.facility_zone;
  const view = state.kind === "ready" ? state.view : undefined;
  const hasFigures = view !== undefined && view.insights.summary.requests > 0;
  const day = (at: number): string => formatFhirDate(isoDay(localClock(zone)(at).day), zone).display;
  return (
    <Place>
      <Page
        data-prov="K"
        data-region="body"
        aria-label={text.region}
        aria-busy={state.kind === "loading"}
        inert={state.kind === "why" || stopping !== undefined}
      >
        <Head>
          <ScreenHeading focusOn="insights">{text.heading}</ScreenHeading>
          {gateways.length > 1 && (
            <Choice
              label={text.gateway}
              value={iss}
              options={gateways.map(({ iss: value, name }) => ({ value, name }))}
              onChoose={setChosen}
            />
          )}
          {view !== undefined && (
            <Choice
              label={text.unit}
              value={unit ?? ""}
              options={[
                { value: "", name: text.allUnits[view.view.scope] },
                ...view.view.units.map((value) => ({ value, name: value })),
              ]}
              onChoose={(value) => setUnit(value === "" ? undefined : value)}
            />
          )}
          <Choice
            label={text.period}
            value={String(days)}
            options={PERIODS.map((value) => ({ value: String(value), name: text.days[value] }))}
            onChoose={(value) => setDays(PERIODS.find((one) => String(one) === value) ?? 28)}
          />
          <Muted>{text.compared(day(from - (to - from)), day(from - 1))}</Muted>
          <Buttons>
            {hasFigures && (
              <Button aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
                {text.asTables}
              </Button>
            )}
            <StopButton iss={iss} onAct={setStopping} />
          </Buttons>
        </Head>
        {state.kind === "loading" && <Loading read={state.read} onStop={stop} />}
        {state.kind === "stopped" && (
          <Strip kind="info" actions={<Button onClick={again}>{text.again}</Button>}>
            {text.stopped}
          </Strip>
        )}
        {state.kind === "failed" && <Failed fault={state.fault} days={days} to={to} onDays={setDays} onAgain={again} />}
        {view !== undefined && <Measures key={`${iss} ${String(from)}`} view={view} isTable={isTable} zone={zone} />}
      </Page>
      {stopping !== undefined && (
        <StopSheet iss={iss} action={stopping} zone={zone} onClose={() => setStopping(undefined)} />
      )}
      {state.kind === "why" && <PurposeSheet onSay={sayWhy} onBack={onLeave} />}
    </Place>
  );
}

/** After two seconds it says how far it is, and can be stopped. */
function Loading({ read, onStop }: { readonly read: number | undefined; readonly onStop: () => void }): ReactElement {
  if (read === undefined) return <p role="status">{text.loading}</p>;
  return (
    <Strip kind="info" actions={<Button onClick={onStop}>{text.stop}</Button>}>
      <p role="status">{text.reading(read)}</p>
    </Strip>
  );
}

interface MeasuresProps {
  readonly view: InsightsView;
  readonly isTable: boolean;
  readonly zone: string;
}

function Measures({ view, isTable, zone }: MeasuresProps): ReactElement {
  const { insights } = view;
  if (insights.summary.requests === 0) {
    return (
      <Empty>
        <strong>{text.empty}</strong>
        <p>{text.emptyMeans}</p>
      </Empty>
    );
  }
  return (
    <>
      <SummaryFigures insights={insights} />
      <Grid>
        <Side>
          <VolumePanel volume={insights.volume} isTable={isTable} />
          <AttentionPanel view={view} isTable={isTable} zone={zone} />
          <FatiguePanel view={view} />
        </Side>
        <Side>
          <DriftPanel view={view} isTable={isTable} zone={zone} />
          <ToLookInto view={view} />
          <ReasonPanels reasons={insights.reasons} isTable={isTable} />
        </Side>
      </Grid>
    </>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly name: string }[];
  readonly onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps): ReactElement {
  const id = useId();
  return (
    <span>
      <label htmlFor={id}>{label}</label>
      <Select inputProps={{ id }} value={value} onChange={({ target }) => onChoose(target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </Select>
    </span>
  );
}
