import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Section, Tier } from "#shared/presentation/presentation.ts";

import { color, space } from "../../ui/theme/css.ts";
import { RowValue } from "../parts/row-value.tsx";
import { SeenEdge } from "../seen/area.tsx";
import { TierMark } from "../tier-mark.tsx";

const Box = styled("section")({ display: "flex", flexDirection: "column", gap: space(1) });
const Line = styled("p")({ display: "flex", gap: space(1.5), alignItems: "baseline", fontSize: "1.0625rem" });
const More = styled("dl")({ display: "flex", flexWrap: "wrap", columnGap: space(4), rowGap: space(0.5), margin: 0 });
const Pair = styled("div")({ display: "flex", gap: space(1), minWidth: 0 });
const Label = styled("dt")({ color: color("muted"), whiteSpace: "nowrap" });

/** The tier and its reasons in words, then what can be undone and until when (section 4). */
export function Risk({ section, tier }: { readonly section: Section; readonly tier: Tier }): ReactElement {
  const [first, ...rest] = section.rows;
  return (
    <Box aria-label={section.title}>
      {first !== undefined && (
        <Line data-seen-id={first.id} data-alert={first.alert === undefined ? undefined : ""} tabIndex={-1}>
          <TierMark tier={tier} />
          <span>
            <SeenEdge id={first.id} edge="start" />
            <RowValue row={first} />
            <SeenEdge id={first.id} edge="end" />
          </span>
        </Line>
      )}
      <More>
        {rest.map((row) => (
          <Pair key={row.id} data-seen-id={row.id} tabIndex={-1}>
            <Label>
              <SeenEdge id={row.id} edge="start" />
              {row.label}
            </Label>
            <dd>
              <RowValue row={row} />
              <SeenEdge id={row.id} edge="end" />
            </dd>
          </Pair>
        ))}
      </More>
    </Box>
  );
}
