import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import { styled } from "@mui/material/styles";
import { useRef, useState } from "react";
import type { ReactElement } from "react";

import type { ReceiptView, Reply, ReviewData } from "#shared/ipc/contract.ts";
import type { Presentation } from "#shared/presentation/presentation.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { useKeys } from "../keys/provider.tsx";
import { ChoiceList } from "../ui/input/choice-list.tsx";
import { GuardedButton } from "../ui/input/guarded-button.tsx";
import { TextEntry } from "../ui/input/text-entry.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { color, space } from "../ui/theme/css.ts";
import { DENY_REASONS } from "../words/en-gb/decision.ts";
import { words } from "../words/en-gb.ts";
import { denialOf, EMPTY_DENIAL, missingDenial, reasonOfDigit } from "./deny-form.ts";
import type { DenyCode, DenyForm } from "./deny-form.ts";
import { DENY_ARM_MS } from "./friction.ts";
import { SignerLine } from "./signer-line.tsx";
import { ActionLine, PatientLine } from "./summary.tsx";

const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(1.5) });
const Muted = styled("p")({ color: color("muted") });

export type Denial = NonNullable<ReturnType<typeof denialOf>>;

interface Props {
  readonly review: ReviewData;
  readonly presentation: Presentation;
  readonly isLive: boolean;
  readonly draft: DenyForm | undefined;
  readonly onDraft: (form: DenyForm) => void;
  readonly sign: (denial: Denial) => Promise<Reply<ReceiptView>>;
  readonly onSigned: (receipt: ReceiptView) => void;
  readonly onBack: () => void;
  readonly onForward: () => void;
}

/** A denial (S6): one key for the reason, then Sign denial. No re-entry and no step-up at any tier. */
export function DenySheet(props: Props): ReactElement {
  const said = words.decision.deny;
  const announce = useAnnounce();
  const signing = useRef<HTMLDivElement>(null);
  const note = useRef<HTMLInputElement>(null);
  const [form, setForm] = useState<DenyForm>(props.draft ?? EMPTY_DENIAL);
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  const change = (next: DenyForm): void => {
    setForm(next);
    props.onDraft(next);
  };
  const choose = (code: DenyCode): void => {
    if (code === "not-my-patient") props.onForward();
    else change({ ...form, code });
  };
  /** A digit chooses and moves on: to the note where words are needed, else to the signature. */
  const onDigit = (digit: number): void => {
    const code = reasonOfDigit(digit);
    if (code === undefined) return;
    choose(code);
    if (code === "other") note.current?.focus();
    else signing.current?.querySelector("button")?.focus();
  };
  useKeys("sheet", {
    escape: () => !isBusy && props.onBack(),
    reason_1: () => onDigit(1),
    reason_2: () => onDigit(2),
    reason_3: () => onDigit(3),
    reason_4: () => onDigit(4),
    reason_5: () => onDigit(5),
    reason_6: () => onDigit(6),
    reason_7: () => onDigit(7),
    reason_8: () => onDigit(8),
    reason_9: () => onDigit(9),
  });

  const sign = async (): Promise<void> => {
    const denial = denialOf(form);
    if (denial === undefined || isBusy) return;
    setIsBusy(true);
    const reply = await props.sign(denial);
    setIsBusy(false);
    if (reply.ok) {
      props.onSigned(reply.value);
      return;
    }
    const text = `${words.decision.approve.refused(sentenceOf(reply.error.code))} ${words.shell.code(reply.error.code)}`;
    setFault(text);
    announce.assertive(text);
  };

  return (
    <Sheet
      title={said.title}
      foot={
        <>
          <SignerLine signer={props.review.signer} />
          <SheetButtons>
            <Button onClick={props.onBack} aria-keyshortcuts="Escape">
              {words.decision.back}
            </Button>
            <div ref={signing}>
              <GuardedButton
                label={said.sign}
                weight="refuse"
                armMs={DENY_ARM_MS}
                rearmOn="deny"
                blocked={isBusy ? said.busy : missingDenial(form)}
                guardWords={words.review.guard}
                onActivate={() => void sign()}
                onBlocked={announce.polite}
              />
            </div>
          </SheetButtons>
        </>
      }
    >
      <Stack>
        {fault !== undefined && <Strip kind="alert">{fault}</Strip>}
        <PatientLine presentation={props.presentation} />
        <ActionLine presentation={props.presentation} title={said.youDeny} />
        {!props.isLive && <Strip kind="time">{said.offline}</Strip>}
        <ChoiceList legend={said.why} choices={DENY_REASONS} chosen={form.code} onChoose={choose} />
        <TextEntry
          label={form.code === "other" ? said.noteNeeded : said.note}
          value={form.note}
          maxLength={500}
          isMultiline
          inputRef={note}
          onChange={(text) => change({ ...form, note: text })}
        />
        <FormControlLabel
          label={said.report}
          control={
            <Checkbox
              checked={form.isReported}
              onChange={(event) => change({ ...form, isReported: event.target.checked })}
            />
          }
        />
        <Muted>{said.final}</Muted>
      </Stack>
    </Sheet>
  );
}
