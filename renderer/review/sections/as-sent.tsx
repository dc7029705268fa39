import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Row } from "#shared/presentation/presentation.ts";

import { RawValue } from "../../ui/provenance/values.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { words } from "../../words/en-gb.ts";
import { SeenEdge } from "../seen/area.tsx";

const Box = styled("div")({ color: color("muted"), fontSize: "0.9375rem", lineHeight: 1.45 });
const List = styled("ul")({ display: "flex", flexWrap: "wrap", columnGap: space(3) });
const Item = styled("li")({ overflowWrap: "anywhere" });

/** What was sent where the clinical form differs, in one place below the values (3.3(2), S4a). */
export function AsSent({ rows }: { readonly rows: readonly Row[] }): ReactElement | null {
  const differing = rows.filter((row) => row.as_sent !== undefined);
  if (differing.length === 0) return null;
  return (
    <Box>
      <p>{words.review.changedPlaces(differing.length)}</p>
      <List>
        {differing.map((row) => (
          <Item key={row.id}>
            {row.label} <RawValue value={row.as_sent ?? ""} />
            <SeenEdge id={row.id} edge="end" />
          </Item>
        ))}
      </List>
    </Box>
  );
}
