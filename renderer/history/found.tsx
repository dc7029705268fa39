import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { ListTrouble, PageVerdict, RecordRow } from "#shared/ipc/reports.ts";
import { formatTimeToday } from "#shared/presentation/clinical/date.ts";

import { ArrowLeft } from "../ui/icons.tsx";
import { Region } from "../ui/layout/region.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { VisuallyHidden } from "../ui/layout/visually-hidden.tsx";
import { Identifier } from "../ui/provenance/values.tsx";
import { unbroken } from "../ui/one-line.tsx";
import { color, FORCED, space } from "../ui/theme/css.ts";
import { records } from "../words/en-gb/records.ts";
import { words } from "../words/en-gb.ts";
import { RecordsGrid } from "./records-grid.tsx";
import type { Check, Records, RecordsState } from "./use-records.ts";

const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(1) });
const Foot = styled(Region)({
  display: "flex",
  flexWrap: "wrap",
  gap: space(2),
  alignItems: "center",
  paddingTop: space(1),
});
const Checked = styled("p")({ color: color("muted"), marginInlineStart: "auto" });
const Empty = styled("div")({ padding: `${space(6)} 0`, textAlign: "center", "& > p": { color: color("muted") } });
/** Where there is no other page it stays in its place for the keyboard, and looks like it. */
const Turn = styled(Button)({
  "&&[aria-disabled='true']": { color: color("muted"), borderStyle: "dashed", cursor: "default" },
  "&&[aria-disabled='true']:hover": { backgroundColor: "transparent" },
  [FORCED]: { "&&[aria-disabled='true']": { color: "GrayText", borderColor: "GrayText" } },
});
const Forward = styled("span")({ display: "inline-flex", transform: "scaleX(-1)" });

interface Props {
  readonly records: Records;
  readonly state: Extract<RecordsState, { kind: "ready" }>;
  readonly order: "newest" | "oldest";
  readonly isFiltered: boolean;
  readonly now: number;
  readonly zone: string;
  readonly isCompact: boolean;
  readonly onOrder: (order: "newest" | "oldest") => void;
  readonly onOpen: (row: RecordRow) => void;
  readonly onFrom: (from: number) => void;
}

/** A page of the gateway's history with what this computer found of it. */
export function Found(props: Props): ReactElement {
  const { state, now, zone } = props;
  const { page, check } = state;
  const found = check.kind === "done" ? check.found : undefined;
  const verdicts = new Map((found?.verdicts ?? []).map((verdict) => [verdict.id, verdict] as const));
  const { total, before, canGoBack, previous, next, checkAgain } = props.records;
  if (page.rows.length === 0 && page.next === undefined && before === 0) {
    return (
      <Empty>
        <strong>{props.isFiltered ? records.empty : records.emptyAll}</strong>
        <p>{props.isFiltered ? records.emptyMeans : records.emptyAllMeans}</p>
      </Empty>
    );
  }
  const { fits } = page;
  return (
    <Stack>
      {found?.alarm !== undefined && <Strip kind="stop">{records.alarm(found.alarm)}</Strip>}
      {(found?.troubles ?? []).map((trouble) => (
        <Trouble key={`${trouble.kind} ${trouble.reference ?? trouble.rows.join(" ")}`} trouble={trouble} />
      ))}
      {check.kind === "failed" && (
        <Strip kind="alert" actions={<Button onClick={checkAgain}>{records.checkAgain}</Button>}>
          {records.checkFailed} {check.fault.message}
        </Strip>
      )}
      {fits !== undefined && (
        <Strip
          kind="amber"
          actions={
            <Button onClick={() => props.onFrom(fits.from)}>
              {records.showFitting(formatTimeToday(fits.from, now, zone).text)}
            </Button>
          }
        >
          {records.tooMany}
        </Strip>
      )}
      <RecordsGrid
        rows={page.rows}
        verdicts={verdicts}
        isStopped={check.kind === "failed"}
        view={page.view}
        order={props.order}
        zone={zone}
        isCompact={props.isCompact}
        onOrder={props.onOrder}
        onOpen={props.onOpen}
      />
      <Foot data-region="footer" tabIndex={-1} aria-label={words.shell.regions.footer}>
        <span>{records.range(before + 1, before + page.rows.length, total)}</span>
        <Turn onClick={previous} aria-disabled={!canGoBack}>
          <ArrowLeft />
          <VisuallyHidden>{records.previous}</VisuallyHidden>
        </Turn>
        <Turn onClick={next} aria-disabled={page.next === undefined}>
          <Forward>
            <ArrowLeft />
          </Forward>
          <VisuallyHidden>{records.next}</VisuallyHidden>
        </Turn>
        <Checked role="status">{unbroken(said(check, found, now, zone))}</Checked>
        {check.kind === "done" && (
          <Button variant="text" onClick={checkAgain}>
            {records.checkAgain}
          </Button>
        )}
      </Foot>
    </Stack>
  );
}

function said(check: Check, found: PageVerdict | undefined, now: number, zone: string): string {
  if (found === undefined) return check.kind === "running" ? records.checking : "";
  return records.checkedAt(formatTimeToday(found.checked_at, now, zone).text, found.key);
}

function Trouble({ trouble: { kind, reference } }: { readonly trouble: ListTrouble }): ReactElement {
  return (
    <Strip kind="stop">
      {kind === "missing" ? (
        <>
          {records.troubles.missing} <Identifier value={reference ?? ""} />.
        </>
      ) : (
        records.troubles[kind]
      )}{" "}
      {records.tellIt}
    </Strip>
  );
}
