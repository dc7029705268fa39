import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Section } from "#shared/presentation/presentation.ts";

import { AmberTriangle } from "../../ui/icons.tsx";
import { Panel } from "../../ui/layout/panel.tsx";
import { RecordValue } from "../../ui/provenance/values.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { RowValue } from "../parts/row-value.tsx";
import { SeenEdge } from "../seen/area.tsx";

const List = styled("ul")({ display: "flex", flexDirection: "column", gap: space(0.5) });
const Item = styled("li")({
  display: "grid",
  gridTemplateColumns: "1.75rem 7.5rem minmax(0, 1fr)",
  columnGap: space(0.5),
  alignItems: "baseline",
  "& > svg": { alignSelf: "center" },
});
const Result = styled("strong")({ fontWeight: 400, "&[data-loud='true']": { fontWeight: 700 } });
const Source = styled("span")({ color: color("muted"), fontSize: "0.9375rem", marginInlineStart: space(1.5) });

/** What was checked, what failed, and as plainly what nobody checked (P3). */
export function Checks({ section }: { readonly section: Section }): ReactElement {
  return (
    <Panel kind="record" title={section.title}>
      <List>
        {section.rows.map((row) => {
          const isLoud = row.alert !== undefined;
          const isNone = row.prov === "K";
          return (
            <Item key={row.id} data-seen-id={row.id} data-alert={isLoud ? "" : undefined} tabIndex={-1}>
              {isLoud ? <AmberTriangle /> : <span />}
              <Result data-loud={isLoud} data-prov={isNone ? "K" : "R"}>
                <SeenEdge id={row.id} edge="start" />
                {row.label}
              </Result>
              <span>
                <RowValue row={row} />
                {row.source !== undefined && (
                  <Source>
                    <RecordValue value={row.source} />
                  </Source>
                )}
                <SeenEdge id={row.id} edge="end" />
              </span>
            </Item>
          );
        })}
      </List>
    </Panel>
  );
}
