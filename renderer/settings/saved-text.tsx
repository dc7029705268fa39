import Button from "@mui/material/Button";
import OutlinedInput from "@mui/material/OutlinedInput";
import { styled } from "@mui/material/styles";
import { useId, useState } from "react";
import type { ReactElement } from "react";

import { ErrorText, Field, Hint } from "../ui/layout/page.tsx";
import { space } from "../ui/theme/css.ts";
import { settings as text } from "../words/en-gb/settings.ts";
import { Managed } from "./managed.tsx";

const Line = styled("div")({ display: "flex", gap: space(1.5), "& > .MuiOutlinedInput-root": { flex: 1 } });

interface Props {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  /** What is wrong with a value, or undefined. */
  readonly check: (value: string) => string | undefined;
  readonly isManaged?: boolean;
  readonly onSave: (value: string) => void;
}

/** A setting that is typed and saved by its own button: nothing half-typed takes effect. */
export function SavedText({ label, hint, value, check, isManaged = false, onSave }: Props): ReactElement {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const [fault, setFault] = useState<string>();
  return (
    <Field>
      <label htmlFor={id}>{label}</label>
      <Line>
        <OutlinedInput
          id={id}
          value={typed}
          error={fault !== undefined}
          readOnly={isManaged}
          inputProps={{ spellCheck: false, "aria-describedby": `${id}-about` }}
          onChange={(event) => setTyped(event.target.value)}
        />
        {!isManaged && (
          <Button
            aria-disabled={typed === value}
            onClick={() => {
              const found = check(typed.trim());
              setFault(found);
              if (found === undefined && typed !== value) onSave(typed.trim());
            }}
          >
            {text.save}
          </Button>
        )}
      </Line>
      <div id={`${id}-about`} role="status">
        {isManaged && <Managed />}
        {fault !== undefined && <ErrorText>{fault}</ErrorText>}
        <Hint>{hint}</Hint>
      </div>
    </Field>
  );
}
