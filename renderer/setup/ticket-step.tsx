import Button from "@mui/material/Button";
import OutlinedInput from "@mui/material/OutlinedInput";
import { useEffect, useId, useRef, useState } from "react";
import type { ReactElement, SubmitEvent } from "react";

import type { Person, WireFault } from "#shared/ipc/contract.ts";

import { ChoiceList } from "../ui/input/choice-list.tsx";
import { ButtonRow, ErrorText, Field, Hint, Stack } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { KeyFaults } from "../locked/key-faults.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { PersonName } from "../ui/provenance/values.tsx";
import { setup } from "../words/en-gb/setup.ts";
import { EMPTY_FORM, faultsOf } from "./enrolment-form.ts";
import type { EnrolmentForm, FieldName } from "./enrolment-form.ts";

const KEY_STORES = [
  { code: "pin", text: setup.keyOnComputer },
  { code: "card", text: setup.keyOnCard },
] as const;

interface Props {
  /** Who adds a gateway, under the PIN that they have. */
  readonly joins: Person | undefined;
  readonly isDemo: boolean;
  readonly fault: WireFault | undefined;
  /** Keys whose file was set aside when the app was started. */
  readonly damagedKeys: number | undefined;
  /** Keys whose file was out of reach when the app was started. */
  readonly unreadableKeys: number | undefined;
  readonly onBegin: (form: EnrolmentForm) => void;
  /** Absent on a workstation where nobody is enrolled: there is nowhere to go. */
  readonly onLeave: (() => void) | undefined;
}

/** Step 1 (S1): ticket, code and a PIN. What is typed is sent once and forgotten. */
export function TicketStep({
  joins,
  isDemo,
  fault,
  damagedKeys,
  unreadableKeys,
  onBegin,
  onLeave,
}: Props): ReactElement {
  const [form, setForm] = useState(EMPTY_FORM);
  const [faults, setFaults] = useState<Partial<Record<FieldName, string>>>({});
  const said = useRef<HTMLDivElement>(null);
  // The form is longer than the window, and its button is at the other end.
  useEffect(() => {
    if (fault !== undefined) said.current?.focus();
  }, [fault]);
  const put = (name: FieldName) => (value: string) => setForm((held) => ({ ...held, [name]: value }));

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const found = faultsOf(form, joins !== undefined);
    setFaults(found);
    if (Object.keys(found).length === 0) onBegin(form);
  };

  return (
    <form onSubmit={submit} noValidate autoComplete="off">
      <Stack as="div">
        <ScreenHeading focusOn="ticket">{joins === undefined ? setup.heading : setup.addHeading}</ScreenHeading>
        <p>{setup.intro}</p>
        {joins !== undefined && (
          <p>
            {setup.addFor}{" "}
            <strong>
              <PersonName value={joins.name} />
            </strong>
            . {setup.addMeans}
          </p>
        )}
        {fault !== undefined && (
          <div ref={said} tabIndex={-1}>
            <Strip kind="alert">
              {fault.message} {fault.tries_left !== undefined && setup.triesLeft(fault.tries_left)}
            </Strip>
          </div>
        )}
        <KeyFaults damaged={damagedKeys} unreadable={unreadableKeys} />
        {isDemo && <Strip kind="amber">{setup.softwareKey}</Strip>}
        <TextField label={setup.ticket} hint={setup.ticketHint} fault={faults.ticket} rows={3} {...bound("ticket")} />
        <TicketFile onText={put("ticket")} />
        <TextField label={setup.code} hint={setup.codeHint} fault={faults.code} {...bound("code")} />
        <h2>{setup.pinHeading}</h2>
        <p>{setup.meaning}</p>
        {!isDemo && joins === undefined && (
          <ChoiceList
            legend={setup.keyStore}
            choices={KEY_STORES}
            chosen={form.keyStore}
            onChoose={(keyStore) => setForm((held) => ({ ...held, keyStore, pin: "", pinAgain: "" }))}
          />
        )}
        {joins !== undefined ? (
          <TextField label={setup.ownPin} hint={setup.ownPinHint} fault={faults.pin} isSecret {...bound("pin")} />
        ) : form.keyStore === "card" ? (
          <TextField label={setup.cardPin} hint={setup.cardPinHint} fault={faults.pin} isSecret {...bound("pin")} />
        ) : (
          <>
            <TextField label={setup.pin} hint={setup.pinHint} fault={faults.pin} isSecret {...bound("pin")} />
            <TextField label={setup.pinAgain} fault={faults.pinAgain} isSecret {...bound("pinAgain")} />
          </>
        )}
        <ButtonRow>
          {onLeave === undefined ? <span /> : <Button onClick={onLeave}>{setup.leave}</Button>}
          <Button type="submit" variant="contained">
            {setup.begin}
          </Button>
        </ButtonRow>
      </Stack>
    </form>
  );

  function bound(name: FieldName): { readonly value: string; readonly onChange: (value: string) => void } {
    return { value: form[name], onChange: put(name) };
  }
}

interface TextFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly fault: string | undefined;
  readonly value: string;
  readonly rows?: number;
  readonly isSecret?: boolean;
  readonly onChange: (value: string) => void;
}

function TextField({ label, hint, fault, value, rows, isSecret = false, onChange }: TextFieldProps): ReactElement {
  const [id, about] = [useId(), useId()];
  return (
    <Field>
      <label htmlFor={id}>{label}</label>
      <OutlinedInput
        id={id}
        value={value}
        type={isSecret ? "password" : "text"}
        error={fault !== undefined}
        multiline={rows !== undefined}
        {...(rows === undefined ? {} : { rows })}
        inputProps={{
          "aria-describedby": about,
          spellCheck: false,
          autoComplete: isSecret ? "new-password" : "off",
          ...(isSecret ? { inputMode: "numeric" as const } : {}),
        }}
        onChange={(event) => onChange(event.target.value)}
      />
      <div id={about}>
        {fault !== undefined && <ErrorText>{fault}</ErrorText>}
        {hint !== undefined && <Hint>{hint}</Hint>}
      </div>
    </Field>
  );
}

/** The ticket may come as a file: it is read here and shown in the field, so that nothing is sent unseen. */
function TicketFile({ onText }: { readonly onText: (text: string) => void }): ReactElement {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div>
      <Button onClick={() => picker.current?.click()}>{setup.openFile}</Button>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".json,.txt,.ticket"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined && file.size <= 4096) void file.text().then(onText);
        }}
      />
    </div>
  );
}
