import Button from "@mui/material/Button";
import { useState } from "react";
import type { ReactElement } from "react";

import type { KeyReplacement } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { PinForm } from "../ui/input/pin-form.tsx";
import { Field } from "../ui/layout/page.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { replaceKey as text } from "../words/en-gb/settings.ts";

/** A new key in the place of the present one (protocol.md 3.13): asks for the PIN, then says how it goes. */
export function ReplaceKey({
  iss,
  replacing,
}: {
  readonly iss: string;
  readonly replacing: KeyReplacement | undefined;
}): ReactElement {
  const bridge = useBridge();
  const [isAsking, setIsAsking] = useState(false);
  const isUnderWay = replacing !== undefined && replacing.kind !== "done" && replacing.kind !== "failed";

  const replace = async (pin: string): Promise<string | undefined> => {
    const reply = await ask(bridge.replace_key({ iss, pin }));
    if (!reply.ok) return reply.error.message;
    setIsAsking(false);
    return undefined;
  };

  return (
    <Field>
      <div role="status">{replacing !== undefined && <Progress replacing={replacing} />}</div>
      {!isUnderWay &&
        (isAsking ? (
          <PinForm
            label={text.pin}
            hasFocus
            leave={{ label: text.keep, run: () => setIsAsking(false) }}
            send={{ label: text.sure, busy: text.busy }}
            onSend={replace}
          />
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
