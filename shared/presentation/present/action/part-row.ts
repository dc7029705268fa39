import type { Part } from "../../clinical/part.ts";
import type { Row } from "../../presentation.ts";
import { OBSTACLE_WORDS } from "../../words.ts";
import type { Draft } from "../draft.ts";

export const BODY = "/action/op/body#";

/** A formatted part of the action as a row. Unknown notation and contradictions are said, and raise the tier. */
export function partRow(draft: Draft, part: Part, base: string = BODY): Row {
  const { text, label, role, pointer } = part;
  const { conflict } = text;
  const odd = text.unknown.length > 0;
  if (odd) draft.raise("next", OBSTACLE_WORDS.unknownNotation);
  const id = `action${pointer}`;
  if (conflict !== undefined) {
    draft.conflicts.push(
      draft.row({
        id: `conflict/${pointer}`,
        prov: "K",
        label,
        text: conflict,
        pointer: `${base}${pointer}`,
        alert: { level: "warning", text: OBSTACLE_WORDS.conflict },
      }),
    );
  }
  const warning = conflict === undefined ? undefined : draft.safe(conflict);
  const said = warning ?? (odd ? OBSTACLE_WORDS.unknownNotation : undefined);
  return draft.row({
    id,
    prov: "A",
    label,
    role,
    text: text.display,
    asSent: text.as_sent,
    pointer: `${base}${pointer}`,
    ...(said === undefined ? {} : { alert: { level: "warning", text: said } }),
  });
}
