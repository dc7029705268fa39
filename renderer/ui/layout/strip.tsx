import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import { AmberTriangle, ClockFace, InfoCircle, QuestionCircle, StopOctagon, WarningTriangle } from "../icons.tsx";
import { Unbroken } from "../one-line.tsx";
import { FORCED, color, space } from "../theme/css.ts";

/** How loud a strip is: the shape and the words carry it, the colour repeats it (P16). */
export type StripKind = "stop" | "alert" | "time" | "info" | "amber" | "unknown";

const LOOKS: Readonly<Record<StripKind, { back: string; text: string; edge: string }>> = {
  stop: { back: color("stopBack"), text: color("stopText"), edge: color("stopBack") },
  alert: { back: color("alertBack"), text: color("alertText"), edge: color("alertEdge") },
  amber: { back: color("panel"), text: color("text"), edge: color("amber") },
  unknown: { back: color("panel"), text: color("text"), edge: color("amber") },
  time: { back: color("infoBack"), text: color("infoText"), edge: color("edge") },
  info: { back: color("infoBack"), text: color("infoText"), edge: color("edge") },
};

const Frame = styled("div")<{ readonly kind: StripKind }>(({ kind }) => ({
  display: "flex",
  alignItems: "flex-start",
  "&:has(button)": { alignItems: "center" },
  "& label": { verticalAlign: "top" },
  gap: space(1.25),
  padding: `${space(1.125)} ${space(2)}`,
  backgroundColor: LOOKS[kind].back,
  color: LOOKS[kind].text,
  borderInlineStart: `6px solid ${LOOKS[kind].edge}`,
  "& > svg": { marginTop: "0.2em" },
  [FORCED]: { border: "1px solid CanvasText", borderInlineStartWidth: 6 },
}));
const Words = styled("div")({ flex: "1 1 20rem", minWidth: 0, overflowWrap: "anywhere" });
const Actions = styled("div")({ display: "flex", flexWrap: "wrap", gap: space(1), flex: "none", maxWidth: "100%" });

interface Props {
  readonly kind: StripKind;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  /** Marks what the seen gate must have shown (AC02). */
  readonly alertId?: string;
}

/** A full-width line that says what happened and what to do. */
export function Strip({ kind, children, actions, alertId }: Props): ReactElement {
  return (
    <Frame kind={kind} {...(alertId === undefined ? {} : { "data-alert": "", "data-seen-id": alertId })}>
      <Shape kind={kind} />
      <Words>
        <Unbroken>{children}</Unbroken>
      </Words>
      {actions !== undefined && <Actions>{actions}</Actions>}
    </Frame>
  );
}

function Shape({ kind }: { readonly kind: StripKind }): ReactElement {
  switch (kind) {
    case "stop":
      return <StopOctagon cross={color("stopBack")} />;
    case "alert":
      return <WarningTriangle />;
    case "amber":
      return <AmberTriangle />;
    case "unknown":
      return <QuestionCircle />;
    case "time":
      return <ClockFace />;
    case "info":
      return <InfoCircle />;
    default:
      return kind satisfies never;
  }
}
