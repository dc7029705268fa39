import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
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
import { space } from "../ui/theme/css.ts";
import { records } from "../words/en-gb/records.ts";
import { say as said } from "../words/en-gb/say.ts";
import { words } from "../words/en-gb.ts";

const Means = styled("ul")({
  listStyle: "disc",
  margin: 0,
  paddingInlineStart: space(2.5),
  "& > li + li": { marginTop: space(0.5) },
});

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
  const announce = useAnnounce();
  const [code, setCode] = useState<(typeof said.reasons)[number]["code"]>();
  const [note, setNote] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const [receipt, setReceipt] = useState<StatementReceipt>();
  useKeys("sheet", { escape: onClose });
  // What an agent did wrong is no reason to let it go on: that is said in the person's own words.
  const isResume = action === "resume-agent" || action === "resume-type" || action === "resume-everything";
  const text = note.trim();
  const reason = isResume ? resumeReason(text) : stopReason(code, text);

  const sign = async (): Promise<void> => {
    if (isBusy) return;
    if (reason === undefined) {
      announce.polite(isResume ? said.missingWhy : said.missing);
      return;
    }
    setIsBusy(true);
    const reply = await say(reason);
    setIsBusy(false);
    if (reply.ok) setReceipt(reply.value);
    else {
      const why = `${sentenceOf(reply.error.code)} ${words.shell.code(reply.error.code)}`;
      setFault(why);
      announce.assertive(why);
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
          <Button onClick={() => void sign()} aria-disabled={isBusy || reason === undefined}>
            {signWords(action)}
          </Button>
        </SheetButtons>
      }
    >
      <Stack>
        {fault !== undefined && <Strip kind="alert">{fault}</Strip>}
        <p>
          {said.about}: {about}
        </p>
        <section aria-label={said.whatHappens}>
          <Means>
            {said.means[action].map((one) => (
              <li key={one}>{one}</li>
            ))}
          </Means>
        </section>
        {!isResume && (
          <ChoiceList
            legend={said.why}
            choices={action === "stop-everything" ? said.reasonsForEverything : said.reasons}
            chosen={code}
            onChoose={setCode}
          />
        )}
        <TextEntry
          label={isResume ? said.whyResume : said.note}
          value={note}
          maxLength={280}
          isMultiline
          onChange={setNote}
        />
        <Hint>{said.signs}</Hint>
      </Stack>
    </Sheet>
  );
}

const stopReason = (code: Reason["code"] | undefined, text: string): Reason | undefined =>
  code === undefined ? undefined : { code, ...(text === "" ? {} : { text }) };
const resumeReason = (text: string): Reason | undefined => (text === "" ? undefined : { code: "other", text });

function signWords(action: RecordAction): string {
  const own: Partial<Record<RecordAction, string>> = said.signAction;
  return own[action] ?? said.sign;
}
