import { styled } from "@mui/material/styles";
import { DataGrid } from "@mui/x-data-grid";
import type { GridColDef, GridLocaleText } from "@mui/x-data-grid";
import { useMemo } from "react";
import type { ReactElement } from "react";

import type { RecordRow, RecordView, RowVerdict } from "#shared/ipc/reports.ts";
import { formatInstant } from "#shared/presentation/clinical/date.ts";

import { actionWords } from "../review/action-words.ts";
import { ActionText, Monospaced, PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { keepClearOfHead } from "../ui/layout/clear-of-head.ts";
import { STICKY_TOP } from "../ui/layout/sticky-head.ts";
import { color, FORCED, space } from "../ui/theme/css.ts";
import { records } from "../words/en-gb/records.ts";
import { Moment, Time } from "./moment.tsx";
import { Signature } from "./signature.tsx";

/** The least widths of all columns, the page's edges and its scrollbar. */
const TOO_NARROW = "@media (max-width: 1019.95px)";

const Frame = styled("div", { shouldForwardProp: (prop) => prop !== "isCompact" })<{ readonly isCompact: boolean }>(
  ({ isCompact }) => ({
    display: "flex",
    flexDirection: "column",
    "& .MuiDataGrid-root": {
      border: `1px solid ${color("edge")}`,
      borderRadius: 4,
      color: color("text"),
      fontSize: "1rem",
    },
    "& .MuiDataGrid-root .MuiDataGrid-cell": {
      display: "block",
      lineHeight: 1.35,
      padding: `${space(isCompact ? 0.5 : 1)} ${space(1.5)}`,
      borderTopColor: color("line"),
      // Names and doses are never shortened (P4).
      whiteSpace: "normal",
      overflowWrap: "break-word",
    },
    "& .MuiDataGrid-cell:focus, & .MuiDataGrid-columnHeader:focus": {
      outline: `3px solid ${color("focus")}`,
      outlineOffset: -3,
    },
    "& .MuiDataGrid-root .MuiDataGrid-columnHeader": {
      backgroundColor: color("panel"),
      color: color("muted"),
      padding: `0 ${space(1.5)}`,
    },
    "& .MuiDataGrid-columnHeaderTitle": { fontWeight: 400 },
    "&& .MuiDataGrid-root .MuiDataGrid-columnHeader .MuiIconButton-root": { backgroundColor: "transparent" },
    "& .MuiDataGrid-sortIcon": { color: color("text"), opacity: 1 },
    // The page scrolls, not the grid, so that the headings of its columns stay at the top of the page.
    "& .MuiDataGrid-root, & .MuiDataGrid-main": { overflow: "visible" },
    // The kit sets these on the elements themselves.
    "& .MuiDataGrid-virtualScroller": { overflow: "visible !important" },
    // Room that the kit keeps for a scrollbar of its own ends at the frame; this clips and does not scroll.
    "& .MuiDataGrid-mainContent": { overflowX: "clip !important", overflowY: "visible !important" },
    "& .MuiDataGrid-root .MuiDataGrid-topContainer": { position: "sticky", top: STICKY_TOP, zIndex: 6 },
    // Too narrow for every column: the grid scrolls in a region of its own, both ways, with its headings in sight.
    [TOO_NARROW]: {
      "& .MuiDataGrid-mainContent": { overflowX: "hidden !important", overflowY: "hidden !important" },
      "& .MuiDataGrid-virtualScroller": { overflow: "auto !important", maxHeight: "80vh" },
      "& .MuiDataGrid-root .MuiDataGrid-topContainer": { top: 0 },
    },
    "& .MuiDataGrid-row": { cursor: "pointer" },
    "& .MuiDataGrid-root .MuiDataGrid-row:hover": { backgroundColor: color("hover") },
    [FORCED]: { "& .MuiDataGrid-row": { borderBottom: "1px solid CanvasText" } },
  }),
);
const Sub = styled("span")({ display: "block", color: color("muted"), fontSize: "0.9375rem" });
const Muted = styled("span")({ color: color("muted") });

interface Props {
  readonly rows: readonly RecordRow[];
  readonly verdicts: ReadonlyMap<string, RowVerdict>;
  /** The check failed as a whole: nothing is being checked any more. */
  readonly isStopped: boolean;
  readonly view: RecordView;
  readonly order: "newest" | "oldest";
  readonly zone: string;
  readonly isCompact: boolean;
  readonly onOrder: (order: "newest" | "oldest") => void;
  readonly onOpen: (row: RecordRow) => void;
}

/** The grid of S9: server pages, one order, every row opens its record with Enter or a click. */
export function RecordsGrid(props: Props): ReactElement {
  const { rows, verdicts, isStopped, view, order, zone, isCompact } = props;
  const hasReading = rows.some(({ active_ms }) => active_ms !== undefined);
  const columns = useMemo(
    () => columnsOf({ verdicts, isStopped, isClinical: view.clinical, hasReading, zone }),
    [verdicts, isStopped, view.clinical, hasReading, zone],
  );
  const open = (id: unknown): void => {
    const row = rows.find((one) => one.id === id);
    if (row !== undefined) props.onOpen(row);
  };
  return (
    <Frame
      isCompact={isCompact}
      // The kit moves the focus between cells, and knows nothing of a page that scrolls around it.
      onFocus={({ target, currentTarget }) => {
        const head = currentTarget.querySelector(".MuiDataGrid-topContainer");
        if (head !== null) keepClearOfHead(target, head);
      }}
    >
      <DataGrid<RecordRow>
        rows={rows}
        columns={columns}
        aria-label={records.grid}
        localeText={LOCALE}
        {...(window.__nonce__ === undefined ? {} : { nonce: window.__nonce__ })}
        getRowHeight={() => "auto"}
        columnHeaderHeight={isCompact ? 36 : 44}
        sortingMode="server"
        sortingOrder={["desc", "asc"]}
        sortModel={[{ field: "time", sort: order === "newest" ? "desc" : "asc" }]}
        onSortModelChange={([sort]) => props.onOrder(sort?.sort === "asc" ? "oldest" : "newest")}
        onRowClick={({ id }) => open(id)}
        onCellKeyDown={({ id }, event) => {
          if (event.key !== "Enter" || event.repeat || event.nativeEvent.isComposing) return;
          event.preventDefault();
          open(id);
        }}
        // What is on the page is here already: everything of it can be found and read, and nothing appears while one scrolls.
        disableVirtualization
        autoHeight
        hideFooter
        disableColumnMenu
        disableColumnFilter
        disableColumnSelector
        disableColumnResize
        disableRowSelectionOnClick
        disableMultipleRowSelection
        rowSelection={false}
      />
    </Frame>
  );
}

const LOCALE: Partial<GridLocaleText> = {
  noRowsLabel: records.empty,
  noResultsOverlayLabel: records.empty,
  columnHeaderSortIconLabel: records.columns.time,
};

interface Shown {
  readonly verdicts: ReadonlyMap<string, RowVerdict>;
  readonly isStopped: boolean;
  readonly isClinical: boolean;
  readonly hasReading: boolean;
  readonly zone: string;
}

function columnsOf({ verdicts, isStopped, isClinical, hasReading, zone }: Shown): readonly GridColDef<RecordRow>[] {
  const said = records.columns;
  const column = (
    field: string,
    headerName: string,
    size: Pick<GridColDef<RecordRow>, "width" | "minWidth" | "flex" | "align" | "headerAlign">,
    draw: (row: RecordRow) => ReactElement,
  ): GridColDef<RecordRow> => ({
    ...{ field, headerName, sortable: field === "time", renderCell: ({ row }) => draw(row) },
    ...size,
  });
  return [
    column("time", said.time, { width: 122 }, ({ received_at }) => <Time at={received_at} zone={zone} />),
    column("decision", said.decision, { width: 116 }, (row) => (
      <>
        {records.decisions[row.decision]}
        {row.review !== undefined && <Sub>{records.review[row.review]}</Sub>}
      </>
    )),
    isClinical
      ? column("patient", said.patient, { minWidth: 124, flex: 1.1 }, (row) => (
          <Patient row={row} verdict={verdicts.get(row.id)} />
        ))
      : column("reference", said.reference, { minWidth: 180, flex: 1.1 }, ({ reference }) => (
          <Monospaced>
            <RecordValue value={reference} dir="ltr" />
          </Monospaced>
        )),
    column("action", said.action, { minWidth: 150, flex: 1.5 }, (row) => (
      <Action row={row} verdict={verdicts.get(row.id)} zone={zone} />
    )),
    column("agent", said.agent, { minWidth: 100, flex: 0.8 }, (row) =>
      row.agent === undefined ? (
        <Muted>{notShown(row, verdicts.get(row.id))}</Muted>
      ) : (
        <RecordValue value={row.agent.name} />
      ),
    ),
    column("signer", said.signer, { minWidth: 124, flex: 0.9 }, Signers),
    ...(hasReading
      ? [
          column("reading", said.reading, { width: 88, align: "right", headerAlign: "right" }, ({ active_ms }) => (
            <>{active_ms === undefined ? "" : records.seconds(Math.round(active_ms / 1000))}</>
          )),
        ]
      : []),
    column("signature", said.signature, { minWidth: 136, flex: 1 }, ({ id }) => (
      <Signature verdict={verdicts.get(id)} isStopped={isStopped} />
    )),
  ];
}

interface Checked {
  readonly row: RecordRow;
  /** None while it is being checked. */
  readonly verdict: RowVerdict | undefined;
}

/** SECURITY: erased is what the log proves; before that, and without it, it is what the gateway says (decision 0016). */
const isErased = (verdict: RowVerdict | undefined): boolean => verdict?.code === "E_STORE_ERASED";

function notShown({ is_erased }: RecordRow, verdict: RowVerdict | undefined): string {
  if (is_erased === undefined) return records.withheld;
  return isErased(verdict) ? records.erased : records.saidErased;
}

function Patient({ row, verdict }: Checked): ReactElement {
  if (row.patient_name !== undefined) return <PersonName value={row.patient_name} />;
  return <Muted>{row.is_withheld ? notShown(row, verdict) : records.noPatient}</Muted>;
}

function Action({ row, verdict, zone }: Checked & { readonly zone: string }): ReactElement {
  const { action_type, item, is_withheld, erased_at } = row;
  if (erased_at !== undefined && isErased(verdict)) {
    return (
      <>
        <Muted>{records.erased}</Muted>
        <Sub data-prov="R">
          <Moment>{formatInstant(erased_at, zone).slice(0, 11)}</Moment>
        </Sub>
      </>
    );
  }
  if (is_withheld) return <Muted>{notShown(row, verdict)}</Muted>;
  return (
    <>
      {actionWords(action_type) ?? <ActionText value={action_type} />}
      {item !== "" && (
        <Sub>
          <ActionText value={item} />
        </Sub>
      )}
    </>
  );
}

function Signers({ signers }: RecordRow): ReactElement {
  if (signers.length === 0) return <Muted>{records.nobody}</Muted>;
  return (
    <>
      {signers.map(({ sub, name }) => (
        <div key={sub}>
          <PersonName value={name} />
        </div>
      ))}
    </>
  );
}
