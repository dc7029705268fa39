import { styled } from "@mui/material/styles";
import { memo } from "react";
import type { ReactElement } from "react";

import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import type { QueueRow } from "#shared/ipc/contract.ts";

import { actionWords } from "../review/action-words.ts";
import { identityOf } from "../review/identity.ts";
import { TierMark } from "../review/tier-mark.tsx";
import { remaining } from "../time/remaining.ts";
import { unbroken } from "../ui/one-line.tsx";
import { ActionText, ActionValue, Identifier, PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { NARROW, color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { hasEnded } from "./order.ts";
import { RowFlags } from "./row-flags.tsx";
import { rowSentence } from "./sentence.ts";

const Article = styled("article")({
  position: "relative",
  display: "grid",
  gridTemplateColumns: "4.5rem minmax(17rem, 5fr) minmax(14rem, 5fr) 10.5rem",
  columnGap: space(2),
  alignItems: "start",
  borderBottom: `1px solid ${color("line")}`,
  padding: `var(--row-gap) ${space(3)}`,
  backgroundColor: color("page"),
  "&:hover": { backgroundColor: color("hover") },
  "&:focus-within": { backgroundColor: color("hover") },
  "&[data-ended='true']": { color: color("muted") },
  // Dimmed says: as of an earlier time. The words say it too, in the strip and in the foot.
  "&[data-dimmed='true']": { backgroundColor: color("panel"), color: color("muted") },
  [NARROW]: {
    gridTemplateColumns: "4.5rem minmax(0, 1fr)",
    "& > *": { gridColumn: 2 },
    "& > :first-of-type": { gridColumn: 1 },
  },
});
/** The link's name covers the row, so that a click anywhere opens it. */
const Open = styled("a")({
  color: "inherit",
  textDecoration: "none",
  "&::after": { content: '""', position: "absolute", inset: 0 },
  "&:focus-visible": { outline: "none" },
  "&:focus-visible::after": { outline: `3px solid ${color("focus")}`, outlineOffset: -3 },
});
const Name = styled("h2")({
  fontSize: "1.0625rem",
  fontWeight: 400,
  lineHeight: 1.35,
  "&[data-unread='true']": { fontWeight: 700 },
});
/** A number never stands on another line than what it is a number of, while both fit on one. */
const Together = styled("span")({ display: "inline-block", maxWidth: "100%" });
const Line = styled("p")({ lineHeight: 1.4 });
const Muted = styled("p")({ color: color("muted"), lineHeight: 1.4 });
const Due = styled("div")({ textAlign: "end", [NARROW]: { textAlign: "start" } });

interface Props {
  readonly row: QueueRow;
  /** Its gateway's name, where there are several. */
  readonly gateway: string | undefined;
  /** Its gateway is not connected. */
  readonly isDimmed: boolean;
  readonly isGone: boolean;
  readonly hasNameAlert: boolean;
  readonly now: number;
  readonly zone: string;
  readonly position: number;
}

/**
 * One request of the list (S3): who, what, until when. Headline of K and A; never a claim, never shortened. The list hears
 * its clicks and its focus.
 */
export const Row = memo(function Row(props: Props): ReactElement {
  const { row, gateway, isGone, hasNameAlert, now, zone, position } = props;
  const said = words.requests;
  const identity = row.patient === undefined ? undefined : identityOf(row.patient, now, zone);
  const action = actionWords(row.action_type);
  return (
    <Article data-ended={isGone || hasEnded(row)} data-dimmed={props.isDimmed} data-prov="K">
      <div>
        <TierMark tier={row.tier} />
      </div>
      <div>
        <Name data-unread={row.unread}>
          <Open
            href="#request"
            data-row={position}
            aria-label={rowSentence(row, hasNameAlert, now, zone, gateway)}
            aria-disabled={isGone}
          >
            {identity === undefined ? said.noPatient : <PersonName value={identity.name} />}
          </Open>
        </Name>
        {identity !== undefined && (
          <Line>
            {identity.born !== undefined && (
              <>
                {said.born} <Identifier value={identity.born} />
              </>
            )}
            {identity.identifiers.slice(0, 2).map(({ label, value }) => (
              <span key={label}>
                {" · "}
                <Together>
                  <RecordValue value={label} /> <Identifier value={value} />
                </Together>
              </span>
            ))}
          </Line>
        )}
        <RowFlags row={row} isGone={isGone} hasNameAlert={hasNameAlert} now={now} zone={zone} />
      </div>
      <div>
        <Line>{action ?? <ActionText value={row.action_type} />}</Line>
        {row.item !== "" && (
          <Line>
            <ActionValue value={row.item} dir="ltr" />
          </Line>
        )}
        <Muted>
          {said.agent} <RecordValue value={row.agent_name} />
          {gateway !== undefined && (
            <>
              {" · "}
              {said.gateway} <RecordValue value={gateway} />
            </>
          )}
        </Muted>
      </div>
      <Due>
        <Line>{unbroken(said.due(formatTimeToday(row.exp, now, zone).text))}</Line>
        {!isGone && !hasEnded(row) && <Muted>{remaining(row.exp - now)}</Muted>}
      </Due>
    </Article>
  );
});
