import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { space } from "../ui/theme/css.ts";
import { PatternDefs, PatternSwatch, type Pattern } from "./patterns.tsx";

const List = styled("ul")({
  display: "flex",
  flexWrap: "wrap",
  gap: `${space(0.5)} ${space(2)}`,
  listStyle: "none",
  margin: `${space(1)} 0 0`,
  padding: 0,
  "& li": { display: "flex", alignItems: "center", gap: space(0.75) },
});
const Hidden = styled("svg")({ position: "absolute", width: 0, height: 0 });

interface Props {
  readonly scope: string;
  readonly entries: readonly { readonly name: string; readonly pattern: Pattern }[];
}

/** What each pattern stands for; patterns have definitions of their own here, also where the drawing is a table. */
export function Legend({ scope, entries }: Props): ReactElement {
  const own = `${scope}l`;
  return (
    <>
      <Hidden aria-hidden="true">
        <PatternDefs scope={own} />
      </Hidden>
      <List>
        {entries.map(({ name, pattern }) => (
          <li key={name}>
            <PatternSwatch scope={own} pattern={pattern} /> {name}
          </li>
        ))}
      </List>
    </>
  );
}
