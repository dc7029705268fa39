import type { RequestDraft } from "../ports.ts";
import { parseDecimal, sameNumber } from "./facts-decimal.ts";
import {
  conflictFact,
  failed,
  notRun,
  passed,
  shortValue,
  type Check,
  type Findings,
  type NewFact,
} from "./facts-fact.ts";
import type { PatientClaim } from "./facts-patient.ts";
import type { Allergy, Gathering, Measured } from "./facts-record.ts";
import { dateWords } from "./facts-time.ts";
import { compareAmounts } from "./facts-units.ts";

type Claim = NonNullable<RequestDraft["claims"]>[number];

/** What claims are compared with. Undefined: not read for this action. */
export interface ClaimRecord {
  readonly patient: PatientClaim;
  readonly weight?: Gathering<Measured>;
  readonly egfr?: Gathering<Measured>;
  readonly allergies?: Gathering<Allergy>;
}

/** What one claim came to: `contradicts` carries the conflict's sentence. */
type Compared =
  | { readonly kind: "same" }
  | { readonly kind: "contradicts"; readonly fact: NewFact }
  | { readonly kind: "not_compared"; readonly why: string };

/** Codes of claims, in the spellings that agents use, and what a screen calls them. */
export const CLAIM_LABELS: Readonly<Record<string, string>> = {
  weight: "Weight",
  "renal-function": "eGFR",
  egfr: "eGFR",
  "birth-date": "Date of birth",
  birthdate: "Date of birth",
  name: "Name",
  sex: "Sex",
  allergies: "Allergies",
  identifier: "Identifier",
};

/**
 * Compares each structured claim with the record (3.3(5), 3.4(8)): "Agent says 82 kg. Record says 28 kg (12-Nov-2026
 * 09:10)." Parsed values only; what cannot be compared is said to be not compared.
 */
export function compareClaims(claims: readonly Claim[], record: ClaimRecord): Findings {
  const facts: NewFact[] = [];
  const checks: Check[] = [];
  for (const [i, claim] of claims.entries()) {
    const code = claim.code.toLowerCase();
    const label = CLAIM_LABELS[code];
    const id = `claim-${String(i + 1)}`;
    const title = `Agent's ${(label ?? "statement").toLowerCase().replace("egfr", "eGFR")} against the record`;
    const compared = label === undefined ? unknownClaim : compare(code, label, claim, record);
    if (compared.kind === "same") checks.push(passed(id, title));
    else if (compared.kind === "not_compared") checks.push(notRun(id, title, compared.why));
    else {
      facts.push(compared.fact);
      checks.push(failed(id, title, compared.fact.text));
    }
  }
  return { facts, checks };
}

const unknownClaim: Compared = { kind: "not_compared", why: "The gateway does not know this kind of statement." };

function compare(code: string, label: string, claim: Claim, record: ClaimRecord): Compared {
  switch (code) {
    case "weight":
      return measuredClaim(label, claim, record.weight);
    case "egfr":
    case "renal-function":
      return measuredClaim(label, claim, record.egfr);
    case "birth-date":
    case "birthdate":
      return birthDate(label, claim, record.patient);
    case "sex":
      return plain(label, claim.value, record.patient.sex, (v) => v.toLowerCase());
    case "name":
      return names(label, claim.value, record.patient);
    case "identifier":
      return identifier(label, claim.value, record.patient);
    default:
      return allergyClaim(label, claim.value, record.allergies);
  }
}

function measuredClaim(label: string, claim: Claim, read: Gathering<Measured> | undefined): Compared {
  if (read === undefined) return { kind: "not_compared", why: `${label} was not read for this action.` };
  if (read.kind === "not_read") return { kind: "not_compared", why: read.why };
  const newest = read.items[0];
  if (newest === undefined) return { kind: "not_compared", why: `${label} - not recorded.` };
  if (parseDecimal(claim.value) === undefined)
    return { kind: "not_compared", why: "The stated value is not a number." };
  if (parseDecimal(newest.value) === undefined)
    return { kind: "not_compared", why: "The record's value is not one number." };
  const unit = claim.unit ?? newest.unit;
  const sameSpelling = unit.trim().toLowerCase() === newest.unit.trim().toLowerCase();
  const same = sameSpelling
    ? sameNumber(claim.value, newest.value)
    : compareAmounts({ value: claim.value, unit }, newest);
  if (same === undefined)
    return { kind: "not_compared", why: `The units differ: ${shortValue(unit, "other")} and ${newest.unit}.` };
  if (same === true || same === 0) {
    return newest.by_machine
      ? { kind: "not_compared", why: `The record's value was written by a device or an AI, so it settles nothing.` }
      : { kind: "same" };
  }
  const when = newest.when === undefined ? "" : ` (${dateWords(newest.when)})`;
  return {
    kind: "contradicts",
    fact: conflictFact({
      label,
      text: `Agent says ${claim.value} ${shortValue(unit, "")}. Record says ${newest.value} ${newest.unit}${when}.`,
      value: newest.value,
      unit: newest.unit,
      as_of: newest.when,
      path: newest.ref,
    }),
  };
}

