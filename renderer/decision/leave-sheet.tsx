import Button from "@mui/material/Button";
import type { ReactElement } from "react";

import { useKeys } from "../keys/provider.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { words } from "../words/en-gb.ts";

interface Props {
  readonly onStay: () => void;
  readonly onWrite: () => void;
  readonly onLeave: () => void;
}

/** Asks before a denial that is half written is left (approval-experience.md 9, Esc in the review). */
export function LeaveSheet({ onStay, onWrite, onLeave }: Props): ReactElement {
  const said = words.decision.leave;
  useKeys("sheet", { escape: onStay });
  return (
    <Sheet
      title={said.title}
      foot={
        <SheetButtons>
          <Button onClick={onStay} aria-keyshortcuts="Escape">
            {said.stay}
          </Button>
          <Button onClick={onWrite}>{said.write}</Button>
          <Button onClick={onLeave}>{said.discard}</Button>
        </SheetButtons>
      }
    >
      <p>{said.means}</p>
    </Sheet>
  );
}
