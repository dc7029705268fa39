import { CLINICAL_WORDS, CONFLICT_WORDS } from "../words.ts";
import type { FhirNode } from "../fhir-node.ts";
import type { ClinicalText } from "./clinical-text.ts";
import { formatDecimal, isSingular } from "./number.ts";
import { formatUnit, sameUnit } from "./unit.ts";

const COMPARATORS: Readonly<Record<string, string>> = {
  "<": CLINICAL_WORDS.lessThan,
  "<=": CLINICAL_WORDS.atMost,
  ">": CLINICAL_WORDS.moreThan,
  ">=": CLINICAL_WORDS.atLeast,
};
const UCUM = "http://unitsofmeasure.org";

/** A quantity in clinical form with what re-entry and conflict checks need. */
export interface QuantityText extends ClinicalText {
  /** The number as sent, and in clinical form. */
  readonly number?: { readonly as_sent: string; readonly display: string };
  readonly unit?: string;
}

/** FHIR Quantity, SimpleQuantity, Duration, Age: `2 mg` for `{value: 2.0, unit: "mg"}`; `undefined` without a value. */
export function formatQuantity(node: FhirNode): QuantityText | undefined {
  const valueText = node.numberOf("value");
  if (valueText === undefined) return undefined;
  const comparator = node.text("comparator");
  const printed = node.text("unit");
  const system = node.text("system");
  const coded = node.text("code");
  const number = formatDecimal(valueText);
  const unitText = printed ?? coded ?? "";
  const unit = unitText === "" ? undefined : formatUnit(unitText, isSingular(number.display));
  const comparing = comparator === undefined ? undefined : COMPARATORS[comparator];
  const unknown = [
    ...number.unknown,
    ...(unit?.unknown ?? []),
    ...(comparator !== undefined && comparing === undefined ? [comparator] : []),
  ];
  const isPlainUcum = system === UCUM || system === undefined;
  const repeats = coded === printed && isPlainUcum;
  const codedAs =
    (coded === undefined && system === undefined) || repeats
      ? ""
      : ` [${[isPlainUcum ? "UCUM" : system, coded].filter((part) => part !== undefined).join(" ")}]`;
  const differs = printed !== undefined && coded !== undefined && sameUnit(printed, coded) === false;
  return {
    display: [comparing ?? comparator, number.display, unit?.display]
      .filter((part) => part !== undefined)
      .join(" ")
      .replace(/ %$/, "%"),
    as_sent: [comparator, valueText, unitText === "" ? undefined : unitText]
      .filter((part) => part !== undefined)
      .join(" ")
      .concat(codedAs),
    unknown,
    number: { as_sent: valueText, display: number.display },
    ...(unitText === "" ? {} : { unit: unit?.display ?? unitText }),
    ...(differs ? { conflict: CONFLICT_WORDS.unit(printed, coded) } : {}),
  };
}

/** An amount of a medicine, which has to have a unit: `5 (no unit stated)` is not read as whatever is usual. */
export function withUnitStated<T extends QuantityText>(text: T): T {
  if (text.unit !== undefined) return text;
  return { ...text, display: CLINICAL_WORDS.noUnit(text.display), unknown: [...text.unknown, text.as_sent] };
}

/** `1 to 2 tablets` for a FHIR Range. */
export function formatRange(node: FhirNode): ClinicalText | undefined {
  const low = node.get("low");
  const high = node.get("high");
  const [read, upper] = [low && formatQuantity(low), high && formatQuantity(high)];
  if (read === undefined && upper === undefined) return undefined;
  // An end without a unit is not in the unit of the other: it says that it has none.
  const isOneBare =
    read !== undefined && upper !== undefined && (read.unit === undefined) !== (upper.unit === undefined);
  const [a, b] = isOneBare ? [withUnitStated(read), withUnitStated(upper)] : [read, upper];
  const unknown = [...(a?.unknown ?? []), ...(b?.unknown ?? [])];
  const conflict = a?.conflict ?? b?.conflict;
  if (a === undefined || b === undefined) {
    const [only, word] = a === undefined ? [b, CLINICAL_WORDS.atMost] : [a, CLINICAL_WORDS.atLeast];
    return { display: `${word} ${only?.display ?? ""}`, as_sent: only?.as_sent ?? "", unknown, conflict };
  }
  const isShort = !low?.has("comparator") && (a.unit === b.unit || sameUnit(a.unit ?? "", b.unit ?? "") === true);
  const first = isShort ? (a.number?.display ?? "") : a.display;
  return {
    display: `${first} ${CLINICAL_WORDS.to} ${b.display}`,
    as_sent: `${a.as_sent} - ${b.as_sent}`,
    unknown,
    conflict,
  };
}

/** `1 mg per mL` for a FHIR Ratio, `maximum 4 doses in 24 hours` being the caller's words around it. */
export function formatRatio(
  node: FhirNode,
): { readonly numerator: QuantityText; readonly denominator: QuantityText } | undefined {
  const [over, under] = [node.get("numerator"), node.get("denominator")];
  // Both or neither: a half that was read and not returned would be drawn nowhere.
  if (!over?.has("value") || !under?.has("value")) return undefined;
  const [numerator, denominator] = [formatQuantity(over), formatQuantity(under)];
  return numerator === undefined || denominator === undefined ? undefined : { numerator, denominator };
}
