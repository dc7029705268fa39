import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Section } from "#shared/presentation/presentation.ts";

import { Strip } from "../../ui/layout/strip.tsx";
import { RecordValue } from "../../ui/provenance/values.tsx";
import { space } from "../../ui/theme/css.ts";
import type { Choices } from "../choices.ts";
import { ReadTick } from "../parts/tick.tsx";
import { RowValue } from "../parts/row-value.tsx";
import { SeenEdge } from "../seen/area.tsx";

const Stack = styled("section")({ display: "flex", flexDirection: "column", gap: space(1) });
const Words = styled("p")({ fontSize: "1.125rem", lineHeight: 1.35 });
const Title = styled("strong")({ marginInlineEnd: space(1) });
const Source = styled("p")({ fontSize: "0.9375rem" });

interface Props {
  readonly section: Section;
  readonly choices: Choices;
  readonly onTick: (fact: string, isTicked: boolean) => void;
}

/** What disagrees, above the action (approval-experience.md 3.3(5)): the most valuable warning there is. */
export function Conflicts({ section, choices, onTick }: Props): ReactElement | null {
  if (section.rows.length === 0) return null;
  return (
    <Stack aria-label={section.title}>
      {section.rows.map((row) => (
        <Strip key={row.id} kind="alert" alertId={row.id}>
          <Words>
            <SeenEdge id={row.id} edge="start" />
            <Title>{row.label}</Title>
            <RowValue row={row} />
            <SeenEdge id={row.id} edge="end" />
          </Words>
          {row.source !== undefined && (
            <Source>
              <RecordValue value={row.source} />
            </Source>
          )}
          {row.fact?.ack === true && (
            <ReadTick
              label={row.label}
              isTicked={choices.acked.has(row.fact.id)}
              onTick={(isTicked) => onTick(row.fact?.id ?? "", isTicked)}
            />
          )}
        </Strip>
      ))}
    </Stack>
  );
}
