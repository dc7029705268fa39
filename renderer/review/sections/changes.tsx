import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { RETIRED_ROW } from "#shared/presentation/presentation.ts";
import type { Change, Row } from "#shared/presentation/presentation.ts";
import type { Token } from "#shared/presentation/text/tokens.ts";

import { WarningTriangle } from "../../ui/icons.tsx";
import { OneLine } from "../../ui/one-line.tsx";
import { groupsOf } from "../unbroken-marks.ts";
import { VisuallyHidden } from "../../ui/layout/visually-hidden.tsx";
import { ActionText, RawValue, RecordValue } from "../../ui/provenance/values.tsx";
import { color, FORCED, NARROW, space } from "../../ui/theme/css.ts";
import type { Tokens } from "../../ui/theme/tokens.ts";
import { words } from "../../words/en-gb.ts";
import { SeenEdge } from "../seen/area.tsx";
import { markChange } from "../word-diff.ts";
import type { Stretch } from "../word-diff.ts";

const Table = styled("table")({
  width: "100%",
  borderCollapse: "collapse",
  fontSize: "1.125rem",
  lineHeight: 1.3,
  "& th, & td": {
    textAlign: "start",
    verticalAlign: "top",
    padding: `${space(1)} ${space(1.5)}`,
    overflowWrap: "anywhere",
  },
  "& tbody tr": { borderTop: `1px solid ${color("line")}` },
  "& tbody tr:focus-visible": { outlineOffset: -3 },
  [NARROW]: { "& thead": { display: "none" }, "& tr, & th, & td": { display: "block" } },
});
const Head = styled("thead")({ color: color("muted"), fontSize: "0.9375rem", "& th": { fontWeight: 400 } });
const Number = styled("td")({ color: color("muted"), whiteSpace: "nowrap", fontSize: "0.9375rem" });
const Name = styled("th")({ fontWeight: 400, width: "24%" });
const Side = styled("td")({ width: "28%" });
const Word = styled("td")({ whiteSpace: "nowrap", fontWeight: 700 });
const Chip = styled("span")<{ readonly kind: Change["kind"] }>(({ kind }) => ({
  display: "inline-flex",
  gap: space(0.75),
  alignItems: "center",
  padding: `0 ${space(1)}`,
  borderRadius: 3,
  color: color(CHIP[kind].text),
  backgroundColor: color(CHIP[kind].back),
  border: `1px solid ${color(CHIP[kind].text)}`,
  [FORCED]: { borderColor: "CanvasText" },
}));
const Mark = styled("mark")({
  color: "inherit",
  backgroundColor: color("changedBack"),
  textDecoration: "underline",
  textDecorationThickness: 2,
  textUnderlineOffset: 3,
  [FORCED]: { backgroundColor: "Canvas", color: "CanvasText" },
});
const Note = styled("p")({ color: color("muted"), fontSize: "0.9375rem" });

const CHIP: Readonly<Record<Change["kind"], { readonly text: keyof Tokens; readonly back: keyof Tokens }>> = {
  added: { text: "addedText", back: "addedBack" },
  removed: { text: "removedText", back: "removedBack" },
  changed: { text: "changedText", back: "changedBack" },
  moved: { text: "changedText", back: "changedBack" },
};

/** Every changed field, removals that can hurt first; the word, never the colour alone, says what happens (S4b). */
export function ChangeTable({ rows }: { readonly rows: readonly Row[] }): ReactElement {
  const { changeColumns: columns } = words.review;
  // That the entry as a whole stops counting is said first and is no field: the numbers are those of the summary above.
  const fields = rows.filter(({ id }) => id !== RETIRED_ROW);
  return (
    <Table>
      <Head>
        <tr>
          <th scope="col">
            <VisuallyHidden>{columns.number}</VisuallyHidden>
          </th>
          <th scope="col">{columns.kind}</th>
          <th scope="col">{columns.field}</th>
          <th scope="col">{columns.before}</th>
          <th scope="col">{columns.after}</th>
        </tr>
      </Head>
      <tbody>
        {rows.map((row) =>
          row.change === undefined ? null : (
            <ChangeRow key={row.id} row={row} change={row.change} at={fields.indexOf(row) + 1} of={fields.length} />
          ),
        )}
      </tbody>
    </Table>
  );
}

interface RowProps {
  readonly row: Row;
  readonly change: Change;
  /** From 1; 0 for what is not one of the fields. */
  readonly at: number;
  readonly of: number;
}

function ChangeRow({ row, change, at, of }: RowProps): ReactElement {
  const marked = change.kind === "changed" ? marksOf(change.before, row.tokens) : undefined;
  return (
    <tr
      data-seen-id={row.id}
      data-change=""
      data-alert={row.alert === undefined ? undefined : ""}
      tabIndex={-1}
      aria-label={`${change.word}: ${row.label}`}
    >
      <Number>
        <SeenEdge id={row.id} edge="start" />
        {at > 0 && words.review.changeNumber(at, of)}
      </Number>
      <Word>
        <Chip kind={change.kind}>
          {row.alert !== undefined && <WarningTriangle />}
          {change.word}
        </Chip>
      </Word>
      <Name scope="row">
        {row.label}
        {row.path !== undefined && <RawValue value={row.path} />}
      </Name>
      <Side>
        {change.before.length === 0 ? (
          words.review.wasAbsent
        ) : marked === undefined ? (
          <RecordValue value={change.before} />
        ) : (
          <Stretches prov="R" stretches={marked.before} />
        )}
      </Side>
      <Side>
        {marked === undefined ? <ActionText value={row.tokens} /> : <Stretches prov="A" stretches={marked.after} />}
        <SeenEdge id={row.id} edge="end" />
        {change.note !== undefined && <Note>{change.note}</Note>}
        {row.notes?.map((note) => (
          <Note key={note}>{note}</Note>
        ))}
      </Side>
    </tr>
  );
}

/** Marks inside the values, where both are plain text; a value with tokens is drawn whole. */
function marksOf(before: readonly Token[], after: readonly Token[]): ReturnType<typeof markChange> | undefined {
  const [was, is] = [plainText(before), plainText(after)];
  return was === undefined || is === undefined ? undefined : markChange(was, is);
}

function plainText(tokens: readonly Token[]): string | undefined {
  return tokens.every(({ kind }) => kind === "text") ? tokens.map(({ text }) => text).join("") : undefined;
}

function Stretches({
  prov,
  stretches,
}: {
  readonly prov: "A" | "R";
  readonly stretches: readonly Stretch[];
}): ReactElement {
  const Value = prov === "A" ? ActionText : RecordValue;
  const draw = ({ text, isChanged }: Stretch, at: number): ReactElement =>
    isChanged ? (
      <Mark key={at}>
        <Value value={text} />
      </Mark>
    ) : (
      <Value key={at} value={text} />
    );
  return (
    <bdi data-prov={prov}>
      {groupsOf(stretches).map(({ isOneLine, parts }, at) =>
        // A mark that begins inside a value does not break it from its unit.
        isOneLine ? <OneLine key={at}>{parts.map(draw)}</OneLine> : parts.map((part) => draw(part, at)),
      )}
    </bdi>
  );
}
