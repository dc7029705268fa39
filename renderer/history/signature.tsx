import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { RowVerdict } from "#shared/ipc/reports.ts";

import { QuestionCircle, WarningTriangle } from "../ui/icons.tsx";
import { color, space } from "../ui/theme/css.ts";
import { records } from "../words/en-gb/records.ts";

const Word = styled("span")({
  display: "inline-flex",
  gap: space(0.75),
  alignItems: "flex-start",
  fontWeight: 700,
  "& > svg": { marginTop: "0.1em" },
});
/** What does not hold. Valid is plain, everything else is loud (P3). */
export const Loud = styled(Word)({ color: color("deny") });
/** What could not be checked: it is told as plainly, and is no alarm. */
export const Unsure = styled(Word)({});
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
  if (signature === "not_valid") {
    return (
      <span>
        <Loud>
          <WarningTriangle /> {said.not_valid}
        </Loud>
        {step !== undefined && <Small>{records.atStep(step)}</Small>}
      </span>
    );
  }
  return (
    <span>
      <Unsure>
        <QuestionCircle /> {said.cannot_check}
      </Unsure>
      {step !== undefined && (
        <Small>{code === "E_LOG_PENDING" ? records.notYetLogged : records.uncheckedStep(step)}</Small>
      )}
    </span>
  );
}
