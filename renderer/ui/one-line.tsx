import { styled } from "@mui/material/styles";
import { Children } from "react";
import type { ReactElement, ReactNode } from "react";

import { oneLineStretches } from "./one-line-stretches.ts";

/** Without a box of its own, so that a bracket or a full stop beside it stays beside it. */
export const OneLine = styled("span")({ whiteSpace: "nowrap" });

/** A text in which no value is broken from its unit and no date inside; copied, it is what it was. */
export function unbroken(text: string): ReactNode {
  const stretches = oneLineStretches(text);
  if (stretches.length === 0) return text;
  const pieces: ReactNode[] = [];
  let end = 0;
  for (const { from, to } of stretches) {
    if (from > end) pieces.push(text.slice(end, from));
    pieces.push(<OneLine key={from}>{text.slice(from, to)}</OneLine>);
    end = to;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

/** The same for whatever of `children` is text. */
export function Unbroken({ children }: { readonly children: ReactNode }): ReactElement {
  return <>{Children.map(children, (child) => (typeof child === "string" ? unbroken(child) : child))}</>;
}
