import type { ReactElement } from "react";

import type { Section } from "#shared/presentation/presentation.ts";

import { Panel } from "../../ui/layout/panel.tsx";
import { RecordValue } from "../../ui/provenance/values.tsx";
import type { Choices } from "../choices.ts";
import { commonSource } from "../common-source.ts";
import { Field, Fields } from "../parts/field.tsx";
import { ReadTick } from "../parts/tick.tsx";

interface Props {
  readonly section: Section;
  readonly choices: Choices;
  readonly onTick: (fact: string, isTicked: boolean) => void;
}

/** What a system of record says, with source and time; what asks for attention comes first. */
export function FromRecord({ section, choices, onTick }: Props): ReactElement {
  const source = commonSource(section.rows);
  const loudFirst = section.rows.toSorted((a, b) => Number(b.alert !== undefined) - Number(a.alert !== undefined));
  return (
    <Panel
      kind="record"
      title={section.title}
      {...(source === undefined ? {} : { source: <RecordValue value={source} /> })}
    >
      <Fields>
        {loudFirst.map((row) => {
          const { fact } = row;
          return (
            <Field key={row.id} row={row} source={row.source === source ? undefined : row.source}>
              {fact?.ack === true && (
                <dd>
                  <ReadTick
                    label={row.label}
                    isTicked={choices.acked.has(fact.id)}
                    onTick={(isTicked) => onTick(fact.id, isTicked)}
                  />
                </dd>
              )}
            </Field>
          );
        })}
      </Fields>
    </Panel>
  );
}