function birthDate(label: string, claim: Claim, patient: PatientClaim): Compared {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(claim.value)) {
    return { kind: "not_compared", why: "The stated date of birth is not a full date." };
  }
  const { birthDate: recorded } = patient;
  if (recorded === undefined) return { kind: "not_compared", why: "Date of birth - not recorded." };
  if (claim.value === recorded) return { kind: "same" };
  return {
    kind: "contradicts",
    fact: conflictFact({
      label,
      text: `Agent says born ${dateWords(claim.value)}. Record says born ${dateWords(recorded)}.`,
      value: recorded,
      path: patient.ref,
    }),
  };
}

function plain(label: string, stated: string, recorded: string | undefined, form: (v: string) => string): Compared {
  if (recorded === undefined) return { kind: "not_compared", why: `${label} - not recorded.` };
  if (form(stated.trim()) === form(recorded)) return { kind: "same" };
  const said = shortValue(stated, "something else");
  return {
    kind: "contradicts",
    fact: conflictFact({ label, text: `Agent says ${said}. Record says ${recorded}.`, value: recorded }),
  };
}

function names(label: string, stated: string, patient: PatientClaim): Compared {
  if (sameName(stated, patient)) return { kind: "same" };
  const said = shortValue(stated, "another name");
  return {
    kind: "contradicts",
    fact: conflictFact({
      label,
      text: `Agent says ${said}. Record says ${patient.name}.`,
      value: patient.name,
      path: patient.ref,
    }),
  };
}

function identifier(label: string, stated: string, patient: PatientClaim): Compared {
  const digits = stated.replace(/[\s-]/g, "").toUpperCase();
  const known = patient.identifiers ?? [];
  if (known.some(({ value }) => value.replace(/[\s-]/g, "").toUpperCase() === digits)) return { kind: "same" };
  const said = shortValue(stated, "another number");
  return {
    kind: "contradicts",
    fact: conflictFact({
      label,
      text: `Agent says ${said}. Record says ${known.map((k) => `${k.label} ${k.value}`).join(", ")}.`,
      path: patient.ref,
    }),
  };
}

function allergyClaim(label: string, stated: string, read: Gathering<Allergy> | undefined): Compared {
  if (!/^(?:none|no known(?: drug)? allerg(?:y|ies)|nka|nkda)$/i.test(stated.trim())) return unknownClaim;
  if (read === undefined) return { kind: "not_compared", why: "Allergies were not read for this action." };
  if (read.kind === "not_read") return { kind: "not_compared", why: read.why };
  const held = read.items.filter((a) => !a.none_known);
  const [first] = held;
  if (first === undefined) {
    return read.items.length === 0 ? { kind: "not_compared", why: "Allergies - not recorded." } : { kind: "same" };
  }
  return {
    kind: "contradicts",
    fact: conflictFact({
      label,
      text: `Agent says no known allergies. Record says ${held.map((a) => a.name).join("; ")}.`,
      path: first.ref,
      as_of: first.recorded,
    }),
  };
}

const nameParts = (text: string): readonly string[] =>
  (
    text
      .normalize("NFC")
      .toLowerCase()
      .match(/[\p{L}\p{M}'’-]+/gu) ?? []
  ).map(String);
const TITLES = new Set(["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "master", "sir", "lady", "rev"]);

/** The text holds the family name and the first given name, and nothing that is not part of the recorded name. */
export function sameName(text: string, patient: PatientClaim): boolean {
  const known = new Set([patient.family, ...(patient.given ?? []), patient.prefix].flatMap((p) => nameParts(p ?? "")));
  const stated = nameParts(text).filter((part) => !TITLES.has(part));
  const needed = [...nameParts(patient.family ?? ""), ...nameParts(patient.given?.[0] ?? "")];
  return stated.every((part) => known.has(part)) && needed.every((part) => stated.includes(part));
}
