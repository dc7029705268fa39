import type { ReactElement } from "react";

import type { Section } from "#shared/presentation/presentation.ts";

import { Panel } from "../../ui/layout/panel.tsx";
import { Field, Fields } from "../parts/field.tsx";

/** Who asks and what became of the task's earlier steps: the registry's and the gateway's values, never the agent's. */
export function Chain({ section }: { readonly section: Section }): ReactElement {
  return (
    <Panel kind="record" title={section.title}>
      <Fields>
        {section.rows.map((row) => (
          <Field key={row.id} row={row} size="small" />
        ))}
      </Fields>
    </Panel>
  );
}
