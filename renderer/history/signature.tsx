import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { RowVerdict } from "#shared/ipc/reports.ts";

import { WarningTriangle } from "../ui/icons.tsx";
import { color, space } from "../ui/theme/css.ts";
import { records } from "../words/en-gb/records.ts";

/** Valid is plain, everything else is loud (P3). */
export const Loud = styled("span")({
  display: "inline-flex",
  gap: space(0.75),
  alignItems: "flex-start",
  color: color("deny"),
  fontWeight: 700,
});
const Muted = styled("span")({ color: color("muted") });
const Small = styled("span")({
  display: "block",
  color: color("muted"),
  fontSize: "0.9375rem",
  overflowWrap: "anywhere",
});

/** What this computer found of one row; without a verdict it is being checked, and says nothing else. */
export function Signature({
  verdict,
  isStopped,
}: {
  readonly verdict: RowVerdict | undefined;
  readonly isStopped: boolean;
}): ReactElement {
  const said = records.signatures;
  if (verdict === undefined) return <Muted>{isStopped ? said.cannot_check : said.checking}</Muted>;
  const { signature, step, code } = verdict;
  if (code === "E_STORE_ERASED") return <span>{said.erased}</span>;
  if (signature === "valid" || signature === "valid_retired") return <span>{said[signature]}</span>;
  return (
    <span>
      <Loud>
        <WarningTriangle /> {said[signature]}
      </Loud>
      {step !== undefined && (
        <Small>{signature === "not_valid" ? records.atStep(step) : records.uncheckedStep(step)}</Small>
      )}
    </span>
  );
}
