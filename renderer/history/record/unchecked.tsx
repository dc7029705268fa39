import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Unasked } from "#shared/ipc/reports.ts";

import { Strip } from "../../ui/layout/strip.tsx";
import { space } from "../../ui/theme/css.ts";
import { kept } from "../../words/en-gb/kept.ts";

const List = styled("ul")({ listStyle: "disc", margin: `${space(0.5)} 0 0`, paddingInlineStart: space(2.5) });

/** Of a record from this computer alone: what only the gateway or the directory could say, as plainly as what was checked (P3). */
export function Unchecked({ unasked }: { readonly unasked: readonly Unasked[] }): ReactElement {
  return (
    <Strip kind="amber">
      {kept.from}
      <List aria-label={kept.unchecked}>
        {unasked.map((one) => (
          <li key={one}>{kept.unasked[one]}</li>
        ))}
      </List>
    </Strip>
  );
}
