import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import type { Row } from "#shared/presentation/presentation.ts";

import { AmberTriangle, StopOctagon } from "../../ui/icons.tsx";
import { VisuallyHidden } from "../../ui/layout/visually-hidden.tsx";
import { RawValue, RecordValue } from "../../ui/provenance/values.tsx";
import { color, NARROW, space } from "../../ui/theme/css.ts";
import { words } from "../../words/en-gb.ts";
import { SeenEdge } from "../seen/area.tsx";
import { RowValue } from "./row-value.tsx";

export type FieldSize = "hero" | "strong" | "plain" | "small";

const Box = styled("div")({
  minWidth: 0,
  lineHeight: 1.3,
  "&[data-wide='double']": { gridColumn: "span 2" },
  "&[data-wide='whole']": { gridColumn: "1 / -1" },
  [NARROW]: { "&[data-wide='double']": { gridColumn: "1 / -1" } },
  "&:focus-visible": { outlineOffset: 4 },
});
const Label = styled("dt")({ color: color("muted"), fontSize: "0.9375rem", "&[data-hidden='true']": { height: 0 } });
const Value = styled("dd")<{ readonly size: FieldSize }>(({ size }) => ({
  fontSize: { hero: "1.5rem", strong: "1.1875rem", plain: "1.125rem", small: "1rem" }[size],
  overflowWrap: "anywhere",
}));
const Sent = styled("dd")({ color: color("muted"), fontSize: "0.9375rem", overflowWrap: "anywhere" });
const Note = styled("dd")({
  display: "flex",
  gap: space(0.75),
  alignItems: "baseline",
  fontWeight: 700,
  fontSize: "0.9375rem",
  marginTop: space(0.25),
  "& > svg": { alignSelf: "center" },
});
const Source = styled("dd")({ color: color("muted"), fontSize: "0.875rem" });

function AlertShape({ level }: { readonly level: NonNullable<Row["alert"]>["level"] }): ReactElement {
  return level === "stop" ? <StopOctagon /> : <AmberTriangle />;
}

/** A grid of labelled values. */
export const Fields = styled("dl")({
  display: "grid",
  gridTemplateColumns: "repeat(auto-fill, minmax(min(13rem, 100%), 1fr))",
  columnGap: space(3),
  rowGap: space(1.5),
  margin: 0,
});

/** Long values take more columns instead of many lines. Characters. */
function widthOf(length: number): "single" | "double" | "whole" {
  if (length > 64) return "whole";
  return length > 26 ? "double" : "single";
}

interface Props {
  readonly row: Row;
  readonly size?: FieldSize;
  /** What was sent stands elsewhere, with the end of this field (`AsSent`). */
  readonly isSentBelow?: boolean;
  /** The value says for itself what it is. */
  readonly isLabelHidden?: boolean;
  /** Letter by letter, in the monospaced face. */
  readonly isRaw?: boolean;
  /** Shown where it differs from the source of the whole panel. */
  readonly source?: string | undefined;
  readonly children?: ReactNode;
}

/** One labelled value with everything the app knows about it: as sent, warnings, source. Its edges are watched. */
export function Field({ row, size = "plain", isRaw = false, source, children, ...more }: Props): ReactElement {
  const length = row.tokens.reduce((sum, token) => sum + token.text.length, 0);
  const { alert } = row;
  // A value that is its own warning is said once.
  const isOwnAlert = alert?.text === row.tokens.map((token) => token.text).join("");
  const { isSentBelow = false, isLabelHidden = false } = more;
  return (
    <Box
      data-seen-id={row.id}
      data-wide={size === "hero" || row.role === "instructions" ? "whole" : widthOf(length)}
      data-alert={alert === undefined ? undefined : ""}
      tabIndex={-1}
    >
      <Label data-hidden={isLabelHidden}>
        <SeenEdge id={row.id} edge="start" />
        {isLabelHidden ? <VisuallyHidden>{row.label}</VisuallyHidden> : row.label}
      </Label>
      {row.path !== undefined && (
        <Sent>
          <RawValue value={row.path} />
        </Sent>
      )}
      <Value size={size}>
        {isOwnAlert && (
          <>
            <AlertShape level={alert.level} />{" "}
          </>
        )}
        {isRaw ? (
          <RawValue value={row.tokens} prov={row.prov === "R" ? "R" : "A"} />
        ) : (
          <RowValue row={row} isStrong={size === "hero" || size === "strong"} />
        )}
        {row.value_type !== undefined && row.value_type !== words.review.plainType && <Kind>{row.value_type}</Kind>}
        {row.as_sent === undefined && <SeenEdge id={row.id} edge="end" />}
      </Value>
      {row.as_sent !== undefined && !isSentBelow && (
        <Sent>
          {words.review.asSent} <RawValue value={row.as_sent} />
          <SeenEdge id={row.id} edge="end" />
        </Sent>
      )}
      {alert !== undefined && !isOwnAlert && (
        <Note>
          <AlertShape level={alert.level} />
          {alert.text}
        </Note>
      )}
      {row.notes?.map((note) => (
        <Note key={note}>{note}</Note>
      ))}
      {source !== undefined && (
        <Source>
          <RecordValue value={source} />
        </Source>
      )}
      {children}
    </Box>
  );
}

const Type = styled("span")({ color: color("muted"), fontSize: "0.875rem", marginInlineStart: space(1) });

function Kind({ children }: { readonly children: string }): ReactElement {
  return <Type data-prov="K">{children}</Type>;
}
