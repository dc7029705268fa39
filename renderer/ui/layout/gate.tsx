import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import { color, FORCED, LOW, NARROW, space } from "../theme/css.ts";

const Ground = styled("main")({
  flex: 1,
  minHeight: 0,
  overflowY: "auto",
  backgroundColor: color("panel"),
  padding: `${space(6)} ${space(3)}`,
  [NARROW]: { padding: space(2) },
  [LOW]: { padding: space(1.5) },
});
const Head = styled("div")({
  maxWidth: "44rem",
  margin: `0 auto ${space(1.5)}`,
  display: "flex",
  flexWrap: "wrap",
  justifyContent: "space-between",
  alignItems: "baseline",
  columnGap: space(3),
  color: color("muted"),
});
const Product = styled("span")({ fontWeight: 700, fontSize: "1.125rem", color: color("text") });
const Card = styled("div")({
  maxWidth: "44rem",
  margin: "0 auto",
  display: "flex",
  flexDirection: "column",
  gap: space(2),
  backgroundColor: color("page"),
  border: `1px solid ${color("edge")}`,
  borderRadius: 6,
  padding: `${space(3)} ${space(4)}`,
  [NARROW]: { padding: space(2) },
  [FORCED]: { border: "2px solid CanvasText" },
});

interface Props {
  readonly label: string;
  readonly product: string;
  /** What this computer knows of where it is and how it stands. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** What stands before the work: signing in and setting up, one card on an empty page. */
export function Gate({ label, product, aside, children }: Props): ReactElement {
  return (
    <Ground data-prov="K" data-region="body" tabIndex={-1} aria-label={label}>
      <Head>
        <Product>{product}</Product>
        {aside}
      </Head>
      <Card>{children}</Card>
    </Ground>
  );
}
