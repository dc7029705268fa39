import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import { Unbroken } from "../../ui/one-line.tsx";
import { color, NARROW, space } from "../../ui/theme/css.ts";

/** Label and value, one line each. */
export const Facts = styled("dl")({
  display: "grid",
  gridTemplateColumns: "minmax(9rem, max-content) minmax(0, 1fr)",
  columnGap: space(3),
  rowGap: space(0.5),
  margin: 0,
  "& dt": { color: color("muted") },
  "& dd": { overflowWrap: "anywhere", margin: 0 },
  [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)", "& dd": { marginBottom: space(0.75) } },
});

export function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactElement {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <Unbroken>{children}</Unbroken>
      </dd>
    </>
  );
}
