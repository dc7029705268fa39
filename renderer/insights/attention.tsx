import { BarChart } from "@mui/x-charts/BarChart";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import type { ReactElement } from "react";

import type { AttentionMeasure } from "#shared/insights/attention.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import { formatInstant } from "#shared/presentation/clinical/date.ts";

import { Hint } from "../ui/layout/page.tsx";
import { Panel } from "../ui/layout/panel.tsx";
import { Monospaced } from "../ui/provenance/values.tsx";
import { insights as text } from "../words/en-gb/insights.ts";
import { ChartPanel, DataTable } from "./chart-panel.tsx";
import { AXIS, HEIGHT, plainAxis, scopeOf } from "./drawing.ts";
import { Legend } from "./legend.tsx";
import { agentName, kindName, personName } from "./names.ts";
import { fillOf, PatternDefs } from "./patterns.tsx";

interface Props {
  readonly view: InsightsView;
  readonly isTable: boolean;
  readonly zone: string;
}

/** Reading time against what is expected, by kind and agent; single approvals only for whom they are to be seen by. */
export function AttentionPanel({ view, isTable, zone }: Props): ReactElement {
  const scope = scopeOf(useId());
  const { attention } = view.insights;
  const { below, groups } = attention;
  const words = text.attention;
  const names = groups.map(({ agent, type }) => `${kindName(type)}, ${agentName(view, agent)}`);
  return (
    <>
      <ChartPanel
        title={below.rate === undefined ? words.none : words.found(below.count, below.n, below.rate)}
        isTable={isTable}
        table={{
          columns: [
            { name: words.kind },
            { name: words.agent },
            { name: words.active, isNumber: true },
            { name: words.expected, isNumber: true },
            { name: words.below, isNumber: true },
          ],
          rows: groups.map((group, at) => ({
            key: names[at] ?? "",
            cells: [
              kindName(group.type),
              agentName(view, group.agent),
              text.seconds(group.active_s),
              text.seconds(group.expected_s),
              group.below.rate === undefined
                ? text.tooFew
                : `${text.percent(group.below.rate)} (${text.rateOf(group.below.count, group.below.n)})`,
            ],
          })),
        }}
        chart={
          groups.length > 0 && (
            <BarChart
              height={HEIGHT}
              skipAnimation
              hideLegend
              xAxis={[{ ...plainAxis, scaleType: "band", data: names, height: AXIS.plain }]}
              yAxis={[{ ...plainAxis, label: words.axis }]}
              series={[
                { data: groups.map(({ active_s }) => active_s), label: words.active, color: fillOf(scope, "solid") },
                {
                  data: groups.map(({ expected_s }) => expected_s),
                  label: words.expected,
                  color: fillOf(scope, "diagonal"),
                },
              ]}
            >
              <PatternDefs scope={scope} />
            </BarChart>
          )
        }
      >
        {groups.length > 0 && (
          <Legend
            scope={scope}
            entries={[
              { name: words.active, pattern: "solid" },
              { name: words.expected, pattern: "diagonal" },
            ]}
          />
        )}
        {!view.view.attention && <Hint>{words.hidden}</Hint>}
      </ChartPanel>
      {attention.brief.length > 0 && <BriefPanel view={view} brief={attention.brief} zone={zone} />}
    </>
  );
}

const Moment = styled("span")({ whiteSpace: "nowrap" });

interface BriefProps {
  readonly view: InsightsView;
  readonly brief: AttentionMeasure["brief"];
  readonly zone: string;
}

function BriefPanel({ view, brief, zone }: BriefProps): ReactElement {
  const words = text.attention;
  return (
    <Panel kind="plain" title={words.list} source={words.listMeans}>
      <DataTable
        label={words.list}
        data={{
          columns: [
            { name: words.when },
            { name: words.who },
            { name: words.kind },
            { name: words.readFor, isNumber: true },
            { name: words.expectedOne, isNumber: true },
            { name: words.record },
          ],
          rows: brief.map((one) => ({
            key: `${one.id} ${one.person}`,
            cells: [
              <Moment key="at">{formatInstant(one.at, zone)}</Moment>,
              <span key="who" data-prov="R">
                {personName(view, one.person, words.you)}
              </span>,
              kindName(one.type),
              text.seconds(one.active_s),
              text.seconds(one.expected_s),
              <Monospaced key="id">{one.id}</Monospaced>,
            ],
          })),
        }}
      />
    </Panel>
  );
}
