import { LineChart } from "@mui/x-charts/LineChart";
import { ChartsReferenceLine } from "@mui/x-charts/ChartsReferenceLine";
import { styled } from "@mui/material/styles";
import { useId, useState } from "react";
import type { ReactElement } from "react";

import type { ControlChart } from "#shared/insights/control-chart.ts";
import { DRIFT_MEANS, DRIFT_SHARES, type AgentDrift, type DriftMean, type DriftShare } from "#shared/insights/drift.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import { formatFhirDate } from "#shared/presentation/clinical/date.ts";

import { Select } from "../ui/input/select.tsx";
import { Hint } from "../ui/layout/page.tsx";
import { Panel } from "../ui/layout/panel.tsx";
import { color, space } from "../ui/theme/css.ts";
import { insights as text } from "../words/en-gb/insights.ts";
import { ChartPanel } from "./chart-panel.tsx";
import { AXIS, HEIGHT, plainAxis } from "./drawing.ts";
import { agentName, kindName } from "./names.ts";

const Choices = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  gap: `${space(1)} ${space(3)}`,
  alignItems: "baseline",
  marginTop: space(1),
  "& label": { marginInlineEnd: space(1) },
});

type Measure = DriftShare | DriftMean;
const MEASURES: readonly Measure[] = [...DRIFT_SHARES, ...DRIFT_MEANS];
const isMean = (measure: Measure): measure is DriftMean => DRIFT_MEANS.some((one) => one === measure);
const chartOf = ({ shares, means }: AgentDrift, measure: Measure): ControlChart =>
  isMean(measure) ? means[measure] : shares[measure];
const dateOf = (day: string, zone: string): string => formatFhirDate(day, zone).display;

interface Props {
  readonly view: InsightsView;
  readonly isTable: boolean;
  readonly zone: string;
}

/** How each agent's requests change from week to week, with the limits of chance and the marks of its models. */
export function DriftPanel({ view, isTable, zone }: Props): ReactElement {
  const id = useId();
  const { agents } = view.insights;
  const [measure, setMeasure] = useState<Measure>("denied");
  const told = MEASURES.filter((one) =>
    agents.some((agent) => chartOf(agent, one).points.some(({ value }) => value !== undefined)),
  );
  const first = agents.find((agent) => chartOf(agent, measure).points.some(({ beyond }) => beyond !== undefined));
  const [chosen, setChosen] = useState<string>();
  const agent = agents.find((one) => one.agent === chosen) ?? first ?? agents[0];
  const words = text.drift;
  if (agent === undefined)
    return (
      <Panel kind="plain" title={words.none}>
        {null}
      </Panel>
    );
  const chart = chartOf(agent, measure);
  const say = (value: number | undefined): string =>
    value === undefined
      ? text.tooFew
      : isMean(measure)
        ? (Math.round(value * 10) / 10).toString()
        : text.percent(value);
  return (
    <ChartPanel
      title={findingOf(view, agent, measure, zone)}
      isTable={isTable}
      table={{
        columns: [
          { name: words.week },
          { name: words.n, isNumber: true },
          { name: words.value, isNumber: true },
          { name: words.low, isNumber: true },
          { name: words.high, isNumber: true },
          { name: words.outside },
        ],
        rows: chart.points.map(({ week, n, value, low, high, beyond }) => ({
          key: week,
          cells: [
            dateOf(week, zone),
            text.count(n),
            say(value),
            low === undefined ? "" : say(low),
            high === undefined ? "" : say(high),
            beyond === undefined ? "" : words.outsides[beyond],
          ],
        })),
      }}
      chart={
        chart.points.some(({ value }) => value !== undefined) && (
          <DriftChart agent={agent} chart={chart} say={say} zone={zone} />
        )
      }
    >
      <Choices>
        <span>
          <label htmlFor={`${id}-agent`}>{text.attention.agent}</label>
          <Select
            inputProps={{ id: `${id}-agent` }}
            value={agent.agent}
            onChange={({ target }) => setChosen(target.value)}
          >
            {agents.map((one) => (
              <option key={one.agent} value={one.agent}>
                {agentName(view, one.agent)}
              </option>
            ))}
          </Select>
        </span>
        <span>
          <label htmlFor={`${id}-measure`}>{words.measure}</label>
          <Select
            inputProps={{ id: `${id}-measure` }}
            value={measure}
            onChange={({ target }) => {
              const found = MEASURES.find((one) => one === target.value);
              if (found !== undefined) setMeasure(found);
            }}
          >
            {(told.length === 0 ? MEASURES.slice(0, 1) : told).map((one) => (
              <option key={one} value={one}>
                {words.measures[one]}
              </option>
            ))}
          </Select>
        </span>
      </Choices>
      <Hint>
        {words.limits}
        {agent.new_types.length > 0 &&
          ` ${words.newTypes(agent.new_types.map(({ type }) => kindName(type)).join(", "))}.`}
      </Hint>
    </ChartPanel>
  );
}

