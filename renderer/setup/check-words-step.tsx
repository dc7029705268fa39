import Button from "@mui/material/Button";
import FormControlLabel from "@mui/material/FormControlLabel";
import Radio from "@mui/material/Radio";
import RadioGroup from "@mui/material/RadioGroup";
import { styled } from "@mui/material/styles";
import { useId, useState } from "react";
import type { ReactElement } from "react";

import { formatTimeToday } from "#shared/presentation/clinical/date.ts";

import { ButtonRow, Hint, Stack } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { MONO, color, space } from "../ui/theme/css.ts";
import { setup } from "../words/en-gb/setup.ts";

const Words = styled("ol")({
  display: "grid",
  gridTemplateColumns: "repeat(3, minmax(0, 1fr))",
  overflowWrap: "anywhere",
  gap: space(1),
  "& > li": {
    fontFamily: MONO,
    fontSize: "1.375rem",
    fontWeight: 700,
    padding: `${space(1)} ${space(1.5)}`,
    backgroundColor: color("panel"),
    border: `1px solid ${color("edge")}`,
    borderRadius: 4,
  },
});

interface Props {
  readonly words: readonly string[];
  readonly expiresAt: number;
  readonly now: number;
  readonly zone: string;
  readonly onCancel: () => void;
}

/** Step 2 (S1): six words, computed on this computer, that a second person compares. Nothing is selected beforehand. */
export function CheckWordsStep({ words, expiresAt, now, zone, onCancel }: Props): ReactElement {
  const [answer, setAnswer] = useState<"yes" | "no">();
  const question = useId();
  return (
    <Stack as="section">
      <ScreenHeading focusOn="check-words">{setup.wordsHeading}</ScreenHeading>
      <p>{setup.wordsIntro}</p>
      <Words aria-label={setup.wordsLabel}>
        {words.map((word, at) => (
          <li key={at} lang="en">
            {word}
          </li>
        ))}
      </Words>
      <Hint>{setup.until(formatTimeToday(expiresAt, now, zone).text)}</Hint>
      <h2 id={question}>{setup.doTheyMatch}</h2>
      <RadioGroup
        aria-labelledby={question}
        value={answer ?? ""}
        onChange={(_, value) => setAnswer(value === "yes" ? "yes" : "no")}
      >
        <FormControlLabel value="yes" control={<Radio />} label={setup.match} />
        <FormControlLabel value="no" control={<Radio />} label={setup.noMatch} />
      </RadioGroup>
      {answer === "yes" && <Strip kind="info">{setup.waiting}</Strip>}
      {answer === "no" && <Strip kind="stop">{setup.stopped}</Strip>}
      <ButtonRow>
        <Button onClick={onCancel}>{setup.cancel}</Button>
      </ButtonRow>
    </Stack>
  );
}
