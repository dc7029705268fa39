import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { RowValue } from "../review/parts/row-value.tsx";
import { WarningTriangle } from "../ui/icons.tsx";
import { ChoiceList } from "../ui/input/choice-list.tsx";
import { TextEntry } from "../ui/input/text-entry.tsx";
import { color, space } from "../ui/theme/css.ts";
import { OVERRIDE_REASONS } from "../words/en-gb/decision.ts";
import { words } from "../words/en-gb.ts";
import type { ApprovalForm, Needs, Override } from "./approval-form.ts";

const Box = styled("div")({
  borderInlineStart: `6px solid ${color("alertEdge")}`,
  backgroundColor: color("alertBack"),
  color: color("alertText"),
  padding: `${space(1)} ${space(2)}`,
  display: "flex",
  flexDirection: "column",
  gap: space(1),
});
const Title = styled("p")({
  display: "flex",
  gap: space(1),
  alignItems: "baseline",
  "& > svg": { alignSelf: "center" },
});

interface Props {
  readonly needs: Needs;
  readonly form: ApprovalForm;
  readonly onChange: (overrides: ApprovalForm["overrides"]) => void;
}

/** For each conflict that stands: why it is approved nevertheless. Nothing is chosen beforehand. */
export function Overrides({ needs, form, onChange }: Props): ReactElement {
  const said = words.decision.approve;
  const set = (fact: string, change: Partial<Override>): void => {
    const held = form.overrides[fact] ?? { note: "" };
    onChange({ ...form.overrides, [fact]: { ...held, ...change } });
  };
  return (
    <>
      {needs.overrides.map((row) => {
        const chosen = form.overrides[row.fact.id];
        const isNoteNeeded = needs.overrideNote || chosen?.code === "other";
        return (
          <Box key={row.fact.id}>
            <Title>
              <WarningTriangle />
              <span>
                {said.against} <RowValue row={row} />
              </span>
            </Title>
            <ChoiceList
              legend={said.why}
              choices={OVERRIDE_REASONS}
              chosen={chosen?.code}
              onChoose={(code) => set(row.fact.id, { code })}
            />
            {isNoteNeeded && (
              <TextEntry
                label={said.overrideNote}
                hint={said.overrideNoteNeeded}
                value={chosen?.note ?? ""}
                maxLength={500}
                isMultiline
                onChange={(note) => set(row.fact.id, { note })}
              />
            )}
          </Box>
        );
      })}
    </>
  );
}
