import Button from "@mui/material/Button";
import type { ReactElement } from "react";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { Field } from "../ui/layout/page.tsx";
import { settings as text } from "../words/en-gb/settings.ts";

/** The way to work with one more gateway (S12): main locks the app and asks for the ticket. */
export function AddGateway({ isOnCard }: { readonly isOnCard: boolean }): ReactElement {
  const bridge = useBridge();
  if (isOnCard) return <p>{text.addOnCard}</p>;
  return (
    <Field>
      <p>{text.addMeaning}</p>
      <div>
        <Button onClick={() => void ask(bridge.add_gateway(undefined))}>{text.add}</Button>
      </div>
    </Field>
  );
}
