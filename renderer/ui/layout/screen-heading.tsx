import { styled } from "@mui/material/styles";
import { useEffect, useRef } from "react";
import type { ReactElement, ReactNode } from "react";

const Heading = styled("h1")({ fontSize: "1.375rem", fontWeight: 700, lineHeight: 1.3, scrollMarginTop: "1rem" });

interface Props {
  readonly children: ReactNode;
  /** A new value moves the focus here again: another request, a new version. */
  readonly focusOn: string;
  readonly id?: string;
  readonly level?: 1 | 2;
}

/**
 * Where the focus goes on every change of screen (WCAG 2.4.3, AC01): the heading, so that no button is focused and Enter
 * and Space reach nothing.
 */
export function ScreenHeading({ children, focusOn, id, level = 1 }: Props): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, [focusOn]);
  return (
    <Heading as={level === 1 ? "h1" : "h2"} ref={heading} tabIndex={-1} {...(id === undefined ? {} : { id })}>
      {children}
    </Heading>
  );
}
