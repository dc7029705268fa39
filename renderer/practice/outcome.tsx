import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { PracticeResult } from "#shared/ipc/contract.ts";

import { AmberTriangle } from "../ui/icons.tsx";
import { Gate } from "../ui/layout/gate.tsx";
import { ButtonRow, ErrorText, Stack } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { color, space } from "../ui/theme/css.ts";
import { practice as said } from "../words/en-gb/practice.ts";
import { setup } from "../words/en-gb/setup.ts";
import { usePractice } from "./use-practice.ts";

const List = styled("ul")({ listStyle: "none", padding: 0, margin: 0 });
const Item = styled("li")({
  padding: `${space(1.5)} 0`,
  borderTop: `1px solid ${color("line")}`,
  "& h2": { fontSize: "1.125rem", fontWeight: 700 },
});
const Mark = styled("p")({ display: "flex", alignItems: "center", gap: space(1), fontWeight: 700 });

interface Props {
  readonly passed: boolean;
  readonly results: readonly PracticeResult[];
}

/** How it went, request by request: trouble is loud, its absence plain (P3). */
export function Outcome({ passed, results }: Props): ReactElement {
  const { fault, begin, finish } = usePractice();
  const heading = passed ? said.passedHeading : said.missedHeading;
  return (
    <Gate label={heading} product={said.name} aside={<span>{setup.step(4, 4)}</span>}>
      <Stack as="section">
        <ScreenHeading focusOn={heading}>{heading}</ScreenHeading>
        <p>{passed ? said.passed : said.missed}</p>
        <List>
          {results.map((result) => (
            <Result key={result.exercise} result={result} />
          ))}
        </List>
        {fault !== undefined && <ErrorText role="alert">{fault}</ErrorText>}
        <ButtonRow>
          {passed ? <Button onClick={begin}>{said.again}</Button> : <span />}
          <Button variant="contained" onClick={passed ? finish : begin}>
            {passed ? said.goOn : said.again}
          </Button>
        </ButtonRow>
      </Stack>
    </Gate>
  );
}

function Result({ result: { exercise, right, answer } }: { readonly result: PracticeResult }): ReactElement {
  const about = said.results[exercise];
  const isRight = right === answer;
  return (
    <Item>
      <h2>{about.title}</h2>
      {!isRight && (
        <Mark>
          <AmberTriangle />
          {said.missedMark}
        </Mark>
      )}
      <p>{isRight ? about.right : about.missed}</p>
    </Item>
  );
}
