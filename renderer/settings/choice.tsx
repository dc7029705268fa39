import FormControlLabel from "@mui/material/FormControlLabel";
import Radio from "@mui/material/Radio";
import RadioGroup from "@mui/material/RadioGroup";
import { useId } from "react";
import type { ReactElement } from "react";

import { Field, Hint } from "../ui/layout/page.tsx";
import { Managed } from "./managed.tsx";

interface Props<T extends string | number> {
  readonly label: string;
  readonly hint?: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly isManaged?: boolean;
  readonly onChoose: (value: T) => void;
}

/** One setting with few values: all of them visible. */
export function Choice<T extends string | number>({
  label,
  hint,
  value,
  options,
  isManaged = false,
  onChoose,
}: Props<T>): ReactElement {
  const id = useId();
  return (
    <Field>
      <strong id={id}>{label}</strong>
      <RadioGroup
        row
        aria-labelledby={id}
        value={String(value)}
        onChange={(_, chosen) => {
          const option = options.find(([one]) => String(one) === chosen);
          if (option !== undefined) onChoose(option[0]);
        }}
      >
        {options.map(([one, name]) => (
          <FormControlLabel
            key={String(one)}
            value={String(one)}
            control={<Radio disabled={isManaged} />}
            label={name}
          />
        ))}
      </RadioGroup>
      {isManaged && <Managed />}
      {hint !== undefined && <Hint>{hint}</Hint>}
    </Field>
  );
}
