import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import { useId } from "react";
import type { ReactElement } from "react";

import type { ExportFormat, PurposeCode } from "#shared/reports/names.ts";

import { ChoiceList } from "../ui/input/choice-list.tsx";
import { Select } from "../ui/input/select.tsx";
import { TextEntry } from "../ui/input/text-entry.tsx";
import { Field, Hint, Stack } from "../ui/layout/page.tsx";
import { exporting as text } from "../words/en-gb/export.ts";
import { purposes } from "../words/en-gb/purposes.ts";

export const DAYS = [7, 28, 90, 365] as const;
export type Days = (typeof DAYS)[number];
type Patients = "with" | "without";

/** What is chosen so far: nothing is by default but the time. */
export interface Wish {
  readonly days: Days;
  readonly format?: ExportFormat;
  readonly patients?: Patients;
  readonly bom: boolean;
  readonly purpose?: PurposeCode;
  readonly words: string;
}
export const NO_WISH: Wish = { days: 28, bom: false, words: "" };

/** The first thing that is missing, in words. */
export function missing({ format, patients, purpose }: Wish): string | undefined {
  if (format === undefined) return text.missing.format;
  if (patients === undefined) return text.missing.patients;
  return purpose === undefined ? text.missing.purpose : undefined;
}

const FORMATS = (["csv", "jsonl", "fhir", "evidence"] as const).map((code) => ({
  code,
  text: text.formats[code].name,
}));
const PATIENTS = [
  { code: "without", text: text.noIdentifiers },
  { code: "with", text: text.identifiers },
] as const;

interface Props {
  readonly wish: Wish;
  readonly onChange: (wish: Wish) => void;
  /** The list's own filter is taken instead of a time. */
  readonly isFiltered: boolean;
}

/** Which records, in what form, and why. */
export function ExportForm({ wish, onChange, isFiltered }: Props): ReactElement {
  const id = useId();
  const put = (change: Partial<Wish>): void => onChange({ ...wish, ...change });
  return (
    <Stack>
      {isFiltered ? (
        <p>
          <strong>{text.period}</strong> {text.filtered}
        </p>
      ) : (
        <Field>
          <label htmlFor={id}>{text.period}</label>
          <div>
            <Select
              inputProps={{ id }}
              value={wish.days}
              onChange={({ target }) => {
                const days = DAYS.find((one) => String(one) === target.value);
                if (days !== undefined) put({ days });
              }}
            >
              {DAYS.map((days) => (
                <option key={days} value={days}>
                  {text.days[days]}
                </option>
              ))}
            </Select>
          </div>
        </Field>
      )}
      <Field>
        <ChoiceList
          legend={text.format}
          choices={FORMATS}
          chosen={wish.format}
          onChoose={(format) => put({ format })}
        />
        {wish.format !== undefined && <Hint>{text.formats[wish.format].means}</Hint>}
        {wish.format === "csv" && (
          <FormControlLabel
            control={<Checkbox checked={wish.bom} onChange={(_, bom) => put({ bom })} />}
            label={text.bom}
          />
        )}
      </Field>
      <Field>
        <ChoiceList
          legend={text.patients}
          choices={PATIENTS}
          chosen={wish.patients}
          onChoose={(patients) => put({ patients })}
        />
        {wish.patients !== undefined && (
          <Hint>{wish.patients === "with" ? text.identifiersMeans : text.noIdentifiersMeans}</Hint>
        )}
      </Field>
      <ChoiceList
        legend={text.purpose}
        choices={purposes.choices}
        chosen={wish.purpose}
        onChoose={(purpose) => put({ purpose })}
      />
      <TextEntry label={purposes.words} value={wish.words} maxLength={200} onChange={(words) => put({ words })} />
    </Stack>
  );
}
