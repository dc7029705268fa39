import Button from "@mui/material/Button";
import { useState } from "react";
import type { ReactElement } from "react";

import type { Purpose } from "#shared/reports/filter.ts";

import { useKeys } from "../keys/provider.tsx";
import { ChoiceList } from "../ui/input/choice-list.tsx";
import { TextEntry } from "../ui/input/text-entry.tsx";
import { Stack } from "../ui/layout/page.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { purposes } from "../words/en-gb/purposes.ts";
import { records } from "../words/en-gb/records.ts";

interface Props {
  readonly onSay: (purpose: Purpose) => void;
  readonly onBack: () => void;
}

/** Looking is audited: why somebody looks is asked once, before anything of a patient is on the screen (S9). */
export function PurposeSheet({ onSay, onBack }: Props): ReactElement {
  const said = records.purpose;
  const announce = useAnnounce();
  const [code, setCode] = useState<Purpose["code"]>();
  const [text, setText] = useState("");
  useKeys("sheet", { escape: onBack });
  const go = (): void => {
    if (code === undefined) announce.polite(said.missing);
    else onSay({ code, ...(text.trim() === "" ? {} : { text: text.trim() }) });
  };
  return (
    <Sheet
      title={said.title}
      foot={
        <SheetButtons>
          <Button onClick={onBack} aria-keyshortcuts="Escape">
            {said.back}
          </Button>
          <Button onClick={go} aria-disabled={code === undefined}>
            {said.go}
          </Button>
        </SheetButtons>
      }
    >
      <Stack>
        <p>{said.means}</p>
        <ChoiceList<Purpose["code"]> legend={said.legend} choices={purposes.choices} chosen={code} onChoose={setCode} />
        <TextEntry label={purposes.words} value={text} maxLength={200} onChange={setText} />
      </Stack>
    </Sheet>
  );
}
