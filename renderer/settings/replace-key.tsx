import Button from "@mui/material/Button";
import OutlinedInput from "@mui/material/OutlinedInput";
import { useId, useState } from "react";
import type { ReactElement, SubmitEvent } from "react";

import type { KeyReplacement, WireFault } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { ButtonRow, ErrorText, Field, Stack } from "../ui/layout/page.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { replaceKey as text } from "../words/en-gb/settings.ts";

/** A new key in the place of the present one (protocol.md 3.13): asks for the PIN, then says how it goes. */
export function ReplaceKey({ replacing }: { readonly replacing: KeyReplacement | undefined }): ReactElement {
  const [isAsking, setIsAsking] = useState(false);
  const isUnderWay = replacing !== undefined && replacing.kind !== "done" && replacing.kind !== "failed";
  return (
    <Field>
      <p>{text.meaning}</p>
      <div role="status">{replacing !== undefined && <Progress replacing={replacing} />}</div>
      {!isUnderWay &&
        (isAsking ? (
          <PinForm onEnd={() => setIsAsking(false)} />
        ) : (
          <div>
            <Button onClick={() => setIsAsking(true)}>{text.ask}</Button>
          </div>
        ))}
    </Field>
  );
}

function Progress({ replacing }: { readonly replacing: KeyReplacement }): ReactElement {
  switch (replacing.kind) {
    case "asking":
      return <Strip kind="info">{text.asking}</Strip>;
    case "waiting":
      return <Strip kind="time">{text.waiting}</Strip>;
    case "ready":
      return <Strip kind="time">{text.ready}</Strip>;
    case "done":
      return <Strip kind="info">{text.done}</Strip>;
    case "failed":
      return <Strip kind="alert">{`${text.failed} ${replacing.error.message}`}</Strip>;
    default:
      return replacing satisfies never;
  }
}

function PinForm({ onEnd }: { readonly onEnd: () => void }): ReactElement {
  const bridge = useBridge();
  const field = useId();
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<WireFault>();
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (): Promise<void> => {
    if (isBusy) return;
    setIsBusy(true);
    const reply = await ask(bridge.replace_key({ pin: typed }));
    // Right or wrong, what was typed is forgotten.
    setTyped("");
    setIsBusy(false);
    if (reply.ok) onEnd();
    else setFault(reply.error);
  };

  return (
    <form
      noValidate
      autoComplete="off"
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack as="div">
        <label htmlFor={field}>{text.pin}</label>
        <OutlinedInput
          id={field}
          type="password"
          value={typed}
          autoFocus
          sx={{ maxWidth: "16rem" }}
          error={fault !== undefined}
          inputProps={{ inputMode: "numeric", autoComplete: "off", "aria-describedby": `${field}-about` }}
          onChange={(event) => setTyped(event.target.value)}
        />
        <div id={`${field}-about`} role="status">
          {fault !== undefined && <ErrorText>{fault.message}</ErrorText>}
        </div>
        <ButtonRow>
          <Button onClick={onEnd}>{text.keep}</Button>
          <Button type="submit" variant="contained" aria-disabled={isBusy}>
            {isBusy ? text.busy : text.sure}
          </Button>
        </ButtonRow>
      </Stack>
    </form>
  );
}
