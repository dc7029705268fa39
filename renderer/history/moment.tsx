import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { formatInstant } from "#shared/presentation/clinical/date.ts";

export const Moment = styled("span")({ whiteSpace: "nowrap" });

/** Date over time: two lines that never break inside, however narrow the window is. */
export function Time({ at, zone }: { readonly at: number; readonly zone: string }): ReactElement {
  const [date = "", ...rest] = formatInstant(at, zone).split(" ");
  return (
    <span data-prov="R">
      <Moment>{date}</Moment> <Moment>{rest.join(" ")}</Moment>
    </span>
  );
}
