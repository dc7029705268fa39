import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { RecordEvent, RecordStatement } from "#shared/ipc/reports.ts";
import { formatExactInstant } from "#shared/presentation/clinical/date.ts";

import { WarningTriangle } from "../../ui/icons.tsx";
import { Panel } from "../../ui/layout/panel.tsx";
import { PersonName, RecordValue, UserText } from "../../ui/provenance/values.tsx";
import { color, space } from "../../ui/theme/css.ts";
import { history } from "../../words/en-gb/history.ts";
import { records } from "../../words/en-gb/records.ts";

const List = styled("ul")({ display: "flex", flexDirection: "column", gap: space(0.5) });
const Item = styled("li")({ display: "flex", flexWrap: "wrap", columnGap: space(2) });
const Moment = styled("span")({ color: color("muted"), minWidth: "13.5rem", whiteSpace: "nowrap" });
const Loud = styled("strong")({ color: color("deny") });

interface Props {
  readonly events: readonly RecordEvent[];
  readonly statements: readonly RecordStatement[];
  readonly zone: string;
}

/** What the gateway said of it since, and what people said. */
export function After({ events, statements, zone }: Props): ReactElement {
  const said = records.detail;
  return (
    <>
      <Panel kind="record" title={said.sections.after}>
        {events.length === 0 ? (
          <p>{said.nothingAfter}</p>
        ) : (
          <List>
            {events.map((event) => (
              <Item key={`${event.name} ${String(event.at)}`}>
                <Moment data-prov="R">{formatExactInstant(event.at, zone)}</Moment>
                <span>
                  {wordOf(said.events, event.name) ?? event.name}
                  {event.outcome !== undefined && (
                    <>: {wordOf(history.outcomes, event.outcome) ?? <RecordValue value={event.outcome} />}</>
                  )}
                  {[event.resource, event.code, event.by].map(
                    (text) =>
                      text !== undefined && (
                        <span key={text}>
                          {" · "}
                          <RecordValue value={text} />
                        </span>
                      ),
                  )}
                </span>
              </Item>
            ))}
          </List>
        )}
      </Panel>
      {statements.length > 0 && (
        <Panel kind="record" title={said.sections.said}>
          <List>
            {statements.map((statement, at) => (
              <Item key={`${statement.kind} ${String(statement.at)} ${String(at)}`}>
                <Statement statement={statement} zone={zone} />
              </Item>
            ))}
          </List>
        </Panel>
      )}
    </>
  );
}

function Statement({ statement, zone }: { readonly statement: RecordStatement; readonly zone: string }): ReactElement {
  const said = records.detail;
  if (statement.signature === "not_valid") {
    return (
      <Loud>
        <WarningTriangle /> {said.statementBroken}
      </Loud>
    );
  }
  return (
    <>
      <Moment data-prov="R">{formatExactInstant(statement.at, zone)}</Moment>
      <span>
        {wordOf(said.statements, statement.kind) ?? statement.kind} {said.by} <PersonName value={statement.by} />
        {statement.reason?.text !== undefined && (
          <>
            : <UserText value={statement.reason.text} />
          </>
        )}
      </span>
    </>
  );
}

const wordOf = (words: Readonly<Record<string, string>>, code: string): string | undefined =>
  Object.hasOwn(words, code) ? words[code] : undefined;
