import type { CSSObject } from "@mui/material/styles";

import { color, FORCED, space } from "../theme/css.ts";

/** Room for a head of two lines: what takes the focus is never scrolled under it (WCAG 2.4.11). */
const HEAD_ROOM = "4rem";

/** Set by what scrolls: sticky boxes count from inside its padding, and rows would show above them there. */
const STICKY_TOP_NAME = "--sticky-top";
export const STICKY_TOP = `var(${STICKY_TOP_NAME}, 0px)`;
/** @param padding at the top of what scrolls, as CSS */
export const stickyUnder = (padding: string): CSSObject => ({ [STICKY_TOP_NAME]: `calc(-1 * ${padding})` });

/** Headings of columns stay in sight while the rows move under them; the line under them is theirs and moves along. */
export const stickyHead: CSSObject = {
  "& thead th": {
    position: "sticky",
    top: STICKY_TOP,
    zIndex: 1,
    backgroundColor: color("page"),
    boxShadow: `inset 0 -1px 0 ${color("edge")}`,
    paddingTop: space(1),
    paddingBottom: space(1),
    [FORCED]: { borderBottom: "1px solid CanvasText" },
  },
  "& tbody :is(a, button, [tabindex])": { scrollMarginTop: HEAD_ROOM, scrollMarginBottom: space(2) },
};
