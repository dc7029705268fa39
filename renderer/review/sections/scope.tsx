import Checkbox from "@mui/material/Checkbox";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import type { ReactElement } from "react";

import type { Row, Section } from "#shared/presentation/presentation.ts";

import { Panel } from "../../ui/layout/panel.tsx";
import { AmberTriangle, StopOctagon } from "../../ui/icons.tsx";
import { ActionText } from "../../ui/provenance/values.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { words } from "../../words/en-gb.ts";
import type { Choices, Grant } from "../choices.ts";
import { commonSource } from "../common-source.ts";
import { Field, Fields } from "../parts/field.tsx";
import { useIsReadOnly } from "../parts/read-only.ts";
import { RowValue } from "../parts/row-value.tsx";
import { SeenEdge } from "../seen/area.tsx";

const List = styled("ul")({ display: "flex", flexDirection: "column", gap: space(1), marginBottom: space(1) });
const Item = styled("li")({
  display: "grid",
  gridTemplateColumns: "2.25rem minmax(0, 1fr)",
  alignItems: "start",
  fontSize: "1.0625rem",
  "&[data-dropped='true']": { color: color("muted") },
});
const Box = styled("div")({ marginTop: "-0.35rem", marginInlineStart: "-0.375rem" });
const Always = styled("span")({ textAlign: "center", fontWeight: 700, width: "1.5rem" });
const Kind = styled("p")({ color: color("muted"), fontSize: "0.9375rem" });
const Warning = styled("p")({ display: "flex", gap: space(0.75), alignItems: "center", fontWeight: 700 });

interface Props {
  readonly section: Section;
  readonly grants: readonly Grant[];
  readonly choices: Choices;
  readonly onDrop: (grant: string, isDropped: boolean) => void;
}

/** What the agent may do, in sentences; what the action can do without can be left out here (protocol.md 3.9). */
export function Scope({ section, grants, choices, onDrop }: Props): ReactElement {
  const source = commonSource(section.rows);
  const others = section.rows.filter((row) => row.grant === undefined);
  return (
    <Panel
      kind="plain"
      title={section.title}
      {...(source === undefined
        ? {}
        : {
            source: (
              <>
                {words.review.at}
                <ActionText value={source} dir="ltr" />
              </>
            ),
          })}
    >
      <List>
        {grants.map((grant) => (
          <OneGrant
            key={grant.id}
            grant={grant}
            source={source}
            isDropped={choices.dropped.has(grant.id)}
            onDrop={(isDropped) => onDrop(grant.id, isDropped)}
          />
        ))}
      </List>
      <Fields>
        {others.map((row) => (
          <Field key={row.id} row={row} size="small" />
        ))}
      </Fields>
    </Panel>
  );
}

interface GrantProps {
  readonly grant: Grant;
  readonly source: string | undefined;
  readonly isDropped: boolean;
  readonly onDrop: (isDropped: boolean) => void;
}

function OneGrant({ grant, source, isDropped, onDrop }: GrantProps): ReactElement {
  const id = useId();
  const isReadOnly = useIsReadOnly();
  const label = grant.rows[0]?.label;
  return (
    <Item data-dropped={isDropped}>
      {grant.isRequired ? (
        <Always aria-hidden="true">•</Always>
      ) : (
        <Box>
          <Checkbox
            checked={!isDropped}
            disabled={isReadOnly}
            slotProps={{ input: { "aria-labelledby": `${id} ${id}-0` } }}
            onChange={(event) => onDrop(!event.target.checked)}
          />
        </Box>
      )}
      <div>
        {grant.rows.map((row, at) => (
          <Sentence key={row.id} row={row} id={`${id}-${at}`} source={row.source === source ? undefined : row.source} />
        ))}
        <Kind id={id}>{isDropped ? words.review.leftOut : label}</Kind>
      </div>
    </Item>
  );
}

interface SentenceProps {
  readonly row: Row;
  readonly id: string;
  readonly source: string | undefined;
}

function Sentence({ row, id, source }: SentenceProps): ReactElement {
  const { alert } = row;
  return (
    <div data-seen-id={row.id} data-alert={alert === undefined ? undefined : ""} tabIndex={-1}>
      <p id={id}>
        <SeenEdge id={row.id} edge="start" />
        <RowValue row={row} />
        <SeenEdge id={row.id} edge="end" />
      </p>
      {source !== undefined && source !== "" && (
        <Kind>
          {words.review.at}
          <ActionText value={source} dir="ltr" />
        </Kind>
      )}
      {alert !== undefined && (
        <Warning>
          {alert.level === "stop" ? <StopOctagon /> : <AmberTriangle />}
          {alert.text}
        </Warning>
      )}
    </div>
  );
}
