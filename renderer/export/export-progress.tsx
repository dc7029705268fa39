import { styled } from "@mui/material/styles";
import { useId } from "react";
import type { ReactElement } from "react";

import { Hint, Stack } from "../ui/layout/page.tsx";
import { color, FORCED } from "../ui/theme/css.ts";
import { exporting as text } from "../words/en-gb/export.ts";

/** The platform's own progress bar: it has its role and value, and needs no animation. */
const Bar = styled("progress")({
  appearance: "none",
  width: "100%",
  height: "0.75rem",
  border: `1px solid ${color("edge")}`,
  borderRadius: 4,
  overflow: "hidden",
  backgroundColor: color("panel"),
  "&::-webkit-progress-bar": { backgroundColor: color("panel") },
  "&::-webkit-progress-value": { backgroundColor: color("primary") },
  [FORCED]: { "&::-webkit-progress-value": { backgroundColor: "Highlight", forcedColorAdjust: "none" } },
});

export function ExportProgress({ done, of }: { readonly done: number; readonly of: number | undefined }): ReactElement {
  const id = useId();
  return (
    <Stack>
      <label htmlFor={id}>{text.progress(done, of)}</label>
      <Bar id={id} {...(of === undefined ? {} : { value: done, max: Math.max(1, of) })} />
      <Hint>{text.checking}</Hint>
    </Stack>
  );
}
