import Button from "@mui/material/Button";
import type { ReactElement } from "react";

import { Gate } from "../ui/layout/gate.tsx";
import { ButtonRow, ErrorText, Stack } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { practice as said } from "../words/en-gb/practice.ts";
import { setup } from "../words/en-gb/setup.ts";
import { usePractice } from "./use-practice.ts";

/** What is going to happen. Skipping is there for who passed not long ago, and for nobody else. */
export function Offer({ maySkip }: { readonly maySkip: boolean }): ReactElement {
  const { fault, begin, finish } = usePractice();
  return (
    <Gate label={said.heading} product={said.name} aside={<span>{setup.step(4, 4)}</span>}>
      <Stack as="section">
        <ScreenHeading focusOn="offered">{said.heading}</ScreenHeading>
        <p>{said.what}</p>
        <p>{said.how}</p>
        <p>{said.end}</p>
        {maySkip && <p>{said.maySkip}</p>}
        {fault !== undefined && <ErrorText role="alert">{fault}</ErrorText>}
        <ButtonRow>
          {maySkip ? <Button onClick={finish}>{said.skip}</Button> : <span />}
          <Button variant="contained" onClick={begin}>
            {said.begin}
          </Button>
        </ButtonRow>
      </Stack>
    </Gate>
  );
}
