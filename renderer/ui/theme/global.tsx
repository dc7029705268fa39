import GlobalStyles from "@mui/material/GlobalStyles";
import type { ReactElement } from "react";

import { focusRing } from "./components.ts";
import { FONT, REDUCED_MOTION, color, customProperties } from "./css.ts";
import type { Scheme } from "./tokens.ts";

/** Page-wide rules: the scheme's custom properties, figures that line up, and one look of focus. */
export function GlobalRules({ scheme }: { scheme: Scheme }): ReactElement {
  return (
    <GlobalStyles
      styles={{
        ":root": {
          ...customProperties(scheme),
          colorScheme: scheme === "light" ? "light" : "dark",
        },
        "*, *::before, *::after": { boxSizing: "border-box" },
        "html, body, #root": { height: "100%", margin: 0 },
        html: { overflow: "clip" },
        body: {
          backgroundColor: color("page"),
          color: color("text"),
          fontFamily: FONT,
          fontSize: "1rem",
          lineHeight: 1.4,
          fontVariantNumeric: "tabular-nums lining-nums",
          overflow: "clip",
        },
        h2: { fontSize: "1.0625rem", lineHeight: 1.35 },
        h3: { fontSize: "1rem", lineHeight: 1.35 },
        "h1, h2, h3, p, ul, ol, dl, dd, figure": { margin: 0 },
        "ul, ol": { padding: 0, listStyle: "none" },
        ":focus-visible": focusRing,
        "[tabindex='-1']:focus": { outline: "none" },
        [REDUCED_MOTION]: { "*, *::before, *::after": { animation: "none !important", transition: "none !important" } },
      }}
    />
  );
}
