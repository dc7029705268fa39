import { BarChart } from "@mui/x-charts/BarChart";
import { useId } from "react";
import type { ReactElement } from "react";

import type { Volume } from "#shared/insights/volume.ts";

import { insights as text } from "../words/en-gb/insights.ts";
import { ChartPanel } from "./chart-panel.tsx";
import { AXIS, HEIGHT, plainAxis, scopeOf } from "./drawing.ts";
import { Legend } from "./legend.tsx";
import { kindName } from "./names.ts";
import { fillOf, patternAt, PatternDefs } from "./patterns.tsx";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const STRETCH = 3;

/** When requests come, by kind. */
export function VolumePanel({ volume, isTable }: { readonly volume: Volume; readonly isTable: boolean }): ReactElement {
  const scope = scopeOf(useId());
  const totals = HOURS.map((hour) => volume.by_type.reduce((sum, { hours }) => sum + (hours[hour] ?? 0), 0));
  const { from, count } = busiest(totals);
  const words = text.volume;
  return (
    <ChartPanel
      title={words.found(volume.total, from, count)}
      isTable={isTable}
      table={{
        columns: [
          { name: words.hour },
          ...volume.by_type.map(({ type }) => ({ name: kindName(type), isNumber: true })),
        ],
        rows: HOURS.filter((hour) => (totals[hour] ?? 0) > 0).map((hour) => ({
          key: String(hour),
          cells: [words.of(hour), ...volume.by_type.map(({ hours }) => text.count(hours[hour] ?? 0))],
        })),
      }}
      chart={
        <BarChart
          height={HEIGHT}
          skipAnimation
          hideLegend
          xAxis={[
            {
              ...plainAxis,
              scaleType: "band",
              data: HOURS,
              label: words.axis,
              height: AXIS.labelled,
              valueFormatter: (hour: number) => String(hour),
            },
          ]}
          yAxis={[{ ...plainAxis, label: words.requests, tickMinStep: 1 }]}
          series={volume.by_type.map(({ type, hours }, at) => ({
            data: [...hours],
            label: kindName(type),
            stack: "all",
            color: fillOf(scope, patternAt(at)),
          }))}
        >
          <PatternDefs scope={scope} />
        </BarChart>
      }
    >
      <Legend
        scope={scope}
        entries={volume.by_type.map(({ type }, at) => ({ name: kindName(type), pattern: patternAt(at) }))}
      />
    </ChartPanel>
  );
}

/** The three hours in a row in which most come. */
function busiest(totals: readonly number[]): { readonly from: number; readonly count: number } {
  const counts = HOURS.map((from) =>
    HOURS.slice(0, STRETCH).reduce((sum, at) => sum + (totals[(from + at) % 24] ?? 0), 0),
  );
  const count = Math.max(...counts);
  return { from: counts.indexOf(count), count };
}
