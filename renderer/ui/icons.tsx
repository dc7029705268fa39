import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import { color, FORCED } from "./theme/css.ts";

/** Shapes carry the meaning, colour only repeats it (P16): triangle = warning, octagon = cannot, circle = must, clock = time, question = unknown. */
const Svg = styled("svg")({
  width: "1.125em",
  height: "1.125em",
  flex: "none",
  verticalAlign: "-0.2em",
  // The system's two colours: what is drawn in ours may be dark on its dark.
  [FORCED]: {
    "& [data-ink='solid']": { fill: "CanvasText", stroke: "CanvasText" },
    "& [data-ink='line']": { stroke: "CanvasText" },
    "& [data-ink='hole']": { fill: "Canvas" },
    "& [data-ink='cut']": { stroke: "Canvas" },
  },
});

interface Props {
  /** Spoken name; without it the shape repeats a word beside it and is hidden from the accessibility tree. */
  readonly name?: string;
}

function Icon({ name, children }: Props & { readonly children: ReactNode }): ReactElement {
  return name === undefined ? (
    <Svg viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {children}
    </Svg>
  ) : (
    <Svg viewBox="0 0 20 20" role="img" aria-label={name} focusable="false">
      {children}
    </Svg>
  );
}

const bar = (fill: string): ReactElement => (
  <>
    <rect data-ink="hole" x="9" y="6.5" width="2" height="6" rx="0.6" fill={fill} />
    <rect data-ink="hole" x="9" y="13.6" width="2" height="2.1" rx="0.6" fill={fill} />
  </>
);

export function WarningTriangle({
  name,
  solid = color("alertEdge"),
}: Props & { readonly solid?: string }): ReactElement {
  return (
    <Icon {...(name === undefined ? {} : { name })}>
      <path
        data-ink="solid"
        d="M10 1.6 19.2 18H.8Z"
        fill={solid}
        stroke={solid}
        strokeWidth="1.2"
        strokeLinejoin="round"
      />
      {bar(color("page"))}
    </Icon>
  );
}

export function AmberTriangle(props: Props): ReactElement {
  return <WarningTriangle {...props} solid={color("amber")} />;
}

export function StopOctagon({ name, cross = color("page") }: Props & { readonly cross?: string }): ReactElement {
  return (
    <Icon {...(name === undefined ? {} : { name })}>
      <path d="M6 1h8l5 5v8l-5 5H6l-5-5V6Z" fill="currentColor" />
      <path data-ink="cut" d="m6.6 6.6 6.8 6.8m0-6.8-6.8 6.8" stroke={cross} strokeWidth="2.2" strokeLinecap="round" />
    </Icon>
  );
}

export function ClockFace({ name }: Props): ReactElement {
  return (
    <Icon {...(name === undefined ? {} : { name })}>
      <circle cx="10" cy="10" r="8" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <path d="M10 5.2V10l3.2 2.2" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />
    </Icon>
  );
}

export function InfoCircle({ name }: Props): ReactElement {
  return (
    <Icon {...(name === undefined ? {} : { name })}>
      <circle cx="10" cy="10" r="8" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <rect x="9" y="8.6" width="2" height="6" rx="0.6" fill="currentColor" />
      <rect x="9" y="5.2" width="2" height="2.1" rx="0.6" fill="currentColor" />
    </Icon>
  );
}

/** What cannot be known here: no alarm, and not good either. */
export function QuestionCircle({ name }: Props): ReactElement {
  return (
    <Icon {...(name === undefined ? {} : { name })}>
      <circle data-ink="line" cx="10" cy="10" r="8" fill="none" stroke={color("amber")} strokeWidth="2" />
      <path
        data-ink="line"
        d="M7.5 8.1c0-1.5 1.1-2.5 2.6-2.5s2.5 1 2.5 2.3c0 2-2.4 2-2.4 3.9"
        fill="none"
        stroke={color("amber")}
        strokeWidth="1.9"
        strokeLinecap="round"
      />
      <circle data-ink="solid" cx="10.2" cy="14.4" r="1.2" fill={color("amber")} />
    </Icon>
  );
}

export function Padlock({ name }: Props): ReactElement {
  return (
    <Icon {...(name === undefined ? {} : { name })}>
      <rect x="3.5" y="9" width="13" height="9" rx="1.6" fill="currentColor" />
      <path d="M6.4 9V6.2a3.6 3.6 0 0 1 7.2 0V9" fill="none" stroke="currentColor" strokeWidth="1.8" />
    </Icon>
  );
}

export function ArrowLeft({ name }: Props): ReactElement {
  return (
    <Icon {...(name === undefined ? {} : { name })}>
      <path
        d="M12.5 4 6.5 10l6 6"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </Icon>
  );
}

export function Magnifier({ name }: Props): ReactElement {
  return (
    <Icon {...(name === undefined ? {} : { name })}>
      <circle cx="8.6" cy="8.6" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <path d="m13 13 4.6 4.6" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </Icon>
  );
}
