import FormControlLabel from "@mui/material/FormControlLabel";
import Radio from "@mui/material/Radio";
import RadioGroup from "@mui/material/RadioGroup";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import type { ReactElement } from "react";

import { KeyHint } from "../key-hint.tsx";
import { space } from "../theme/css.ts";

const Group = styled("fieldset")({ border: 0, margin: 0, padding: 0, minWidth: 0 });
const Legend = styled("legend")({ fontWeight: 700, padding: 0, marginBottom: space(0.5) });
const Options = styled(RadioGroup)({
  display: "grid",
  gridTemplateColumns: "repeat(auto-fit, minmax(min(17rem, 100%), 1fr))",
  columnGap: space(2),
});

export interface Choice<Code extends string> {
  readonly code: Code;
  readonly text: string;
  readonly digit?: number;
}

interface Props<Code extends string> {
  readonly legend: string;
  readonly choices: readonly Choice<Code>[];
  /** Undefined: nothing is chosen, and nothing ever is by default. */
  readonly chosen: Code | undefined;
  readonly onChoose: (code: Code) => void;
}

/** Radio buttons without a default. */
export function ChoiceList<Code extends string>(props: Props<Code>): ReactElement {
  const { legend, choices, chosen, onChoose } = props;
  const id = useId();
  return (
    <Group>
      <Legend id={id}>{legend}</Legend>
      <Options
        aria-labelledby={id}
        value={chosen ?? ""}
        onChange={(_event, value) => {
          const found = choices.find((choice) => choice.code === value);
          if (found !== undefined) onChoose(found.code);
        }}
      >
        {choices.map((choice) => (
          <FormControlLabel
            key={choice.code}
            value={choice.code}
            control={<Radio />}
            label={
              <>
                {choice.text}
                {choice.digit !== undefined && <KeyHint aria-hidden="true">{choice.digit}</KeyHint>}
              </>
            }
          />
        ))}
      </Options>
    </Group>
  );
}
