import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement, ReactNode } from "react";

import { Panel } from "../ui/layout/panel.tsx";
import { stickyHead, stickyUnder } from "../ui/layout/sticky-head.ts";
import { Unbroken } from "../ui/one-line.tsx";
import { color, FORCED, space } from "../ui/theme/css.ts";
import { insights as text } from "../words/en-gb/insights.ts";

const Table = styled("table")({
  width: "100%",
  borderCollapse: "collapse",
  fontVariantNumeric: "tabular-nums",
  "& th, & td": {
    textAlign: "start",
    verticalAlign: "top",
    padding: `${space(0.5)} ${space(1.5)} ${space(0.5)} 0`,
    borderBottom: `1px solid ${color("line")}`,
  },
  "& th": { color: color("muted"), fontWeight: 400 },
  "& td.number, & th.number": { textAlign: "end" },
  ...stickyHead,
});
const Region = styled("div")({
  ...stickyUnder("0px"),
  overflow: "auto",
  maxHeight: "26rem",
  "&:focus-visible": { outlineOffset: 2 },
});
const Under = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  justifyContent: "space-between",
  alignItems: "flex-end",
  gap: space(1),
  marginTop: space(0.5),
});
const Notes = styled("div")({ flex: "1 1 16rem", minWidth: 0 });
/** Axes, ticks and marks in the page's colours; where the system has its own, in those. */
const Drawing = styled("div")({
  minWidth: 0,
  "& .MuiChartsAxis-line, & .MuiChartsAxis-tick": { stroke: color("edge") },
  "& .MuiChartsAxis-tickLabel, & .MuiChartsAxis-label": { fill: color("muted") },
  "& .MuiBarElement-root": { stroke: color("text"), strokeWidth: 1 },
  [FORCED]: {
    "& svg": { forcedColorAdjust: "none" },
    "& .MuiChartsAxis-line, & .MuiChartsAxis-tick, & .MuiBarElement-root": { stroke: "CanvasText" },
    "& .MuiChartsAxis-tickLabel, & .MuiChartsAxis-label, & .MuiChartsReferenceLine-label": { fill: "CanvasText" },
    "& .MuiLineChart-line, & .MuiLineChart-mark, & .MuiChartsReferenceLine-line": { stroke: "CanvasText !important" },
  },
});

export interface Column {
  readonly name: string;
  readonly isNumber?: boolean;
}
export interface TableData {
  readonly columns: readonly Column[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
}

/** The numbers themselves, for whoever reads them better than a drawing. */
export function DataTable({ label, data }: { readonly label: string; readonly data: TableData }): ReactElement {
  const classOf = (at: number): string | undefined => (data.columns[at]?.isNumber === true ? "number" : undefined);
  return (
    <Region tabIndex={0} role="region" aria-label={text.tableOf(label)}>
      <Table>
        <thead>
          <tr>
            {data.columns.map(({ name }, at) => (
              <th key={name} scope="col" className={classOf(at)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, at) => (
                <td key={data.columns[at]?.name ?? at} className={classOf(at)}>
                  <Unbroken>{cell}</Unbroken>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </Region>
  );
}

interface Props {
  /** What was found, in a sentence. */
  readonly title: string;
  readonly chart: ReactNode;
  readonly table: TableData;
  /** All of them are tables. */
  readonly isTable: boolean;
  readonly children?: ReactNode;
}

/** A finding with its drawing and the table that holds the same. */
export function ChartPanel({ title, chart, table, isTable, children }: Props): ReactElement {
  const [isHere, setIsHere] = useState(false);
  const showsTable = isTable || isHere;
  return (
    <Panel kind="plain" title={title}>
      {showsTable ? <DataTable label={title} data={table} /> : <Drawing>{chart}</Drawing>}
      <Under>
        <Notes>{children}</Notes>
        {!isTable && table.rows.length > 0 && (
          <Button aria-pressed={isHere} aria-label={`${text.asTable}: ${title}`} onClick={() => setIsHere(!isHere)}>
            {text.asTable}
          </Button>
        )}
      </Under>
    </Panel>
  );
}
