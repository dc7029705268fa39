import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Row } from "#shared/presentation/presentation.ts";

import { AmberTriangle, StopOctagon } from "../../ui/icons.tsx";
import { RawValue } from "../../ui/provenance/values.tsx";
import { color, NARROW, space } from "../../ui/theme/css.ts";
import { words } from "../../words/en-gb.ts";
import { SeenEdge } from "../seen/area.tsx";

const Title = styled("h3")({ fontSize: "1rem", fontWeight: 700, marginBottom: space(1) });
const Table = styled("table")({
  width: "100%",
  borderCollapse: "collapse",
  "& th, & td": { textAlign: "start", verticalAlign: "top", padding: `${space(0.5)} ${space(2)} ${space(0.5)} 0` },
  "& tbody tr": { borderTop: `1px solid ${color("line")}` },
  "& th[scope='row']": { fontWeight: 400, width: "34%" },
  [NARROW]: { "& thead": { display: "none" }, "& tr, & th, & td": { display: "block", width: "100%" } },
});
const Head = styled("thead")({ color: color("muted"), fontSize: "0.9375rem" });
const Kind = styled("td")({ color: color("muted"), fontSize: "0.9375rem", whiteSpace: "nowrap" });
const Note = styled("p")({
  display: "flex",
  gap: space(0.75),
  alignItems: "center",
  fontWeight: 700,
  fontSize: "0.9375rem",
});

interface Props {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly isMain: boolean;
}

/** Path and value of everything that no plain-language row covers, as it was sent, all of it (S4d). */
export function RawTable({ id, title, rows }: Props): ReactElement {
  return (
    <div data-seen-id={id} tabIndex={-1}>
      <Title>
        <SeenEdge id={id} edge="start" />
        {title}
        <SeenEdge id={id} edge="end" />
      </Title>
      <Table aria-label={title}>
        <Head>
          <tr>
            <th scope="col">{words.review.rawColumns.field}</th>
            <th scope="col">{words.review.rawColumns.value}</th>
            <th scope="col">{words.review.rawColumns.kind}</th>
          </tr>
        </Head>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} data-seen-id={row.id} data-alert={row.alert === undefined ? undefined : ""} tabIndex={-1}>
              <th scope="row">
                <SeenEdge id={row.id} edge="start" />
                {row.label}
                {row.path !== undefined && (
                  <>
                    {" "}
                    <RawValue value={row.path} />
                  </>
                )}
              </th>
              <td>
                <RawValue value={row.tokens} />
                <SeenEdge id={row.id} edge="end" />
                {row.alert !== undefined && (
                  <Note>
                    {row.alert.level === "stop" ? <StopOctagon /> : <AmberTriangle />}
                    {row.alert.text}
                  </Note>
                )}
                {row.notes?.map((note) => (
                  <Note key={note}>{note}</Note>
                ))}
              </td>
              <Kind>{row.value_type}</Kind>
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
