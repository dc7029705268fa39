import { styled } from "@mui/material/styles";

import { NARROW, color, space } from "../theme/css.ts";
import { stickyUnder } from "./sticky-head.ts";

/** A screen that scrolls as one column of text and forms. */
export const Page = styled("main")({
  flex: 1,
  minHeight: 0,
  overflowY: "auto",
  padding: `${space(3)} ${space(3)} ${space(6)}`,
  ...stickyUnder(space(3)),
});

/** Width in which sentences and forms are easy to read. */
export const Column = styled("div")({
  maxWidth: "44rem",
  margin: "0 auto",
  display: "flex",
  flexDirection: "column",
  gap: space(3),
});

/** Label over control over hint, with room for an error in words beside it. */
export const Field = styled("div")({
  display: "flex",
  flexDirection: "column",
  gap: space(0.75),
  "& > label": { fontWeight: 700 },
});

/** Fields and paragraphs one below the other. */
export const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(2) });

export const Hint = styled("p")({ color: color("muted"), fontSize: "0.9375rem" });

export const ErrorText = styled("p")({ color: color("deny"), fontWeight: 700 });

export const ButtonRow = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  justifyContent: "space-between",
  gap: space(3),
  // One button alone that leads on lies where the others that do lie.
  "&[data-end]": { justifyContent: "flex-end" },
  [NARROW]: { justifyContent: "flex-start" },
});
