import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import type { ReactElement } from "react";

import type { WireFault } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { ButtonRow, Field, Hint } from "../ui/layout/page.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { color, MONO, space } from "../ui/theme/css.ts";
import { settings as text } from "../words/en-gb/settings.ts";

const Preview = styled("pre")({
  maxHeight: "20rem",
  overflow: "auto",
  fontFamily: MONO,
  fontSize: "0.875rem",
  lineHeight: 1.4,
  padding: space(1.5),
  margin: `${space(1)} 0`,
  border: `1px solid ${color("edge")}`,
  borderRadius: 4,
  backgroundColor: color("panel"),
});

/** A report for support, shown in full before it is saved (S12). Nothing of any patient or request is in it. */
export function Diagnostics(): ReactElement {
  const bridge = useBridge();
  const [report, setReport] = useState<string>();
  const [fault, setFault] = useState<WireFault>();
  const show = async (): Promise<void> => {
    const reply = await ask(bridge.get_diagnostics(undefined));
    setFault(reply.ok ? undefined : reply.error);
    if (reply.ok) setReport(reply.value.text);
  };
  const save = async (): Promise<void> => {
    const reply = await ask(bridge.save_diagnostics(undefined));
    setFault(reply.ok ? undefined : reply.error);
  };
  return (
    <Field>
      <p>{text.diagnosticsMeaning}</p>
      {fault !== undefined && <Strip kind="alert">{fault.message}</Strip>}
      {report === undefined ? (
        <div>
          <Button onClick={() => void show()}>{text.diagnosticsShow}</Button>
        </div>
      ) : (
        <>
          <Preview tabIndex={0} role="region" aria-label={text.diagnostics} dir="ltr">
            {report}
          </Preview>
          <Hint>{text.diagnosticsPreview}</Hint>
          <ButtonRow>
            <Button onClick={() => setReport(undefined)}>{text.diagnosticsClose}</Button>
            <Button variant="outlined" onClick={() => void save()}>
              {text.diagnosticsSave}
            </Button>
          </ButtonRow>
        </>
      )}
    </Field>
  );
}
