import FormControl from "@mui/material/FormControl";
import FormHelperText from "@mui/material/FormHelperText";
import OutlinedInput from "@mui/material/OutlinedInput";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import type { KeyboardEvent, ReactElement, Ref } from "react";

import { color } from "../theme/css.ts";

const Label = styled("label")({ fontWeight: 700, lineHeight: 1.35, marginBottom: "0.25rem" });
const Hint = styled(FormHelperText)({ color: color("muted"), marginTop: "0.25rem" });

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  /** `em` width of the field: as wide as what is expected in it. */
  readonly width?: string;
  readonly kind?: "text" | "secret" | "digits";
  readonly maxLength: number;
  /** Re-entry has to be typed (approval-experience.md S5). */
  readonly isPasteOff?: boolean;
  readonly isMultiline?: boolean;
  readonly isDisabled?: boolean;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly onEnter?: () => void;
}

/** One labelled field. Enter never submits: it moves on, or does what `onEnter` says. */
export function TextEntry(props: Props): ReactElement {
  const { label, value, hint, width, kind = "text", maxLength, isPasteOff = false, isMultiline = false } = props;
  const id = useId();
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement | HTMLTextAreaElement>): void => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing || isMultiline) return;
    event.preventDefault();
    if (event.repeat) return;
    if (props.onEnter === undefined) focusNext(event.currentTarget);
    else props.onEnter();
  };
  return (
    <FormControl sx={{ maxWidth: width === undefined ? "100%" : `max(${width}, 11.5rem)` }}>
      <Label htmlFor={id}>{label}</Label>
      <OutlinedInput
        id={id}
        value={value}
        type={kind === "secret" ? "password" : "text"}
        multiline={isMultiline}
        minRows={isMultiline ? 2 : 1}
        disabled={props.isDisabled === true}
        {...(props.inputRef === undefined ? {} : { inputRef: props.inputRef })}
        sx={{ width: width ?? "100%", maxWidth: "100%" }}
        inputProps={{
          maxLength,
          autoComplete: "off",
          spellCheck: isMultiline,
          inputMode: kind === "digits" ? "numeric" : "text",
          "aria-describedby": hint === undefined ? undefined : `${id}-hint`,
        }}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          if (isPasteOff) event.preventDefault();
        }}
        onDrop={(event) => {
          if (isPasteOff) event.preventDefault();
        }}
        onChange={(event) => props.onChange(event.target.value)}
      />
      {hint !== undefined && <Hint id={`${id}-hint`}>{hint}</Hint>}
    </FormControl>
  );
}

/** Moves on to the next control of the same sheet or form. */
function focusNext(from: HTMLElement): void {
  const scope = from.closest("[role='dialog'], form, main") ?? document;
  const controls = Array.from(
    scope.querySelectorAll<HTMLElement>("input:not([type='hidden']), textarea, select, button"),
  ).filter((control) => !control.hasAttribute("disabled") && control.closest("[inert]") === null);
  controls[controls.indexOf(from) + 1]?.focus();
}
