import Button from "@mui/material/Button";
import { useState } from "react";
import type { ReactElement, ReactNode } from "react";

import type { CommandInput, Reply } from "#shared/ipc/contract.ts";
import type { RecordAction, StatementReceipt } from "#shared/ipc/reports.ts";
import { formatInstant } from "#shared/presentation/clinical/date.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { useKeys } from "../keys/provider.tsx";
import { ChoiceList } from "../ui/input/choice-list.tsx";
import { TextEntry } from "../ui/input/text-entry.tsx";
import { Hint, Stack } from "../ui/layout/page.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { Identifier, Monospaced } from "../ui/provenance/values.tsx";
import { records } from "../words/en-gb/records.ts";
import { words } from "../words/en-gb.ts";

type Reason = CommandInput<"say">["saying"]["reason"];

interface Props {
  readonly action: RecordAction;
  /** What or whom it is about, as the record says. */
  readonly about: ReactNode;
  readonly zone: string;
  readonly say: (reason: Reason) => Promise<Reply<StatementReceipt>>;
  readonly onClose: () => void;
}

/** What happens is said before it is signed; what the gateway recorded is shown after it (protocol.md 3.20). */
export function SaySheet({ action, about, zone, say, onClose }: Props): ReactElement {
  const said = records.say;
  const announce = useAnnounce();
  const [code, setCode] = useState<(typeof said.reasons)[number]["code"]>();
  const [note, setNote] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const [receipt, setReceipt] = useState<StatementReceipt>();
  useKeys("sheet", { escape: onClose });

  const sign = async (): Promise<void> => {
    if (isBusy) return;
    if (code === undefined) {
      announce.polite(said.missing);
      return;
    }
    setIsBusy(true);
    const reply = await say({ code, ...(note.trim() === "" ? {} : { text: note.trim() }) });
    setIsBusy(false);
    if (reply.ok) setReceipt(reply.value);
    else {
      const text = `${sentenceOf(reply.error.code)} ${words.shell.code(reply.error.code)}`;
      setFault(text);
      announce.assertive(text);
    }
  };

  if (receipt !== undefined) {
    const done = said.done(formatInstant(receipt.at, zone));
    return (
      <Sheet
        title={records.detail.statements[action]}
        focusOn={done}
        foot={
          <SheetButtons>
            <Button onClick={onClose} aria-keyshortcuts="Escape">
              {said.close}
            </Button>
          </SheetButtons>
        }
      >
        <Stack>
          <p>{done}</p>
          <p>
            {said.about}: {about}
          </p>
          <Hint>
            {said.doneDigest}{" "}
            <Monospaced>
              <Identifier value={receipt.digest} />
            </Monospaced>
          </Hint>
        </Stack>
      </Sheet>
    );
  }
  return (
    <Sheet
      title={said.titles[action]}
      foot={
        <SheetButtons>
          <Button onClick={onClose} aria-keyshortcuts="Escape">
            {said.back}
          </Button>
          <Button onClick={() => void sign()} aria-disabled={isBusy || code === undefined}>
            {said.sign}
          </Button>
        </SheetButtons>
      }
    >
      <Stack>
        {fault !== undefined && <Strip kind="alert">{fault}</Strip>}
        <p>
          {said.about}: {about}
        </p>
        <p>{said.means[action]}</p>
        <ChoiceList legend={said.why} choices={said.reasons} chosen={code} onChoose={setCode} />
        <TextEntry label={said.note} value={note} maxLength={280} isMultiline onChange={setNote} />
        <Hint>{said.signs}</Hint>
      </Stack>
    </Sheet>
  );
}
