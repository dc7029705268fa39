import { styled } from "@mui/material/styles";

import { MONO, color } from "./theme/css.ts";

/** The key that does the same as the button it stands in; not part of the button's name. Give it `aria-hidden`. */
export const KeyHint = styled("kbd")({
  fontFamily: MONO,
  fontSize: "0.8125rem",
  fontWeight: 400,
  lineHeight: 1.2,
  color: "inherit",
  border: `1px solid ${color("edge")}`,
  borderRadius: 3,
  padding: "0 0.3em",
  marginInlineStart: "0.6em",
});
