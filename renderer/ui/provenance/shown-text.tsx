import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { classifyText } from "#shared/presentation/text-hygiene.ts";
import type { TextClass } from "#shared/presentation/text-hygiene.ts";
import type { Token } from "#shared/presentation/text/tokens.ts";

import { unbroken } from "../one-line.tsx";
import { MONO, color } from "../theme/css.ts";

/** A text of the request: raw, or already turned into what may be drawn by shared/presentation. */
export type Shown = string | readonly Token[];

/** What may be drawn of a text of that class. SECURITY: no string of a request reaches the page by another way. */
export function tokensOf(shown: Shown, cls: TextClass): readonly Token[] {
  return typeof shown === "string" ? classifyText(shown, { cls }).display : shown;
}

const Mark = styled("span")({
  fontFamily: MONO,
  fontSize: "0.875em",
  color: color("tokenText"),
  backgroundColor: color("tokenBack"),
  border: `1px solid ${color("tokenText")}`,
  borderRadius: 3,
  padding: "0 0.2em",
  margin: "0 0.1em",
  whiteSpace: "nowrap",
  unicodeBidi: "isolate",
});

/** Numbers and units keep their order whatever is written around them (approval-experience.md 3.4(4)). */
function Run({ dir, children }: { readonly dir: "ltr" | undefined; readonly children: string }): ReactElement {
  return dir === undefined ? <span>{unbroken(children)}</span> : <bdi dir={dir}>{unbroken(children)}</bdi>;
}

/** Draws tokens. Only a real token gets the box, so text that types "[U+202E]" looks like what it is. */
export function TokenText({ tokens }: { readonly tokens: readonly Token[] }): ReactElement {
  return (
    <>
      {tokens.map((token, at) =>
        token.kind === "text" ? (
          <Run key={at} dir={token.dir}>
            {token.text}
          </Run>
        ) : (
          <Mark key={at} data-token={token.kind} dir="ltr">
            {token.text}
          </Mark>
        ),
      )}
    </>
  );
}
