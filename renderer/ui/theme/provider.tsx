import createCache from "@emotion/cache";
import { CacheProvider } from "@emotion/react";
import { ThemeProvider } from "@mui/material/styles";
import useMediaQuery from "@mui/material/useMediaQuery";
import { useMemo } from "react";
import type { ReactElement, ReactNode } from "react";

import { GlobalRules } from "./global.tsx";
import { makeTheme } from "./theme.ts";
import type { Scheme } from "./tokens.ts";

declare global {
  interface Window {
    /** The nonce of this load, set by the page's first script (approval-experience.md 14.4). */
    __nonce__?: string | undefined;
  }
}

interface Props {
  readonly theme: "system" | Scheme;
  readonly children: ReactNode;
}

/** Styles of the whole page, under the nonce of this load. */
export function Appearance({ theme, children }: Props): ReactElement {
  const prefersDark = useMediaQuery("(prefers-color-scheme: dark)", { noSsr: true });
  const prefersContrast = useMediaQuery("(prefers-contrast: more)", { noSsr: true });
  const scheme: Scheme = theme === "system" ? systemScheme(prefersDark, prefersContrast) : theme;
  const muiTheme = useMemo(() => makeTheme(scheme), [scheme]);
  // SECURITY: styles made at run time carry the nonce of this load; style-src has no 'unsafe-inline' (14.4, 3).
  const cache = useMemo(
    () =>
      createCache({ key: "cs", prepend: true, ...(window.__nonce__ === undefined ? {} : { nonce: window.__nonce__ }) }),
    [],
  );
  return (
    <CacheProvider value={cache}>
      <ThemeProvider theme={muiTheme}>
        <GlobalRules scheme={scheme} />
        {children}
      </ThemeProvider>
    </CacheProvider>
  );
}

function systemScheme(prefersDark: boolean, prefersContrast: boolean): Scheme {
  if (prefersContrast) return "high-contrast";
  return prefersDark ? "dark" : "light";
}
