import type { Template } from "#shared/protocol/template.ts";

import generic from "#shared/presentation/templates/generic.json" with { type: "json" };
import medicationOrder from "#shared/presentation/templates/medication-order.json" with { type: "json" };
import recordUpdate from "#shared/presentation/templates/record-update.json" with { type: "json" };
import referral from "#shared/presentation/templates/referral.json" with { type: "json" };

type Kind = NonNullable<Template["rows"]>[number]["kind"];

const KINDS: readonly Kind[] = [
  "text",
  "patient",
  "medication",
  "dosage",
  "dispense",
  "codeable",
  "date",
  "quantity",
  "reference",
  "agent",
  "scope",
  "facts",
  "list",
  "raw",
];

interface Data extends Omit<Template, "rows"> {
  readonly rows: readonly { readonly label: string; readonly pointer: string; readonly kind: string }[];
}

/** The built-in templates without their schema: the parser would ask the page for `new Function`, which its CSP refuses. */
const TEMPLATES: readonly Template[] = [generic, medicationOrder, recordUpdate, referral].map(typed);

function typed(data: Data): Template {
  const rows = data.rows.flatMap((row) => {
    const kind = KINDS.find((known) => known === row.kind);
    return kind === undefined ? [] : [{ ...row, kind }];
  });
  return { ...data, rows };
}

export function templateNamed(id: string): Template {
  const found = TEMPLATES.find((template) => template.id === id);
  if (found === undefined) throw new Error(`the fake knows no template ${id}`);
  return found;
}