interface ChartProps {
  readonly agent: AgentDrift;
  readonly chart: ControlChart;
  readonly say: (value: number | undefined) => string;
  readonly zone: string;
}

function DriftChart({ agent, chart, say, zone }: ChartProps): ReactElement {
  const words = text.drift;
  const weeks = chart.points.map(({ week }) => dateOf(week, zone));
  const line = (
    id: string,
    label: string,
    data: readonly (number | undefined)[],
    stroke: "primary" | "muted",
    isLimit = true,
  ) => ({
    ...{ id, label },
    data: data.map((value) => value ?? null),
    color: color(stroke),
    curve: isLimit ? ("step" as const) : ("linear" as const),
    showMark: !isLimit,
    connectNulls: false,
    valueFormatter: (value: number | null) => say(value ?? undefined),
  });
  return (
    <LineChart
      height={HEIGHT}
      margin={{ right: 40 }}
      skipAnimation
      hideLegend
      xAxis={[
        {
          ...plainAxis,
          height: AXIS.plain,
          valueFormatter: (week: string) => week.slice(0, 6),
          scaleType: "point",
          data: weeks,
        },
      ]}
      yAxis={[{ ...plainAxis, min: 0, width: 60, valueFormatter: (value: number) => say(value) }]}
      series={[
        line(
          "observed",
          words.value,
          chart.points.map(({ value }) => value),
          "primary",
          false,
        ),
        line(
          "high",
          words.high,
          chart.points.map(({ high }) => high),
          "muted",
        ),
        line(
          "low",
          words.low,
          chart.points.map(({ low }) => low),
          "muted",
        ),
      ]}
      sx={{ "& .MuiLineChart-line:not([data-series='observed'])": { strokeDasharray: "6 4" } }}
    >
      <ChartsReferenceLine y={chart.centre} lineStyle={{ stroke: color("muted"), strokeDasharray: "1 3" }} />
      {agent.model_changes.map(({ week, model, at }) => (
        <ChartsReferenceLine
          key={at}
          x={dateOf(week, zone)}
          label={model}
          labelAlign="start"
          lineStyle={{ stroke: color("text"), strokeWidth: 2 }}
          labelStyle={{ fill: color("text"), fontSize: 14 }}
        />
      ))}
    </LineChart>
  );
}

/** The sentence that the numbers come to. */
function findingOf(view: InsightsView, agent: AgentDrift, measure: Measure, zone: string): string {
  const words = text.drift;
  const name = agentName(view, agent.agent);
  const what = words.measures[measure];
  const { points } = chartOf(agent, measure);
  const judged = points.filter(({ value }) => value !== undefined);
  if (judged.length === 0) return words.few(name);
  const from = judged.findLastIndex(({ beyond }, at) => beyond !== judged.at(-1)?.beyond || at === -1) + 1;
  const [since, last] = [judged[from], judged.at(-1)];
  const change = agent.model_changes.at(-1);
  const model = change === undefined ? "" : `; ${words.model(change.model, dateOf(change.week, zone))}`;
  if (since !== undefined && last?.beyond !== undefined) {
    const say = last.beyond === "above" ? words.above : words.below;
    return `${say(name, what, dateOf(since.week, zone))}${model}`;
  }
  const once = judged.findLast(({ beyond }) => beyond !== undefined);
  return once === undefined ? words.steady(name, what) : `${words.once(name, what, dateOf(once.week, zone))}${model}`;
}
