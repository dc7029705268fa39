import Button from "@mui/material/Button";
import { useState } from "react";
import type { ReactElement } from "react";

import type { WireFault } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { ButtonRow, Field } from "../ui/layout/page.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { settings as text } from "../words/en-gb/settings.ts";

/** The panic button (protocol.md 3.13): asked twice, because a key that is given up does not come back. */
export function GiveUpKeys({ areSeveral }: { readonly areSeveral: boolean }): ReactElement {
  const bridge = useBridge();
  const [isAsking, setIsAsking] = useState(false);
  const [fault, setFault] = useState<WireFault>();
  const giveUp = async (): Promise<void> => {
    const reply = await ask(bridge.revoke_keys(undefined));
    setFault(reply.ok ? undefined : reply.error);
  };
  return (
    <Field>
      <p>{areSeveral ? `${text.giveUpMeaning} ${text.giveUpAll}` : text.giveUpMeaning}</p>
      {fault !== undefined && <Strip kind="alert">{fault.message}</Strip>}
      {isAsking ? (
        <ButtonRow>
          <Button onClick={() => setIsAsking(false)}>{text.giveUpKeep}</Button>
          <Button color="error" variant="outlined" onClick={() => void giveUp()}>
            {text.giveUpSure}
          </Button>
        </ButtonRow>
      ) : (
        <div>
          <Button onClick={() => setIsAsking(true)}>{text.giveUpAsk}</Button>
        </div>
      )}
    </Field>
  );
}
