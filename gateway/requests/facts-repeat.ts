import { sameValue } from "#shared/protocol/json-patch.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

import { dosagesOf, sameDosages } from "./facts-dose.ts";
import { isMembers, listAt, membersAt, type Members } from "./facts-json.ts";

const set = (names: string): ReadonlySet<string> => new Set(names.split(" "));

/** Who wrote it, when and why; the medicine is compared by its code, and the dosage below. */
const FREE_IN_ORDER = set(
  "resourceType id meta text identifier authoredOn requester recorder encounter category reasonCode reasonReference " +
    "basedOn priorPrescription groupIdentifier supportingInformation insurance performer subject " +
    "medicationCodeableConcept dosageInstruction",
);
/** Words are held against the structure, and dose and frequency may be in words in one and structured in the other. */
const FREE_IN_DOSAGE = set("id text patientInstruction doseAndRate timing");

const PLAIN_DOSE = set("id type doseQuantity");
const PLAIN_AMOUNT = set("id value unit system code");
const PLAIN_TIMING = set("id repeat");
const PLAIN_REPEAT = set("id frequency period periodUnit");

/**
 * Whether an order says the same of the same medicine as one that is active: dose and frequency in whatever form, and
 * every other member to the letter. What is not understood is a difference.
 */
export function repeats(order: Members, active: Members): boolean {
  const [mine, theirs] = [listAt(order, "dosageInstruction"), listAt(active, "dosageInstruction")];
  return (
    sameOthers(order, active, FREE_IN_ORDER) &&
    sameDosages(dosagesOf(order), dosagesOf(active)) &&
    mine.every((dosage, i) => sameHow(dosage, theirs[i]))
  );
}

/** Route, limits, when needed, how long: whatever is not dose and frequency alone. */
function sameHow(a: FhirJson, b: FhirJson | undefined): boolean {
  if (!isMembers(a) || !isMembers(b)) return false;
  const plain = [a, b].every((dosage) => isPlainDose(dosage) && isPlainTiming(dosage));
  return sameOthers(a, b, FREE_IN_DOSAGE) && (plain || sameOthers(a, b, set("id text patientInstruction")));
}

function isPlainDose(dosage: Members): boolean {
  const [rate, more] = listAt(dosage, "doseAndRate");
  if (rate === undefined) return dosage["doseAndRate"] === undefined;
  return (
    more === undefined && hasOnly(rate, PLAIN_DOSE) && hasOnly(membersAt(rate, "doseQuantity") ?? {}, PLAIN_AMOUNT)
  );
}

function isPlainTiming({ timing }: Members): boolean {
  if (timing === undefined) return true;
  return hasOnly(timing, PLAIN_TIMING) && hasOnly(membersAt(timing, "repeat") ?? {}, PLAIN_REPEAT);
}

const hasOnly = (value: FhirJson, names: ReadonlySet<string>): boolean =>
  isMembers(value) && Object.keys(value).every((name) => names.has(name));

const sameOthers = (a: Members, b: Members, free: ReadonlySet<string>): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => {
    const [x, y] = [a[name], b[name]];
    return free.has(name) || (x !== undefined && y !== undefined && sameValue(x, y));
  });
