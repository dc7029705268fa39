import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement, ReactNode } from "react";

import type { Reply } from "#shared/ipc/contract.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { useKeys } from "../keys/provider.tsx";
import { ChoiceList } from "../ui/input/choice-list.tsx";
import { TextEntry } from "../ui/input/text-entry.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Stack = styled("div")({ display: "flex", flexDirection: "column", gap: space(2) });

interface StatementSheetProps {
  readonly title: string;
  readonly explain: string;
  readonly submit: string;
  /** What is still to be filled in, in words. */
  readonly missing: string | undefined;
  readonly send: () => Promise<Reply<null>>;
  readonly onSent: () => void;
  readonly onBack: () => void;
  readonly children: ReactNode;
}

/** What a person says about a request without deciding it (protocol.md 3.20). Main signs it as a statement. */
function StatementSheet(props: StatementSheetProps): ReactElement {
  const announce = useAnnounce();
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  useKeys("sheet", { escape: props.onBack });
  const send = async (): Promise<void> => {
    if (isBusy) return;
    if (props.missing !== undefined) {
      announce.polite(props.missing);
      return;
    }
    setIsBusy(true);
    const reply = await props.send();
    setIsBusy(false);
    if (reply.ok) props.onSent();
    else setFault(`${sentenceOf(reply.error.code)} ${words.shell.code(reply.error.code)}`);
  };
  return (
    <Sheet
      title={props.title}
      foot={
        <SheetButtons>
          <Button onClick={props.onBack} aria-keyshortcuts="Escape">
            {words.decision.back}
          </Button>
          <Button onClick={() => void send()} aria-disabled={isBusy || props.missing !== undefined}>
            {props.submit}
          </Button>
        </SheetButtons>
      }
    >
      <Stack>
        {fault !== undefined && <Strip kind="alert">{fault}</Strip>}
        <p>{props.explain}</p>
        {props.children}
      </Stack>
    </Sheet>
  );
}

interface ForwardProps {
  readonly pools: readonly string[];
  readonly forward: (to: string, note: string) => Promise<Reply<null>>;
  readonly onSent: () => void;
  readonly onBack: () => void;
}

export function ForwardSheet({ pools, forward, onSent, onBack }: ForwardProps): ReactElement {
  const said = words.decision.forward;
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  return (
    <StatementSheet
      title={said.title}
      explain={said.explain}
      submit={said.submit}
      missing={to.trim() === "" ? said.chooseTo : undefined}
      send={() => forward(to.trim(), note.trim())}
      onSent={onSent}
      onBack={onBack}
    >
      {pools.length > 0 && (
        <ChoiceList
          legend={said.teams}
          choices={pools.map((pool) => ({ code: pool, text: pool }))}
          chosen={pools.includes(to) ? to : undefined}
          onChoose={setTo}
        />
      )}
      <TextEntry label={said.to} hint={said.toHint} value={to} maxLength={512} onChange={setTo} />
      <TextEntry label={said.note} value={note} maxLength={280} isMultiline onChange={setNote} />
    </StatementSheet>
  );
}

interface MoreTimeProps {
  readonly due: string;
  readonly extend: (seconds: number) => Promise<Reply<null>>;
  readonly onSent: () => void;
  readonly onBack: () => void;
}

export function MoreTimeSheet({ due, extend, onSent, onBack }: MoreTimeProps): ReactElement {
  const said = words.decision.moreTime;
  const [seconds, setSeconds] = useState<number>();
  return (
    <StatementSheet
      title={said.title}
      explain={said.explain(due)}
      submit={said.submit}
      missing={seconds === undefined ? said.choose : undefined}
      send={() => extend(seconds ?? 0)}
      onSent={onSent}
      onBack={onBack}
    >
      <ChoiceList
        legend={said.how}
        choices={said.choices.map((choice) => ({ code: String(choice.seconds), text: choice.text }))}
        chosen={seconds === undefined ? undefined : String(seconds)}
        onChoose={(code) => setSeconds(Number(code))}
      />
    </StatementSheet>
  );
}
