import { styled } from "@mui/material/styles";

/** A part of the page that F6 reaches; give it `data-region` and `aria-label`. */
export const Region = styled("section")({
  minWidth: 0,
  "&:focus-visible": { outlineOffset: -3 },
});
