import type { ReactElement } from "react";

import type { Row } from "#shared/presentation/presentation.ts";

import { ActionText, ActionValue, AppText, Identifier, RecordValue } from "../../ui/provenance/values.tsx";
import { TokenText } from "../../ui/provenance/shown-text.tsx";

interface Props {
  readonly row: Pick<Row, "prov" | "tokens" | "role">;
  /** The values that matter most of an action. */
  readonly isStrong?: boolean;
}

const LEFT_TO_RIGHT: ReadonlySet<Row["role"]> = new Set(["medicine", "dose", "rate", "maximum", "supply", "date"]);

/** A row's text in the component of its class. Claims have none here: they are drawn by `ClaimWell` alone. */
export function RowValue({ row, isStrong = false }: Props): ReactElement {
  const dir = LEFT_TO_RIGHT.has(row.role) ? "ltr" : "auto";
  switch (row.prov) {
    case "A":
      return isStrong ? <ActionValue value={row.tokens} dir={dir} /> : <ActionText value={row.tokens} dir={dir} />;
    case "R":
      if (row.role === "identifier") return <Identifier value={row.tokens} />;
      return <RecordValue value={row.tokens} dir={dir} />;
    case "K":
      return (
        <AppText>
          <TokenText tokens={row.tokens} />
        </AppText>
      );
    case "C":
    case "U":
      throw new Error(`a row of class ${row.prov} is not drawn here`);
    default:
      return row.prov satisfies never;
  }
}
