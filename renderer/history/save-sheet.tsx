import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement } from "react";

import type { SavedFilter } from "#shared/ipc/reports.ts";

import { useKeys } from "../keys/provider.tsx";
import { TextEntry } from "../ui/input/text-entry.tsx";
import { Hint, Stack } from "../ui/layout/page.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { space } from "../ui/theme/css.ts";
import { records } from "../words/en-gb/records.ts";

const Kept = styled("ul")({
  display: "flex",
  flexDirection: "column",
  gap: space(0.5),
  "& li": { display: "flex", gap: space(2), alignItems: "center" },
});

interface Props {
  readonly filters: readonly SavedFilter[];
  readonly onSave: (name: string) => void;
  readonly onRemove: (name: string) => void;
  readonly onBack: () => void;
}

/** Keeps a filter by name, and lets go of one. */
export function SaveSheet({ filters, onSave, onRemove, onBack }: Props): ReactElement {
  const [name, setName] = useState("");
  useKeys("sheet", { escape: onBack });
  const isNamed = name.trim() !== "";
  return (
    <Sheet
      title={records.saveTitle}
      foot={
        <SheetButtons>
          <Button onClick={onBack} aria-keyshortcuts="Escape">
            {records.purpose.back}
          </Button>
          <Button onClick={() => isNamed && onSave(name.trim())} aria-disabled={!isNamed}>
            {records.saveButton}
          </Button>
        </SheetButtons>
      }
    >
      <Stack>
        <TextEntry label={records.saveName} value={name} maxLength={60} width="24rem" onChange={setName} />
        <Hint>{records.saveMeans}</Hint>
        {filters.length > 0 && (
          <Kept>
            {filters.map((one) => (
              <li key={one.name}>
                <span data-prov="U">{one.name}</span>
                <Button variant="text" onClick={() => onRemove(one.name)}>
                  {records.remove(one.name)}
                </Button>
              </li>
            ))}
          </Kept>
        )}
      </Stack>
    </Sheet>
  );
}
