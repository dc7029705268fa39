import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import type { ReactElement } from "react";

import { words } from "../../words/en-gb.ts";
import { useIsReadOnly } from "./read-only.ts";

interface Props {
  readonly label: string;
  readonly isTicked: boolean;
  readonly onTick: (isTicked: boolean) => void;
}

/** "I have read this": one tick for one warning (protocol.md 3.6, rule 8). */
export function ReadTick({ label, isTicked, onTick }: Props): ReactElement {
  const isReadOnly = useIsReadOnly();
  return (
    <FormControlLabel
      disabled={isReadOnly}
      label={words.review.tick}
      control={
        <Checkbox
          checked={isTicked}
          slotProps={{ input: { "aria-label": words.review.tickFor(label), ...{ "data-tick": String(isTicked) } } }}
          onChange={(event) => onTick(event.target.checked)}
        />
      }
    />
  );
}
