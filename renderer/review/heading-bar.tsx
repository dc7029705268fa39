import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { ArrowLeft } from "../ui/icons.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { color, NARROW, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Bar = styled("header")({
  flex: "none",
  display: "flex",
  alignItems: "center",
  columnGap: space(2),
  rowGap: space(0.5),
  padding: `${space(0.75)} ${space(3)} ${space(0.75)} ${space(1.5)}`,
  backgroundColor: color("page"),
  "& h1": { fontSize: "1.125rem" },
  "& > button": { flex: "none" },
  [NARROW]: { paddingInlineEnd: space(1.5) },
});
const Meta = styled("p")({
  color: color("muted"),
  fontSize: "0.9375rem",
  marginInlineStart: "auto",
  textAlign: "end",
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(2),
  // Where there is no room, only what tells two requests apart stays.
  "@media (max-width: 1179.95px)": { "& > :not([data-keeps='true'])": { display: "none" } },
});

interface Props {
  readonly heading: string;
  readonly focusOn: string;
  readonly position: string | undefined;
  readonly from: string;
  /** It is from one gateway of several. */
  readonly isOneOfSeveral: boolean;
  readonly onBack: () => void;
}

/** Which request this is, and the way back. The heading takes the focus on every change of screen. */
export function HeadingBar(props: Props): ReactElement {
  return (
    <Bar>
      <Button variant="text" startIcon={<ArrowLeft />} onClick={props.onBack} aria-keyshortcuts="Escape">
        {words.review.back}
      </Button>
      <ScreenHeading focusOn={props.focusOn}>{props.heading}</ScreenHeading>
      <Meta>
        {props.position !== undefined && <span>{props.position}</span>}
        <span data-keeps={props.isOneOfSeveral}>{props.from}</span>
      </Meta>
    </Bar>
  );
}
