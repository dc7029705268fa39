import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Row } from "#shared/presentation/presentation.ts";

import { space } from "../../ui/theme/css.ts";
import { RowValue } from "../parts/row-value.tsx";
import { SeenEdge } from "../seen/area.tsx";

const Title = styled("p")({ "&:first-of-type": { fontWeight: 700, fontSize: "1.0625rem" } });
const Line = styled("div")({ display: "flex", flexWrap: "wrap", columnGap: space(3), alignItems: "baseline" });

/** What happens, in the app's words. */
export function Headline({ rows }: { readonly rows: readonly Row[] }): ReactElement {
  return (
    <Line>
      {rows.map((row) => (
        <Title key={row.id} data-seen-id={row.id} tabIndex={-1}>
          <SeenEdge id={row.id} edge="start" />
          <RowValue row={row} />
          <SeenEdge id={row.id} edge="end" />
        </Title>
      ))}
    </Line>
  );
}
