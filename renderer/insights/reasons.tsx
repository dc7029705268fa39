import { BarChart } from "@mui/x-charts/BarChart";
import { useId } from "react";
import type { ReactElement } from "react";

import type { Counted, Reasons } from "#shared/insights/reasons.ts";

import { insights as text } from "../words/en-gb/insights.ts";
import { ChartPanel } from "./chart-panel.tsx";
import { AXIS, plainAxis, scopeOf } from "./drawing.ts";
import { fillOf, PatternDefs } from "./patterns.tsx";

const ROW = 34;
const MARGINS = 100;
const LABELS = 210;

const { codes } = text.reasons;
const isCode = (code: string): code is keyof typeof codes => Object.hasOwn(codes, code);
const wordOf = (code: string): string => (isCode(code) ? codes[code] : code);

/** Why things were denied, and what was approved against a warning. */
export function ReasonPanels({
  reasons,
  isTable,
}: {
  readonly reasons: Reasons;
  readonly isTable: boolean;
}): ReactElement {
  const [first] = reasons.denials;
  const sum = (list: readonly Counted[]): number => list.reduce((all, { count }) => all + count, 0);
  const words = text.reasons;
  const denied = first && words.found(wordOf(first.code), first.count, sum(reasons.denials));
  return (
    <>
      <CodesPanel
        title={denied ?? words.none}
        name={words.denial}
        counts={reasons.denials}
        pattern="diagonal"
        isTable={isTable}
      />
      <CodesPanel
        title={words.overrides(sum(reasons.overrides))}
        name={words.override}
        counts={reasons.overrides}
        pattern="dots"
        isTable={isTable}
      />
    </>
  );
}

interface Props {
  readonly title: string;
  readonly name: string;
  readonly counts: readonly Counted[];
  readonly pattern: "diagonal" | "dots";
  readonly isTable: boolean;
}

function CodesPanel({ title, name, counts, pattern, isTable }: Props): ReactElement {
  const scope = scopeOf(useId());
  const table = {
    columns: [{ name }, { name: text.reasons.count, isNumber: true }],
    rows: counts.map(({ code, count }) => ({ key: code, cells: [wordOf(code), text.count(count)] })),
  };
  return (
    <ChartPanel
      title={title}
      isTable={isTable}
      table={table}
      chart={
        counts.length > 0 && (
          <BarChart
            height={counts.length * ROW + MARGINS}
            layout="horizontal"
            skipAnimation
            hideLegend
            yAxis={[{ ...plainAxis, scaleType: "band", data: counts.map(({ code }) => wordOf(code)), width: LABELS }]}
            xAxis={[{ ...plainAxis, height: AXIS.labelled, tickMinStep: 1, label: text.reasons.count }]}
            series={[{ data: counts.map(({ count }) => count), label: name, color: fillOf(scope, pattern) }]}
          >
            <PatternDefs scope={scope} />
          </BarChart>
        )
      }
    />
  );
}
