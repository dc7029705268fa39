import {
  shortValue,
  type Check,
  conflictFact,
  failed,
  type Findings,
  type NewFact,
  notRun,
  passed,
  recordFact,
} from "./facts-fact.ts";
import { compareDosage, dosagesOf } from "./facts-dose.ts";
import { conceptName, textAt, type Members } from "./facts-json.ts";
import { isElsewhere, kinship, namesOf, orderedMedicine, type Kinship } from "./facts-medicine.ts";
import { repeats } from "./facts-repeat.ts";
import { substances, type ActiveMedicine, type Allergy, type Gathering, type Given } from "./facts-record.ts";
import { dateWords } from "./facts-time.ts";

/** What a medicine order is compared with. */
export interface OrderRecord {
  readonly allergies: Gathering<Allergy>;
  readonly medicines: Gathering<ActiveMedicine>;
  readonly given: Gathering<Given>;
}

const medicineName = (order: Members): string =>
  shortValue(
    conceptName(order["medicationCodeableConcept"]) ?? textAt(order, "medicationReference", "display"),
    "the ordered medicine",
  );

/** An order against allergies, active medicines and itself (approval-experience.md 3.4(8)). */
export function compareOrder(order: Members, record: OrderRecord): Findings {
  const parts = [
    allergyFindings(order, record.allergies),
    repeatFindings(order, record.medicines),
    doseFindings(order),
    lastGiven(order, record.given),
  ];
  return { facts: parts.flatMap(({ facts }) => facts), checks: parts.flatMap(({ checks }) => checks) };
}

const ELSEWHERE = "The ordered medicine is a record of its own that was not read: only its name here was compared.";

function allergyFindings(order: Members, read: Gathering<Allergy>): Findings {
  const label = "Ordered medicine against recorded allergies";
  if (read.kind === "not_read") return { facts: [], checks: [notRun("allergy", label, read.why)] };
  if (read.items.length === 0) {
    return {
      facts: [],
      checks: [notRun("allergy", label, "Allergies - not recorded, so there is nothing to compare.")],
    };
  }
  const medicine = orderedMedicine(order);
  const facts = read.items.flatMap((allergy): NewFact[] => {
    if (allergy.none_known) return [];
    const kin = substances(allergy.resource).flatMap((s) => kinship(medicine, namesOf([s]), true) ?? [])[0];
    return kin === undefined ? [] : [allergyConflict(order, allergy, kin)];
  });
  const [first] = facts;
  if (first !== undefined) return { facts, checks: [failed("allergy", label, first.text)] };
  if (isElsewhere(order)) return { facts, checks: [notRun("allergy", label, ELSEWHERE)] };
  if (medicine.words.size === 0) {
    return { facts, checks: [notRun("allergy", label, "The ordered medicine has no name that can be compared.")] };
  }
  // A code alone is the same or says nothing: that it is another's code rules nothing out.
  if (read.items.some((allergy) => !allergy.none_known && namesOf(substances(allergy.resource)).words.size === 0)) {
    return { facts, checks: [notRun("allergy", label, "An allergy in the record has no name that can be compared.")] };
  }
  const why = "Compared by code, by name and by the listed groups of related medicines.";
  return { facts, checks: [{ ...passed("allergy", label), why }] };
}

function allergyConflict(order: Members, allergy: Allergy, kin: Kinship): NewFact {
  const details = [allergy.reaction, allergy.recorded === undefined ? undefined : dateWords(allergy.recorded)];
  const brackets = details.filter((d) => d !== undefined).join(", ");
  const group = kin.kind === "group" ? ` Both are ${kin.group}.` : "";
  return conflictFact({
    label: "Allergy",
    text: `Order is for ${medicineName(order)}. Record says ${allergy.name}${brackets === "" ? "" : ` (${brackets})`}.${group}`,
    value: allergy.name,
    as_of: allergy.recorded,
    path: allergy.ref,
  });
}

/**
 * Same medicine already active: an unchanged repeat passes the check `repeat` (the only thing that policy may read as
 * routine); any other dose is a warning to be ticked.
 */
function repeatFindings(order: Members, read: Gathering<ActiveMedicine>): Findings {
  const label = "Ordered medicine against active medicines";
  if (read.kind === "not_read") return { facts: [], checks: [notRun("duplicate", label, read.why)] };
  const medicine = orderedMedicine(order);
  const own = textAt(order, "id");
  const same = read.items.filter(
    ({ resource }) =>
      (own === undefined || textAt(resource, "id") !== own) && kinship(medicine, orderedMedicine(resource), false),
  );
  const [first] = same;
  if (first === undefined && isElsewhere(order)) return { facts: [], checks: [notRun("duplicate", label, ELSEWHERE)] };
  if (first === undefined) {
    const isNameless = read.items.some(({ resource }) => orderedMedicine(resource).words.size === 0);
    const why = "An active medicine in the record has no name that can be compared.";
    return { facts: [], checks: [isNameless ? notRun("duplicate", label, why) : passed("duplicate", label)] };
  }
  const isRepeat = same.length === 1 && repeats(order, first.resource);
  if (isRepeat && kinship(medicine, orderedMedicine(first.resource), false)?.kind === "code") {
    return {
      facts: [],
      checks: [passed("duplicate", label), passed("repeat", "Repeat of an active medicine, dose unchanged")],
    };
  }
  const facts = same.map((active) =>
    recordFact({
      code: "active-medicine",
      label: "Already active",
      text: `Already active: ${active.name}${active.since === undefined ? "" : ` since ${dateWords(active.since)}`}.`,
      sev: "high",
      value: active.name,
      as_of: active.since,
      path: active.ref,
    }),
  );
  return { facts, checks: [failed("duplicate", label, "The same medicine is already active.")] };
}

function doseFindings(order: Members): Findings {
  const label = "Directions in words against the structured dose";
  const results = dosagesOf(order).map((dosage) => compareDosage(dosage));
  const facts = results.flatMap((r): NewFact[] =>
    r.kind === "differ"
      ? [
          conflictFact({
            label: r.what === "dose" ? "Dose" : "How often",
            text: `Directions say ${r.written}. Structured ${r.what} says ${r.structured}.`,
            value: r.structured,
          }),
        ]
      : [],
  );
  const [first] = facts;
  if (first !== undefined) return { facts, checks: [failed("dose-text", label, first.text)] };
  const open = results.find((r) => r.kind === "not_compared");
  if (results.length === 0) return { facts, checks: [notRun("dose-text", label, "The order has no directions.")] };
  return {
    facts,
    checks: [open?.kind === "not_compared" ? notRun("dose-text", label, open.why) : passed("dose-text", label)],
  };
}

function lastGiven(order: Members, read: Gathering<Given>): Findings {
  const checks: Check[] = [];
  if (read.kind === "not_read") return { facts: [], checks };
  const medicine = orderedMedicine(order);
  const last = read.items.find(({ concept }) => kinship(medicine, namesOf([concept]), false) !== undefined);
  if (last === undefined) return { facts: [], checks };
  return {
    facts: [
      recordFact({
        code: "last-given",
        label: "Last given",
        text: `Last given: ${last.name} ${dateWords(last.when)}.`,
        value: last.name,
        as_of: last.when,
        path: last.ref,
      }),
    ],
    checks,
  };
}
