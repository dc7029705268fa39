import { createTheme, enhanceHighContrast } from "@mui/material/styles";
import type { Theme } from "@mui/material/styles";

import { componentOverrides } from "./components.ts";
import { FONT } from "./css.ts";
import { TOKENS } from "./tokens.ts";
import type { Scheme } from "./tokens.ts";

/** MUI's theme of one scheme. Replacing it re-renders, it does not re-mount: a half-typed reason stays. */
export function makeTheme(scheme: Scheme): Theme {
  const token = TOKENS[scheme];
  return enhanceHighContrast(
    createTheme({
      palette: {
        mode: scheme === "light" ? "light" : "dark",
        primary: { main: token.primary, dark: token.primaryHover, contrastText: token.onPrimary },
        error: { main: token.deny, contrastText: token.page },
        text: { primary: token.text, secondary: token.muted, disabled: token.muted },
        background: { default: token.page, paper: token.page },
        divider: token.line,
      },
      shape: { borderRadius: 4 },
      spacing: (steps: number) => `${steps * 0.5}rem`,
      typography: {
        fontFamily: FONT,
        fontSize: 16,
        htmlFontSize: 16,
        h1: { fontSize: "1.375rem", fontWeight: 700, lineHeight: 1.3 },
        h2: { fontSize: "1.0625rem", fontWeight: 700, lineHeight: 1.35 },
        h3: { fontSize: "1rem", fontWeight: 700, lineHeight: 1.35 },
        body1: { fontSize: "1rem", lineHeight: 1.4 },
        body2: { fontSize: "0.9375rem", lineHeight: 1.4 },
        caption: { fontSize: "0.875rem", lineHeight: 1.4 },
        button: { fontSize: "1rem", fontWeight: 700, textTransform: "none", lineHeight: 1.25 },
      },
      components: componentOverrides,
    }),
  );
}
