import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useRef, useState } from "react";
import type { ReactElement } from "react";

import type { ReceiptView, Reply, ReviewData } from "#shared/ipc/contract.ts";
import type { Presentation } from "#shared/presentation/presentation.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { LessonStrip } from "../lessons/lesson-strip.tsx";
import { useKeys } from "../keys/provider.tsx";
import { countdown } from "../time/remaining.ts";
import { Select } from "../ui/input/select.tsx";
import { AmberTriangle } from "../ui/icons.tsx";
import { KeyHint } from "../ui/key-hint.tsx";
import { Region } from "../ui/layout/region.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { color, FORCED, space } from "../ui/theme/css.ts";
import { REVOKE_REASONS } from "../words/en-gb/decision.ts";
import { words } from "../words/en-gb.ts";
import { ReceiptFacts } from "./receipt-facts.tsx";
import { receiptState } from "./receipt-state.ts";
import { ActionLine, PatientLine } from "./summary.tsx";

const Page = styled(Region)({
  flex: 1,
  minHeight: 0,
  overflowY: "auto",
  padding: space(3),
  backgroundColor: color("panel"),
});
const Card = styled("div")({
  maxWidth: "54rem",
  margin: "0 auto",
  backgroundColor: color("page"),
  border: `1px solid ${color("edge")}`,
  borderRadius: 6,
  padding: `${space(2.5)} ${space(3)}`,
  display: "flex",
  flexDirection: "column",
  gap: space(2),
  [FORCED]: { border: "2px solid CanvasText" },
});
const Held = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  gap: space(2),
  alignItems: "center",
  backgroundColor: color("infoBack"),
  color: color("infoText"),
  borderRadius: 4,
  padding: `${space(1.5)} ${space(2)}`,
  [FORCED]: { border: "1px solid CanvasText" },
});
const HeldWords = styled("p")({ flex: "1 1 14rem", fontSize: "1.125rem", fontWeight: 700 });
const Revoke = styled(Button)({
  minHeight: "2.75rem",
  "&&": { borderWidth: 2, borderColor: color("deny"), color: color("deny") },
});
const Reason = styled("label")({ display: "flex", gap: space(1), alignItems: "center", flexWrap: "wrap" });
const Detail = styled("p")({
  display: "flex",
  gap: space(1),
  alignItems: "flex-start",
  fontSize: "1.0625rem",
  "& > svg": { flex: "none", marginTop: "0.15em" },
});
const Buttons = styled("div")({ display: "flex", flexWrap: "wrap", gap: space(1.5), justifyContent: "space-between" });
const Group = styled("div")({ display: "flex", flexWrap: "wrap", gap: space(1.5) });

type RevokeCode = (typeof REVOKE_REASONS)[number]["code"];

interface Props {
  readonly review: ReviewData;
  readonly view: ReceiptView;
  readonly presentation: Presentation;
  readonly isLive: boolean;
  readonly now: number;
  readonly zone: string;
  readonly hasNext: boolean;
  readonly revoke: (code: RevokeCode) => Promise<Reply<ReceiptView>>;
  readonly onCopy: () => void;
  readonly onHistory?: () => void;
  readonly onNext: () => void;
  readonly onQueue: () => void;
  readonly onReadAgain: () => void;
}

/** The receipt (S7): a screen of its own, never a toast; nothing moves on by itself. */
export function ReceiptScreen(props: Props): ReactElement {
  const { review, view, presentation, now } = props;
  const said = words.receipt;
  const announce = useAnnounce();
  const state = receiptState(review.row.status, view, props.isLive, now);
  const revokeButton = useRef<HTMLButtonElement>(null);
  const [code, setCode] = useState<RevokeCode>(REVOKE_REASONS[0].code);
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  useKeys("screen", {
    escape: props.onQueue,
    next_request: () => props.hasNext && props.onNext(),
    // No key signs anything by itself: the key goes to the control.
    revoke: () => revokeButton.current?.focus(),
  });

  const revoke = async (): Promise<void> => {
    if (isBusy) return;
    setIsBusy(true);
    const reply = await props.revoke(code);
    setIsBusy(false);
    if (reply.ok) return;
    const text = `${sentenceOf(reply.error.code)} ${words.shell.code(reply.error.code)}`;
    setFault(text);
    announce.assertive(text);
  };

  return (
    <Page as="main" data-region="body" tabIndex={-1} aria-label={words.shell.regions.body} data-prov="K">
      <Card>
        <ScreenHeading focusOn={state.title}>{state.title}</ScreenHeading>
        {state.detail !== undefined && (
          <Detail>
            {state.tone === "trouble" && <AmberTriangle />}
            {state.detail}
          </Detail>
        )}
        {fault !== undefined && <Strip kind="alert">{fault}</Strip>}
        {review.lesson !== undefined && <LessonStrip lesson={review.lesson} decided={view.decision} />}
        {(state.heldUntil !== undefined || view.can_revoke) && (
          <Held>
            <HeldWords>
              {state.heldUntil === undefined ? said.canRevoke : said.held(countdown(state.heldUntil - now))}
            </HeldWords>
            {view.can_revoke && (
              <>
                <Reason>
                  {said.revokeWhy}
                  <Select
                    value={code}
                    onChange={(event) => {
                      const chosen = REVOKE_REASONS.find((reason) => reason.code === event.target.value);
                      if (chosen !== undefined) setCode(chosen.code);
                    }}
                  >
                    {REVOKE_REASONS.map((reason) => (
                      <option key={reason.code} value={reason.code}>
                        {reason.text}
                      </option>
                    ))}
                  </Select>
                </Reason>
                <Revoke ref={revokeButton} onClick={() => void revoke()} aria-disabled={isBusy} aria-keyshortcuts="z">
                  {said.revoke}
                  <KeyHint aria-hidden="true">z</KeyHint>
                </Revoke>
              </>
            )}
          </Held>
        )}
        <PatientLine presentation={presentation} />
        <ActionLine presentation={presentation} title={view.decision === "deny" ? said.actionDenied : said.action} />
        <ReceiptFacts review={review} view={view} zone={props.zone} />
        {review.row.status.kind === "executed" && (
          <details>
            <summary>{said.reverse}</summary>
            <p>{said.reverseMeans}</p>
          </details>
        )}
        <Buttons>
          <Group>
            <Button onClick={props.onCopy}>{said.copy}</Button>
            {props.onHistory !== undefined && <Button onClick={props.onHistory}>{said.openHistory}</Button>}
          </Group>
          <Group>
            {state.canReadAgain && <Button onClick={props.onReadAgain}>{said.readAgain}</Button>}
            <Button onClick={props.onQueue} aria-keyshortcuts="Escape">
              {said.queue}
            </Button>
            {props.hasNext && (
              <Button onClick={props.onNext} aria-keyshortcuts="n">
                {said.next}
                <KeyHint aria-hidden="true">n</KeyHint>
              </Button>
            )}
          </Group>
        </Buttons>
      </Card>
    </Page>
  );
}
