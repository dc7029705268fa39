import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { FORCED, color } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

/** Heavier with the tier: outline, filled edge, solid. The word and the number carry it, not the colour (P16). */
const Mark = styled("span")<{ readonly tier: 1 | 2 | 3 }>(({ tier }) => ({
  display: "inline-block",
  minWidth: "4rem",
  textAlign: "center",
  padding: "0.05rem 0.45rem",
  borderRadius: 3,
  fontSize: "0.9375rem",
  fontWeight: 700,
  whiteSpace: "nowrap",
  border: `${tier === 1 ? 1 : 2}px solid ${tier === 1 ? color("edge") : color("text")}`,
  color: tier === 3 ? color("page") : color("text"),
  backgroundColor: tier === 3 ? color("text") : color("page"),
  [FORCED]: { borderColor: "CanvasText", borderWidth: tier },
}));

export function TierMark({ tier }: { readonly tier: 1 | 2 | 3 }): ReactElement {
  return <Mark tier={tier}>{words.requests.tier(tier)}</Mark>;
}
