import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Insights } from "#shared/insights/insights.ts";
import type { Difference, Rate, Spread } from "#shared/insights/statistics.ts";

import { color, NARROW, space } from "../ui/theme/css.ts";
import { insights as text } from "../words/en-gb/insights.ts";

const Figures = styled("dl")({
  display: "grid",
  gridTemplateColumns: "repeat(4, minmax(0, 1fr))",
  gap: space(2),
  [NARROW]: { gridTemplateColumns: "repeat(2, minmax(0, 1fr))" },
  margin: `0 0 ${space(3)}`,
  "& > div": { borderInlineStart: `3px solid ${color("line")}`, paddingInlineStart: space(1.5) },
  "& dt": { color: color("muted") },
  "& dd": { margin: 0 },
});
const Big = styled("span")({
  fontSize: "1.5rem",
  fontWeight: 700,
  lineHeight: 1.3,
  fontVariantNumeric: "tabular-nums",
});
const Small = styled("span")({ display: "block", color: color("muted"), fontSize: "0.9375rem", lineHeight: 1.4 });

/** The figures of the period, each with what it is of and how it compares. */
export function SummaryFigures({ insights }: { readonly insights: Insights }): ReactElement {
  const { summary, comparison } = insights;
  const words = text.summary;
  return (
    <section aria-label={words.title}>
      <Figures>
        <div>
          <dt>{words.requests}</dt>
          <dd>
            <Big>{text.count(summary.requests)}</Big>
            {comparison.requests !== undefined && <Small>{text.change(comparison.requests)}</Small>}
            {summary.open > 0 && <Small>{words.open(summary.open)}</Small>}
          </dd>
        </div>
        <RateFigure name={words.approved} rate={summary.ends.approved} change={comparison.ends.approved} />
        <RateFigure name={words.denied} rate={summary.ends.denied} change={comparison.ends.denied} />
        <RateFigure name={words.expired} rate={summary.ends.expired} change={comparison.ends.expired} />
        <RateFigure name={words.withdrawn} rate={summary.ends.withdrawn} change={comparison.ends.withdrawn} />
        <RateFigure name={words.late} rate={summary.late} change={comparison.late} />
        <SpreadFigure name={words.decision} spread={summary.decision_time} />
        <SpreadFigure name={words.opened} spread={summary.open_time} />
      </Figures>
    </section>
  );
}

interface RateProps {
  readonly name: string;
  readonly rate: Rate;
  readonly change: Difference | undefined;
}

function RateFigure({ name, rate, change }: RateProps): ReactElement {
  const { interval } = rate;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {rate.rate === undefined || interval === undefined ? (
          <TooFew n={rate.n} />
        ) : (
          <>
            <Big>{text.percent(rate.rate)}</Big>
            <Small>{text.rateOf(rate.count, rate.n)}</Small>
            <Small>{text.interval(interval.low, interval.high)}</Small>
            {change !== undefined && <Small>{change.clear ? text.points(change.by) : text.unclear}</Small>}
          </>
        )}
      </dd>
    </div>
  );
}

function SpreadFigure({ name, spread }: { readonly name: string; readonly spread: Spread }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {spread.median === undefined || spread.p90 === undefined ? (
          <TooFew n={spread.n} />
        ) : (
          <>
            <Big>{text.seconds(spread.median)}</Big>
            <Small>{text.summary.median}</Small>
            <Small>{text.summary.p90(spread.p90)}</Small>
          </>
        )}
      </dd>
    </div>
  );
}

const TooFew = ({ n }: { readonly n: number }): ReactElement => (
  <>
    <Big>–</Big>
    <Small>
      {text.tooFew} ({text.count(n)}). {text.tooFewMeans}
    </Small>
  </>
);
