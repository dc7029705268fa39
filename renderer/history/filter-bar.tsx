import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import InputAdornment from "@mui/material/InputAdornment";
import OutlinedInput from "@mui/material/OutlinedInput";
import { styled } from "@mui/material/styles";
import { useId } from "react";
import type { ReactElement, ReactNode, Ref } from "react";

import type { SavedFilter } from "#shared/ipc/reports.ts";
import { ACTION_TYPES } from "#shared/protocol/names.ts";

import { actionWords } from "../review/action-words.ts";
import { Magnifier } from "../ui/icons.tsx";
import { Select } from "../ui/input/select.tsx";
import { ErrorText } from "../ui/layout/page.tsx";
import { color, space } from "../ui/theme/css.ts";
import { records } from "../words/en-gb/records.ts";
import type { FieldFaults, FieldName, Fields } from "./filter.ts";

const Bar = styled("form")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "flex-end",
  columnGap: space(2),
  rowGap: space(1),
});
const Field = styled("div")({
  display: "flex",
  flexDirection: "column",
  gap: space(0.25),
  "& > label": { color: color("muted"), fontSize: "0.9375rem" },
});
const Search = styled(OutlinedInput)({
  width: "27rem",
  maxWidth: "100%",
  "& input": { padding: `${space(0.75)} ${space(1)} ${space(0.75)} 0` },
});
const Day = styled(OutlinedInput)({ width: "9rem", "& input": { padding: `${space(0.75)} ${space(1)}` } });
/** By what is chosen, not by what there is to choose: names come with the rows, and nothing may move when they do. */
const WIDTHS = {
  type: "12rem",
  decision: "9rem",
  tier: "6.5rem",
  agent: "11rem",
  signer: "14rem",
  saved: "11rem",
} as const;

export interface Known {
  /** People and agents that were seen in rows so far: one is chosen by name and asked for by URI. */
  readonly agents: ReadonlyMap<string, string>;
  readonly signers: ReadonlyMap<string, string>;
}

interface Props {
  readonly fields: Fields;
  readonly faults: FieldFaults;
  readonly known: Known;
  readonly filters: readonly SavedFilter[];
  readonly zone: string;
  readonly canSeeAttention: boolean;
  readonly searchRef: Ref<HTMLInputElement>;
  readonly gateways: ReactNode;
  readonly onChange: (fields: Fields) => void;
  /** Words and dates count when they are whole: at Enter or with the button. */
  readonly onFind: () => void;
  readonly onClear: () => void;
  readonly onSave: () => void;
  readonly onChoose: (filter: SavedFilter) => void;
}

/** Search and filters of S9; what cannot be understood is named at its field. */
export function FilterBar(props: Props): ReactElement {
  const { fields, faults, known, filters } = props;
  const put = (change: Partial<Fields>): void => props.onChange({ ...fields, ...change });
  return (
    <Bar
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        props.onFind();
      }}
    >
      {props.gateways}
      <One name="search" label={records.search} faults={faults}>
        {(id, describedBy) => (
          <Search
            id={id}
            type="search"
            value={fields.search}
            inputRef={props.searchRef}
            placeholder={records.searchHint}
            inputProps={{ maxLength: 128, autoComplete: "off", spellCheck: false, ...describedBy }}
            startAdornment={
              <InputAdornment position="start">
                <Magnifier />
              </InputAdornment>
            }
            onChange={(event) => put({ search: event.target.value })}
          />
        )}
      </One>
      {(["from", "to"] as const).map((name) => (
        <One key={name} name={name} label={records[name]} faults={faults}>
          {(id, describedBy) => (
            <Day
              id={id}
              value={fields[name]}
              placeholder={records.dateHint}
              inputProps={{ maxLength: 16, autoComplete: "off", ...describedBy }}
              onChange={(event) => put({ [name]: event.target.value })}
            />
          )}
        </One>
      ))}
      <Button type="submit">{records.find}</Button>
      <Choose name="type" label={records.type} value={fields.type} faults={faults} onChoose={(type) => put({ type })}>
        {ACTION_TYPES.map((type) => [type, actionWords(type) ?? type] as const)}
      </Choose>
      <Choose
        name="decision"
        label={records.decision}
        value={fields.decision}
        faults={faults}
        onChoose={(decision) => put({ decision })}
      >
        {(["approve", "deny", "revoke", "none"] as const).map((kind) => [kind, records.decisions[kind]] as const)}
      </Choose>
      <Choose name="tier" label={records.tier} value={fields.tier} faults={faults} onChoose={(tier) => put({ tier })}>
        {(["1", "2", "3"] as const).map((tier) => [tier, records.tiers[tier]] as const)}
      </Choose>
      <Choose
        name="agent"
        label={records.agent}
        value={fields.agent}
        faults={faults}
        onChoose={(agent) => put({ agent })}
      >
        {[...known.agents]}
      </Choose>
      <Choose
        name="signer"
        label={records.signer}
        value={fields.signer}
        faults={faults}
        onChoose={(signer) => put({ signer })}
      >
        {[...known.signers]}
      </Choose>
      <FormControlLabel
        control={
          <Checkbox checked={fields.onlyProblems} onChange={(event) => put({ onlyProblems: event.target.checked })} />
        }
        label={records.onlyProblems}
        title={props.canSeeAttention ? records.problemsMeanMore : records.problemsMean}
      />
      {filters.length > 0 && (
        <Choose
          name="saved"
          label={records.saved}
          value=""
          faults={{}}
          none={records.choose}
          onChoose={(name) => {
            const found = filters.find((one) => one.name === name);
            if (found !== undefined) props.onChoose(found);
          }}
        >
          {filters.map(({ name }) => [name, name] as const)}
        </Choose>
      )}
      <Button variant="text" onClick={props.onSave}>
        {records.save}
      </Button>
      <Button variant="text" onClick={props.onClear}>
        {records.clear}
      </Button>
    </Bar>
  );
}

interface OneProps {
  readonly name: FieldName | "saved";
  readonly label: string;
  readonly faults: FieldFaults;
  readonly children: (
    id: string,
    describedBy: { readonly "aria-describedby"?: string; readonly "aria-invalid"?: true },
  ) => ReactNode;
}

function One({ name, label, faults, children }: OneProps): ReactElement {
  const id = useId();
  const fault = name === "saved" ? undefined : faults[name];
  const described = fault === undefined ? {} : ({ "aria-describedby": `${id}-fault`, "aria-invalid": true } as const);
  return (
    <Field>
      <label htmlFor={id}>{label}</label>
      {children(id, described)}
      {fault !== undefined && (
        <ErrorText id={`${id}-fault`}>
          {fault === "date" ? records.badDate : fault === "range" ? records.badRange : fault.said}
        </ErrorText>
      )}
    </Field>
  );
}

interface ChooseProps {
  readonly name: keyof typeof WIDTHS;
  readonly label: string;
  readonly value: string;
  readonly faults: FieldFaults;
  readonly none?: string;
  readonly onChoose: (value: string) => void;
  readonly children: readonly (readonly [string, string])[];
}

function Choose({ name, label, value, faults, none = records.any, onChoose, children }: ChooseProps): ReactElement {
  return (
    <One name={name} label={label} faults={faults}>
      {(id, describedBy) => (
        <Select
          value={value}
          style={{ width: WIDTHS[name] }}
          inputProps={{ id, ...describedBy }}
          onChange={(event) => onChoose(event.target.value)}
        >
          <option value="">{none}</option>
          {children.map(([code, text]) => (
            <option key={code} value={code}>
              {text}
            </option>
          ))}
        </Select>
      )}
    </One>
  );
}
