import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { QueueRow } from "#shared/ipc/contract.ts";

import { statusWords } from "../review/status-words.ts";
import type { StatusShape } from "../review/status-words.ts";
import { AmberTriangle, ClockFace, StopOctagon, WarningTriangle } from "../ui/icons.tsx";
import { FORCED, color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const List = styled("ul")({
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(2),
  rowGap: space(0.25),
  marginTop: space(0.5),
});
const Flag = styled("li")({
  display: "inline-flex",
  alignItems: "baseline",
  gap: space(0.75),
  fontWeight: 700,
  "& > svg": { alignSelf: "center" },
  "&[data-tone='quiet']": { fontWeight: 400, color: color("muted") },
  "&[data-tone='stop'] > svg": { color: color("alertEdge") },
});
const Dot = styled("span")({
  width: 9,
  height: 9,
  borderRadius: "50%",
  backgroundColor: "currentcolor",
  alignSelf: "center",
  // Forced colours take the backgrounds away and leave the borders.
  [FORCED]: { border: "5px solid CanvasText" },
});

interface Props {
  readonly row: QueueRow;
  readonly isGone: boolean;
  readonly hasNameAlert: boolean;
  readonly now: number;
  readonly zone: string;
}

/** What is unusual about a request, in shapes and words (P16). Nothing is drawn where nothing is. */
export function RowFlags({ row, isGone, hasNameAlert, now, zone }: Props): ReactElement | null {
  const said = words.requests;
  if (isGone) {
    return (
      <List>
        <Flag data-tone="quiet">{said.status.gone}</Flag>
      </List>
    );
  }
  const status = statusWords(row.status, now, zone);
  const isRepeated = row.asked > 1;
  if (
    status === undefined &&
    !row.unread &&
    !row.conflict &&
    !hasNameAlert &&
    !isRepeated &&
    row.viewing.length === 0
  ) {
    return null;
  }
  return (
    <List>
      {row.conflict && (
        <Flag>
          <WarningTriangle />
          {said.conflict}
        </Flag>
      )}
      {hasNameAlert && (
        <Flag>
          <AmberTriangle />
          {said.nameAlert}
        </Flag>
      )}
      {status !== undefined && (
        <Flag data-tone={status.shape === "octagon" ? "stop" : undefined}>
          <Shape shape={status.shape} />
          {status.text}
        </Flag>
      )}
      {row.unread && (
        <Flag>
          <Dot />
          {said.status.new}
        </Flag>
      )}
      {isRepeated && <Flag data-tone="quiet">{said.asked(row.asked, row.denied)}</Flag>}
      {row.viewing.length > 0 && <Flag data-tone="quiet">{said.reading(row.viewing)}</Flag>}
    </List>
  );
}

function Shape({ shape }: { readonly shape: StatusShape }): ReactElement | null {
  switch (shape) {
    case "triangle":
      return <AmberTriangle />;
    case "octagon":
      return <StopOctagon />;
    case "clock":
      return <ClockFace />;
    case "none":
      return null;
    default:
      return shape satisfies never;
  }
}
