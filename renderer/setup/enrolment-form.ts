import { setup } from "../words/en-gb/setup.ts";

export interface EnrolmentForm {
  readonly ticket: string;
  readonly code: string;
  readonly pin: string;
  readonly pinAgain: string;
  /** A card is used with the PIN that it already has. */
  readonly keyStore: "pin" | "card";
}

export type FieldName = Exclude<keyof EnrolmentForm, "keyStore">;

export const EMPTY_FORM: EnrolmentForm = { ticket: "", code: "", pin: "", pinAgain: "", keyStore: "pin" };

/**
 * What a person can mend before anything is sent; main checks again, and checks more.
 * @param hasPin the PIN is one that they have, typed once
 */
export function faultsOf(form: EnrolmentForm, hasPin: boolean): Partial<Record<FieldName, string>> {
  const faults: Partial<Record<FieldName, string>> = {};
  if (form.ticket.trim() === "") faults.ticket = setup.ticketMissing;
  if (form.code.trim() === "") faults.code = setup.codeMissing;
  if (hasPin) {
    if (form.pin === "") faults.pin = setup.ownPinMissing;
  } else if (form.keyStore === "card") {
    if (form.pin === "") faults.pin = setup.cardPinMissing;
  } else if (!/^[0-9]{6,}$/.test(form.pin)) faults.pin = setup.pinShort;
  else if (form.pin !== form.pinAgain) faults.pinAgain = setup.pinDiffers;
  return faults;
}
