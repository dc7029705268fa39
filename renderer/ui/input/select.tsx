import NativeSelect from "@mui/material/NativeSelect";
import { styled } from "@mui/material/styles";

import { color, space } from "../theme/css.ts";

/** A choice among few words, in the system's own list. */
export const Select = styled(NativeSelect)({
  backgroundColor: color("page"),
  border: `1px solid ${color("edge")}`,
  borderRadius: 4,
  paddingInlineStart: space(1),
  "&::before, &::after": { display: "none" },
  "& select": { padding: `${space(0.75)} ${space(1)}` },
  "&:focus-within": { outline: `3px solid ${color("focus")}`, outlineOffset: 1 },
});
