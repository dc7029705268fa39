import { styled } from "@mui/material/styles";
import { memo } from "react";
import type { ReactElement } from "react";

import { KeyHint } from "../ui/key-hint.tsx";
import { Region } from "../ui/layout/region.tsx";
import { color, LOW, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Bar = styled(Region)({
  flex: "none",
  display: "flex",
  flexWrap: "wrap",
  justifyContent: "space-between",
  columnGap: space(3),
  padding: `${space(0.75)} ${space(3)}`,
  borderTop: `1px solid ${color("line")}`,
  backgroundColor: color("panel"),
  color: color("muted"),
  fontSize: "0.9375rem",
  [LOW]: { padding: `0 ${space(1)}`, fontSize: "0.875rem", "& p:first-of-type": { display: "none" } },
});
const Keys = styled("p")({
  display: "flex",
  flexWrap: "wrap",
  columnGap: space(2),
  "& kbd": { marginInlineStart: 0, marginInlineEnd: space(0.75) },
});
const Fresh = styled("p")({ display: "flex", flexWrap: "wrap", columnGap: space(2) });

interface Props {
  readonly areSingleKeysOn: boolean;
  /** How fresh it is: one sentence, or one for each gateway. */
  readonly asOf: readonly string[];
}

/** The keys of the queue, and how fresh it is. */
export function QueueFoot({ areSingleKeysOn, asOf }: Props): ReactElement {
  return (
    <Bar data-region="footer" tabIndex={-1} aria-label={words.shell.regions.footer}>
      <KeyLine areSingleKeysOn={areSingleKeysOn} />
      <Fresh>
        {asOf.map((one) => (
          <span key={one}>{one}</span>
        ))}
      </Fresh>
    </Bar>
  );
}

const KeyLine = memo(function KeyLine({ areSingleKeysOn }: Pick<Props, "areSingleKeysOn">): ReactElement {
  if (!areSingleKeysOn) return <p>{words.queue.footerNoKeys}</p>;
  return (
    <Keys>
      {words.queue.keys.map(([key, meaning]) => (
        <span key={key}>
          <KeyHint>{key}</KeyHint>
          {meaning}
        </span>
      ))}
    </Keys>
  );
});
