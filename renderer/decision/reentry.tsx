import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import { TextEntry } from "../ui/input/text-entry.tsx";
import { VisuallyHidden } from "../ui/layout/visually-hidden.tsx";
import { space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import type { ApprovalForm, Needs } from "./approval-form.ts";

const Box = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(3),
  rowGap: space(1.5),
  alignItems: "flex-start",
});
const Group = styled("fieldset")({
  border: 0,
  margin: 0,
  padding: 0,
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(2),
  rowGap: space(1),
});
interface Props {
  readonly needs: Needs;
  readonly form: ApprovalForm;
  readonly onChange: (change: Partial<ApprovalForm>) => void;
}

/** What the approver types again. Typed, not pasted; compared in main, never here. */
export function Reentry({ needs, form, onChange, children }: Props & { readonly children?: ReactNode }): ReactElement {
  const said = words.decision.approve;
  return (
    <Box>
      {needs.identity && (
        <Group>
          <VisuallyHidden as="legend">{said.who}</VisuallyHidden>
          <TextEntry
            label={said.initials}
            hint={said.initialsHint}
            value={form.initials}
            width="6rem"
            maxLength={8}
            isPasteOff
            onChange={(initials) => onChange({ initials })}
          />
          <TextEntry
            label={said.birthYear}
            value={form.birthYear}
            width="7rem"
            kind="digits"
            maxLength={4}
            isPasteOff
            onChange={(birthYear) => onChange({ birthYear })}
          />
        </Group>
      )}
      {needs.originCode && (
        <TextEntry
          label={said.originCode}
          hint={said.originHint}
          value={form.originCode}
          width="11rem"
          maxLength={20}
          isPasteOff
          onChange={(originCode) => onChange({ originCode })}
        />
      )}
      {needs.value !== undefined && (
        <TextEntry
          label={valueLabel(needs.value)}
          value={form.value}
          width="15rem"
          maxLength={64}
          isPasteOff
          onChange={(value) => onChange({ value })}
        />
      )}
      {children}
    </Box>
  );
}

/** The check of the person for this very decision: the last thing before the signature. */
export function PinEntry({ form, onChange }: Omit<Props, "needs">): ReactElement {
  const said = words.decision.approve;
  return (
    <TextEntry
      label={said.pin}
      hint={said.pinHint}
      value={form.pin}
      width="11rem"
      kind="secret"
      maxLength={64}
      onChange={(pin) => onChange({ pin })}
    />
  );
}

function valueLabel(value: NonNullable<Needs["value"]>): string {
  const said = words.decision.approve;
  if (value === "unknown") return said.noValue;
  return value.kind === "dose" ? said.value(value.unit) : said.recipient;
}
