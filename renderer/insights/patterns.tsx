import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { color, FORCED } from "../ui/theme/css.ts";

/** Series are told apart by pattern first; the colours are blues and greys, never red against green (P16, S11). */
export const PATTERNS = ["solid", "diagonal", "dots", "cross", "vertical", "horizontal", "empty", "dense"] as const;
export type Pattern = (typeof PATTERNS)[number];

export const patternAt = (place: number): Pattern => PATTERNS[place % PATTERNS.length] ?? "solid";
/** One definition for each drawing: ids of a page are unique. */
export const fillOf = (scope: string, pattern: Pattern): string => `url(#${scope}-${pattern})`;

const Ink = styled("g")({
  "& .back": { fill: color("page") },
  "& .line": { stroke: color("primary"), strokeWidth: 2, fill: "none" },
  "& .full": { fill: color("primary") },
  [FORCED]: { "& .back": { fill: "Canvas" }, "& .line": { stroke: "CanvasText" }, "& .full": { fill: "CanvasText" } },
});

const SIZE = 8;
const LINES: Readonly<Record<Pattern, string | undefined>> = {
  solid: undefined,
  diagonal: "M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6",
  dots: undefined,
  cross: "M0 0 L8 8 M8 0 L0 8",
  vertical: "M2 0 V8 M6 0 V8",
  horizontal: "M0 2 H8 M0 6 H8",
  empty: undefined,
  dense: "M0 1 H8 M0 4 H8 M0 7 H8 M4 0 V8",
};

export function PatternDefs({ scope }: { readonly scope: string }): ReactElement {
  return (
    <defs>
      {PATTERNS.map((pattern) => (
        <pattern key={pattern} id={`${scope}-${pattern}`} width={SIZE} height={SIZE} patternUnits="userSpaceOnUse">
          <Ink>
            <rect className={pattern === "solid" ? "full" : "back"} width={SIZE} height={SIZE} />
            {pattern === "dots" && <circle className="full" cx={4} cy={4} r={2} />}
            {LINES[pattern] !== undefined && <path className="line" d={LINES[pattern]} />}
          </Ink>
        </pattern>
      ))}
    </defs>
  );
}

const Swatch = styled("svg")({ width: "1.5rem", height: "1rem", flex: "none", border: `1px solid ${color("text")}` });

/** What a pattern stands for, beside its word. */
export function PatternSwatch({ scope, pattern }: { readonly scope: string; readonly pattern: Pattern }): ReactElement {
  return (
    <Swatch aria-hidden="true">
      <rect width="100%" height="100%" fill={fillOf(scope, pattern)} />
    </Swatch>
  );
}
