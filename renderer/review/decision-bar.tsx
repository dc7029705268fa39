import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement, Ref } from "react";

import { GuardedButton } from "../ui/input/guarded-button.tsx";
import type { GuardedHandle } from "../ui/input/guarded-button.tsx";
import { KeyHint } from "../ui/key-hint.tsx";
import { Region } from "../ui/layout/region.tsx";
import { color, LOW, NARROW, space, WIDE } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Bar = styled(Region)({
  flex: "none",
  display: "flex",
  flexWrap: "wrap",
  alignItems: "flex-start",
  gap: space(3),
  padding: `${space(1.25)} ${space(3)}`,
  borderTop: `2px solid ${color("edge")}`,
  backgroundColor: color("panel"),
  [NARROW]: { gap: space(3), padding: `${space(1)} ${space(2)} 0` },
  [LOW]: { padding: `${space(0.75)} ${space(1)} ${space(0.25)}`, "& p": { fontSize: "0.875rem" } },
});
const Deny = styled(Button)({
  minHeight: "2.75rem",
  minWidth: "9rem",
  "&&": { borderWidth: 2, borderColor: color("deny"), color: color("deny") },
  "&&:hover": { borderWidth: 2, backgroundColor: color("denyHover") },
  [NARROW]: { minWidth: "6rem", "& kbd": { display: "none" } },
});
const Plain = styled(Button)({
  minHeight: "2.75rem",
  [NARROW]: { minWidth: 0, padding: `0 ${space(1)}`, "& kbd": { display: "none" } },
});
const Unseen = styled("div")({
  marginInlineStart: "auto",
  minHeight: "2.75rem",
  display: "flex",
  alignItems: "center",
  [NARROW]: { display: "none" },
});
const Approve = styled("div")({
  minWidth: "13rem",
  // The reason stands before the button, which stays where it is whatever is said.
  [WIDE]: {
    "& > div": { flexDirection: "row-reverse", alignItems: "center", columnGap: space(2) },
    "& button": { minWidth: "13rem" },
    "& p": { maxWidth: "18rem", textAlign: "end" },
  },
  [NARROW]: {
    marginInlineStart: "auto",
    width: "8rem",
    minWidth: "8rem",
    "& button": { minWidth: "8rem" },
    // Out of the button's own width, under the others: a long reason makes no second row.
    "& p": { alignSelf: "flex-end", width: "max-content", maxWidth: `calc(100vw - ${space(4)})`, textAlign: "end" },
  },
});

interface Props {
  readonly isInert: boolean;
  readonly canDeny: boolean;
  readonly canExtend: boolean;
  /** Undefined: Approve is not offered at all (quarantine). */
  readonly approve:
    | {
        readonly armMs: number;
        readonly rearmOn: string;
        readonly blocked: string | undefined;
        readonly unseen: number;
        readonly unticked: number;
      }
    | undefined;
  readonly approveHandle: Ref<GuardedHandle>;
  readonly onLeave: () => void;
  readonly onDeny: () => void;
  readonly onApprove: () => void;
  readonly onBlocked: (reason: string) => void;
  readonly onForward: () => void;
  readonly onMoreTime: () => void;
  readonly onShowUnseen: () => void;
  readonly onShowUnticked: () => void;
}

/** Deny at the left, Approve bottom right, nothing focused on arrival (MSP-2290, P5, P6). */
export function DecisionBar(props: Props): ReactElement {
  const { review, shell } = words;
  const { approve } = props;
  return (
    <Bar data-region="decision" tabIndex={-1} aria-label={shell.regions.decision} inert={props.isInert}>
      {props.canDeny && (
        <Deny onClick={props.onDeny} aria-keyshortcuts="d">
          {review.deny}
          <KeyHint aria-hidden="true">d</KeyHint>
        </Deny>
      )}
      {!props.canDeny && approve === undefined && (
        <Plain onClick={props.onLeave} aria-keyshortcuts="Escape">
          {review.toQueue}
          <KeyHint aria-hidden="true">{review.toQueueKey}</KeyHint>
        </Plain>
      )}
      {props.canExtend && (
        <>
          <Plain onClick={props.onForward} aria-keyshortcuts="f">
            {review.forward}
            <KeyHint aria-hidden="true">f</KeyHint>
          </Plain>
          <Plain onClick={props.onMoreTime} aria-keyshortcuts="m">
            {review.moreTime}
            <KeyHint aria-hidden="true">m</KeyHint>
          </Plain>
        </>
      )}
      <Unseen>
        {approve !== undefined && approve.unseen > 0 && (
          <Button variant="text" onClick={props.onShowUnseen} aria-keyshortcuts="]">
            {review.unseen(approve.unseen)}
            <KeyHint aria-hidden="true">]</KeyHint>
          </Button>
        )}
        {approve !== undefined && approve.unseen === 0 && approve.unticked > 0 && (
          <Button variant="text" onClick={props.onShowUnticked}>
            {review.unticked(approve.unticked)}
          </Button>
        )}
      </Unseen>
      {approve !== undefined && (
        <Approve>
          <GuardedButton
            handle={props.approveHandle}
            label={review.approve}
            keyHint="a"
            weight="sign"
            armMs={approve.armMs}
            rearmOn={approve.rearmOn}
            blocked={approve.blocked}
            isReasonHidden={props.isInert || isSaidByLink(approve)}
            guardWords={review.guard}
            onActivate={props.onApprove}
            onBlocked={props.onBlocked}
          />
        </Approve>
      )}
    </Bar>
  );
}

/** The link beside the control says the same: then it is the control's description only. */
function isSaidByLink({ blocked, unseen, unticked }: NonNullable<Props["approve"]>): boolean {
  return blocked === words.review.unseenHint(unseen) || blocked === words.review.unticked(unticked);
}
