import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import TextField from "@mui/material/TextField";
import { useEffect, useId, useRef, useState } from "react";
import type { KeyboardEvent, ReactElement } from "react";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { useCommands, useKeys } from "../keys/provider.tsx";
import { useSnapshot } from "../state/context.ts";
import { KeyHint } from "../ui/key-hint.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { color, FORCED, space } from "../ui/theme/css.ts";
import { palette as text } from "../words/en-gb/palette.ts";
import { entriesOf, matching } from "./entries.ts";
import type { Entry } from "./entries.ts";

const List = styled("ul")({ marginTop: space(1) });
const Option = styled("li")({
  display: "flex",
  justifyContent: "space-between",
  alignItems: "center",
  gap: space(2),
  minHeight: "2.25rem",
  padding: `${space(0.5)} ${space(1.5)}`,
  borderRadius: 4,
  cursor: "pointer",
  "&:hover": { backgroundColor: color("hover") },
  "&[aria-selected='true']": {
    backgroundColor: color("hover"),
    outline: `2px solid ${color("focus")}`,
    outlineOffset: -2,
  },
  [FORCED]: { "&[aria-selected='true']": { outline: "2px solid Highlight" } },
});
const None = styled("p")({ marginTop: space(2), color: color("muted") });

/** A combobox over what can be gone to or changed (WAI-ARIA Authoring Practices, editable combobox with list). */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactElement {
  const onRun = useRun(onClose);
  const { settings } = useSnapshot();
  const announce = useAnnounce();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const found = matching(entriesOf(settings), typed);
  const selected = found[Math.min(at, found.length - 1)];
  // To type is all there is to do here, and nothing that Enter could reach decides: not the heading but the field.
  useEffect(() => input.current?.focus(), []);
  useKeys("help", { escape: onClose, palette: onClose });

  const type = (value: string): void => {
    setTyped(value);
    setAt(0);
    const left = matching(entriesOf(settings), value).length;
    announce.polite(left === 0 ? text.none : text.found(left));
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((Math.min(at, found.length - 1) + step + found.length) % found.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing && !event.repeat && selected !== undefined) {
      event.preventDefault();
      onRun(selected);
    }
  };
  return (
    <Sheet
      title={text.title}
      foot={
        <SheetButtons>
          <Button onClick={onClose} aria-keyshortcuts="Escape">
            {text.close}
          </Button>
        </SheetButtons>
      }
    >
      <p>{text.never}</p>
      <TextField
        inputRef={input}
        fullWidth
        margin="dense"
        label={text.input}
        value={typed}
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKey}
        slotProps={{
          htmlInput: {
            role: "combobox",
            autoComplete: "off",
            spellCheck: false,
            "aria-expanded": found.length > 0,
            "aria-autocomplete": "list",
            "aria-controls": `${id}-list`,
            "aria-activedescendant": selected === undefined ? undefined : `${id}-${selected.id}`,
          },
        }}
      />
      {found.length === 0 ? (
        <None>{text.none}</None>
      ) : (
        <List role="listbox" id={`${id}-list`} aria-label={text.title}>
          {found.map((entry) => (
            <Option
              key={entry.id}
              id={`${id}-${entry.id}`}
              role="option"
              aria-selected={entry === selected}
              ref={(option) => {
                if (entry === selected) option?.scrollIntoView({ block: "nearest" });
              }}
              onClick={() => onRun(entry)}
            >
              {entry.label}
              {entry.key !== undefined && <KeyHint aria-hidden="true">{entry.key}</KeyHint>}
            </Option>
          ))}
        </List>
      )}
    </Sheet>
  );
}

/** Runs what was chosen once the palette is gone and the screen behind it answers again. */
function useRun(close: () => void): (entry: Entry) => void {
  const bridge = useBridge();
  const command = useCommands();
  return ({ run }) => {
    close();
    if (run.kind === "settings") {
      void ask(bridge.set_settings(run.change));
      return;
    }
    // Until the palette is gone nothing behind it answers; and only the queue, once it is drawn, has a search.
    if (run.command === "search")
      whenAnswered(
        () => command("go_queue"),
        () => whenAnswered(() => command("search")),
      );
    else whenAnswered(() => command(run.command));
  };
}

const MOST_FRAMES = 60;

/** Asks in each frame until there is an answer, for a second at most. */
function whenAnswered(attempt: () => boolean, then?: () => void, left = MOST_FRAMES): void {
  requestAnimationFrame(() => {
    if (attempt()) then?.();
    else if (left > 0) whenAnswered(attempt, then, left - 1);
  });
}
