import Button from "@mui/material/Button";
import OutlinedInput from "@mui/material/OutlinedInput";
import { useId, useState } from "react";
import type { ReactElement, ReactNode, SubmitEvent } from "react";

import { ButtonRow, ErrorText, Field, Stack } from "../layout/page.tsx";

interface Props {
  readonly label: string;
  readonly hasFocus?: boolean;
  /** What is chosen before the PIN is typed. */
  readonly children?: ReactNode;
  readonly leave: { readonly label: string; readonly run: () => void };
  readonly send: { readonly label: string; readonly busy: string };
  /** Hands the PIN to main; gives what was wrong, in words. Undefined while there is nobody whose PIN it could be. */
  readonly onSend: ((pin: string) => Promise<string | undefined>) | undefined;
}

/** A PIN by itself, on a page: sent with Enter or its button, and forgotten then, right or wrong. */
export function PinForm({ label, hasFocus = false, children, leave, send, onSend }: Props): ReactElement {
  const field = useId();
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (onSend === undefined || isBusy) return;
    setIsBusy(true);
    const found = await onSend(typed);
    // SECURITY: what was typed does not outlive its use, right or wrong.
    setTyped("");
    setIsBusy(false);
    setFault(found);
  };

  return (
    <form noValidate autoComplete="off" onSubmit={(event: SubmitEvent) => void submit(event)}>
      <Stack as="div">
        {children}
        <Field>
          <label htmlFor={field}>{label}</label>
          <OutlinedInput
            id={field}
            type="password"
            value={typed}
            autoFocus={hasFocus}
            sx={{ maxWidth: "16rem" }}
            error={fault !== undefined}
            inputProps={{ inputMode: "numeric", autoComplete: "off", "aria-describedby": `${field}-about` }}
            onChange={(event) => setTyped(event.target.value)}
          />
          <div id={`${field}-about`} role="status">
            {fault !== undefined && <ErrorText>{fault}</ErrorText>}
          </div>
        </Field>
        <ButtonRow>
          <Button onClick={leave.run}>{leave.label}</Button>
          <Button type="submit" variant="contained" aria-disabled={isBusy}>
            {isBusy ? send.busy : send.label}
          </Button>
        </ButtonRow>
      </Stack>
    </form>
  );
}
