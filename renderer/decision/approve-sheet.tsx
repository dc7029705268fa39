import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement } from "react";

import type { Reply, ReceiptView, ReviewData } from "#shared/ipc/contract.ts";
import type { Presentation } from "#shared/presentation/presentation.ts";
import { formatTimeToday } from "#shared/presentation/clinical/date.ts";

import { useKeys } from "../keys/provider.tsx";
import { OneLine, unbroken } from "../ui/one-line.tsx";
import { GuardedButton } from "../ui/input/guarded-button.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { TokenText } from "../ui/provenance/shown-text.tsx";
import { CheckWords } from "../ui/provenance/values.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { approvalOf, EMPTY_FORM, missing, needsOf } from "./approval-form.ts";
import type { ApprovalForm } from "./approval-form.ts";
import { sheetFault } from "./fault-words.ts";
import { armMs } from "./friction.ts";
import { Overrides } from "./overrides.tsx";
import { PinEntry, Reentry } from "./reentry.tsx";
import { SignerLine } from "./signer-line.tsx";
import { ActionLine, PatientLine } from "./summary.tsx";

const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(1.5) });
const Muted = styled("p")({ color: color("muted") });
const Statement = styled("p")({ fontSize: "0.9375rem", lineHeight: 1.35, marginBottom: space(0.75) });

/** The second wrong re-entry closes the sheet (approval-experience.md S5). */
const MOST_MISMATCHES = 2;

export type Approval = ReturnType<typeof approvalOf>;

interface Props {
  readonly review: ReviewData;
  readonly presentation: Presentation;
  readonly chosen: {
    readonly granted: readonly string[];
    readonly acked: readonly string[];
    readonly seen: readonly string[];
  };
  readonly leftOut: number;
  /** Why nothing can be signed at the moment: offline, clock. */
  readonly blocked: string | undefined;
  readonly now: number;
  readonly zone: string;
  readonly sign: (approval: Approval) => Promise<Reply<ReceiptView>>;
  /** Gives up the signature that is being made. */
  readonly cancel: () => void;
  readonly onSigned: (receipt: ReceiptView) => void;
  readonly onBack: () => void;
  /** Two mismatches: back to the top of the review. */
  readonly onMismatch: () => void;
}

/**
 * The second place to click (S5). Patient, action, statement and signer stay on the sheet while it is signed; pressing
 * Sign is the only way to sign.
 */
export function ApproveSheet(props: Props): ReactElement {
  const { review, presentation, now, zone } = props;
  const { claims } = review;
  const said = words.decision.approve;
  const announce = useAnnounce();
  const [form, setForm] = useState<ApprovalForm>(EMPTY_FORM);
  const [isPinAsked, setIsPinAsked] = useState(false);
  const [mismatches, setMismatches] = useState(0);
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const needs = needsOf(claims, presentation, isPinAsked);
  const hasReentry = needs.identity || needs.originCode || needs.value !== undefined;
  // The PIN comes last: beside the re-entry where nothing stands between.
  const isPinBeside = needs.pin && hasReentry && needs.overrides.length === 0;
  const fill = (change: Partial<ApprovalForm>): void => setForm({ ...form, ...change });
  const name = presentation.sections.flatMap(({ rows }) => rows).find(({ id }) => id === "who/name");

  const leave = isBusy ? props.cancel : props.onBack;
  useKeys("sheet", { escape: leave });

  const sign = async (): Promise<void> => {
    if (isBusy) return;
    setIsBusy(true);
    setFault(undefined);
    const reply = await props.sign(approvalOf(form, needs, props.chosen));
    setIsBusy(false);
    if (reply.ok) {
      props.onSigned(reply.value);
      return;
    }
    if (reply.error.code === "E_CLI_CANCELLED") {
      announce.polite(said.cancelled);
      props.onBack();
      return;
    }
    const { text, next } = sheetFault(reply.error, name?.tokens.map((token) => token.text).join(""));
    setFault(text);
    announce.assertive(text);
    // SECURITY: what was typed does not outlive its use, right or wrong.
    setForm({
      ...form,
      pin: "",
      ...(next === "mismatch" ? { initials: "", birthYear: "", value: "", originCode: "" } : {}),
    });
    if (next === "ask_pin") setIsPinAsked(true);
    if (next !== "mismatch") return;
    setMismatches(mismatches + 1);
    if (mismatches + 1 >= MOST_MISMATCHES) props.onMismatch();
  };

  return (
    <Sheet
      title={said.title}
      foot={
        <>
          <Statement data-prov="K">
            <TokenText tokens={presentation.statement} />
          </Statement>
          <SignerLine signer={props.review.signer} />
          <SheetButtons>
            <Button onClick={leave} aria-keyshortcuts="Escape">
              {isBusy ? words.decision.cancel : words.decision.back}
            </Button>
            <GuardedButton
              label={said.sign}
              weight="sign"
              armMs={armMs(presentation.tier)}
              rearmOn={review.row.digest}
              blocked={isBusy ? said.busy : (props.blocked ?? missing(form, needs))}
              guardWords={words.review.guard}
              onActivate={() => void sign()}
              onBlocked={announce.polite}
            />
          </SheetButtons>
        </>
      }
    >
      <Stack>
        {fault !== undefined && <Strip kind="alert">{fault}</Strip>}
        <PatientLine presentation={presentation} />
        <ActionLine presentation={presentation} title={said.youApprove} />
        <Muted>
          {unbroken(said.limits(formatTimeToday(claims.exp, now, zone).text, claims.policy.hold_s ?? 0))}
          {said.leftOut(props.leftOut)}{" "}
          <OneLine>
            {said.checkWords} <CheckWords>{review.check_words.join("-")}</CheckWords>
          </OneLine>
        </Muted>
        {claims.policy.quorum.need > 1 && <Strip kind="info">{said.secondNext}</Strip>}
        {isBusy ? (
          <Strip kind="info">{said.busy}</Strip>
        ) : (
          <>
            {hasReentry && (
              <Reentry needs={needs} form={form} onChange={fill}>
                {isPinBeside && <PinEntry form={form} onChange={fill} />}
              </Reentry>
            )}
            {needs.overrides.length > 0 && (
              <Overrides needs={needs} form={form} onChange={(overrides) => fill({ overrides })} />
            )}
            {needs.pin && !isPinBeside && <PinEntry form={form} onChange={fill} />}
          </>
        )}
      </Stack>
    </Sheet>
  );
}
