import type { FhirNode } from "../fhir-node.ts";
import { CLINICAL_WORDS, CONFLICT_WORDS, PART_WORDS, ROUTE_WORDS } from "../words.ts";
import type { ClinicalText } from "./clinical-text.ts";
import { formatCodeable } from "./codeable.ts";
import type { Part } from "./part.ts";
import { formatQuantity, formatRange, formatRatio, withUnitStated } from "./quantity.ts";
import type { QuantityText } from "./quantity.ts";
import { formatTiming } from "./timing.ts";
import { sameUnit } from "./unit.ts";
import { formatWritten } from "./written.ts";

type Draft = Omit<Part, "pointer">;

const whole = (text: string): ClinicalText => ({ display: text, as_sent: text, unknown: [] });
const wrapped = (text: ClinicalText, wrap: (display: string) => string): ClinicalText => ({
  ...text,
  display: wrap(text.display),
});

/** FHIR Dosage as labelled parts, in the order they are read: dose, rate, route, timing, when needed, maximum, words. */
export function formatDosage(node: FhirNode, zone: string): readonly Part[] {
  const parts: Part[] = [];
  const put = (from: FhirNode, draft: Draft | undefined) => {
    if (draft) parts.push({ ...draft, pointer: from.pointer });
  };
  const rates = node.all("doseAndRate");
  const sequence = node.get("sequence");
  const order = sequence?.number();
  if (sequence && order !== undefined) put(sequence, { role: "other", label: PART_WORDS.sequence, text: whole(order) });
  for (const rate of rates) for (const [from, draft] of doseParts(rate)) put(from, draft);
  const route = node.get("route");
  if (route) put(route, routePart(route));
  for (const [name, label] of [
    ["site", PART_WORDS.site],
    ["method", PART_WORDS.method],
  ] as const) {
    const member = node.get(name);
    const text = member && formatCodeable(member);
    if (member && text) put(member, { role: "other", label, text });
  }
  const timing = node.get("timing");
  if (timing) put(timing, { role: "timing", label: PART_WORDS.timing, text: formatTiming(timing, zone) });
  for (const [from, draft] of asNeededParts(node)) put(from, draft);
  for (const [from, draft] of maximumParts(node)) put(from, draft);
  for (const [name, label] of [
    ["text", PART_WORDS.dosageText],
    ["patientInstruction", PART_WORDS.patientInstruction],
  ] as const) {
    const member = node.get(name);
    const text = member?.string();
    if (member && text !== undefined) put(member, { role: "instructions", label, text: formatWritten(text) });
  }
  for (const extra of node.all("additionalInstruction")) {
    const text = formatCodeable(extra);
    if (text) put(extra, { role: "instructions", label: PART_WORDS.additionalInstruction, text });
  }
  return withTextConflict(parts);
}

function amount(node: FhirNode, name: string): readonly [FhirNode, QuantityText | ClinicalText] | undefined {
  const quantity = node.get(`${name}Quantity`);
  const text = quantity && formatQuantity(quantity);
  if (quantity && text) return [quantity, withUnitStated(text)];
  const range = node.get(`${name}Range`);
  const spread = range && formatRange(range);
  if (range && spread) return [range, spread];
  const ratio = node.get(`${name}Ratio`);
  const pair = ratio && formatRatio(ratio);
  if (!ratio || !pair) return undefined;
  return [ratio, ratioText(pair, (over, under) => `${over} ${CLINICAL_WORDS.per} ${under}`)];
}

function ratioText(
  ratio: { readonly numerator: QuantityText; readonly denominator: QuantityText },
  words: (over: string, under: string) => string,
): ClinicalText {
  const [numerator, denominator] = [withUnitStated(ratio.numerator), withUnitStated(ratio.denominator)];
  const under = denominator.display.replace(/^1 /, "");
  return {
    display: words(numerator.display, under),
    as_sent: `${numerator.as_sent} / ${denominator.as_sent}`,
    unknown: [...numerator.unknown, ...denominator.unknown],
    conflict: numerator.conflict ?? denominator.conflict,
  };
}

function doseParts(rate: FhirNode): (readonly [FhirNode, Draft])[] {
  const kind = rate.get("type");
  const kindText = kind && formatCodeable(kind);
  const out: (readonly [FhirNode, Draft])[] = [];
  for (const [name, role, label] of [
    ["dose", "dose", PART_WORDS.dose],
    ["rate", "rate", PART_WORDS.rate],
  ] as const) {
    const found = amount(rate, name);
    if (!found) continue;
    const [from, text] = found;
    const quantity: Partial<QuantityText> = text;
    out.push([
      from,
      {
        role,
        label,
        text,
        ...(quantity.number ? { number: { ...quantity.number, unit: quantity.unit ?? "" } } : {}),
      },
    ]);
  }
  if (kind && kindText) out.push([kind, { role: "other", label: PART_WORDS.doseKind, text: kindText }]);
  return out;
}

const routeByText = (text: string): string | undefined =>
  ROUTE_WORDS.find((route) => route.texts.includes(text.toLowerCase()))?.word;

/** A route by its codes or its spelling; names and codes that do not all mean one route are said to differ. */
function routePart(node: FhirNode): Draft | undefined {
  const coded = node.all("coding").flatMap((coding) => {
    const [code, display] = [coding.text("code"), coding.text("display")];
    const byCode = ROUTE_WORDS.find((route) => code !== undefined && route.codes.includes(code))?.word;
    return [byCode, display === undefined ? undefined : routeByText(display)].filter((word) => word !== undefined);
  });
  const text = formatCodeable(node);
  if (!text) return undefined;
  const word = routeByText(text.name) ?? coded[0];
  const other = coded.find((one) => one !== word);
  const conflict = word === undefined || other === undefined ? undefined : CONFLICT_WORDS.route(word, other);
  return {
    role: "route",
    label: PART_WORDS.route,
    text: {
      ...{ display: word ?? text.display, as_sent: text.display, unknown: word === undefined ? [text.display] : [] },
      conflict,
    },
  };
}

function asNeededParts(node: FhirNode): (readonly [FhirNode, Draft])[] {
  const flag = node.get("asNeededBoolean");
  const value = flag?.boolean();
  const concept = node.get("asNeededCodeableConcept");
  const reason = concept && formatCodeable(concept);
  const label = PART_WORDS.asNeeded;
  const words = value === true ? CLINICAL_WORDS.whenNeeded : CLINICAL_WORDS.notOnlyWhenNeeded;
  return [
    ...(flag && value !== undefined
      ? [[flag, { role: "timing", label, text: { display: words, as_sent: String(value), unknown: [] } }] as const]
      : []),
    ...(concept && reason
      ? [[concept, { role: "timing", label, text: wrapped(reason, CLINICAL_WORDS.whenNeededFor) }] as const]
      : []),
  ];
}

function maximumParts(node: FhirNode): (readonly [FhirNode, Draft])[] {
  const label = PART_WORDS.maximum;
  const ratios = node.all("maxDosePerPeriod").flatMap((ratio) => {
    const pair = formatRatio(ratio);
    return pair ? [[ratio, { role: "maximum", label, text: ratioText(pair, CLINICAL_WORDS.maximum) }] as const] : [];
  });
  const amounts = (
    [
      ["maxDosePerAdministration", PART_WORDS.maximumAtOnce],
      ["maxDosePerLifetime", PART_WORDS.maximumEver],
    ] as const
  ).flatMap(([name, words]) => {
    const member = node.get(name);
    const text = member && formatQuantity(member);
    return member && text ? [[member, { role: "maximum", label: words, text: withUnitStated(text) }] as const] : [];
  });
  return [...ratios, ...amounts];
}

/** Begins where digits begin: what does not end in a unit is not tried again from each of its digits. */
const MEASURE = /(?<![0-9],*)([0-9][0-9,]*(?:\.[0-9]+)?) ([\p{L}%]+)/gu;

/**
 * Free text against structured dose (3.4(8)): when the text names amounts in the dose's unit and none of them is the
 * dose, both values are put side by side.
 */
function withTextConflict(parts: readonly Part[]): readonly Part[] {
  const doses = parts.filter((part) => part.role === "dose" && part.number !== undefined);
  return parts.map((part) => {
    if (part.role !== "instructions") return part;
    const said = Array.from(part.text.display.matchAll(MEASURE), ([, number = "", unit = ""]) => ({ number, unit }));
    for (const { number: dose, text } of doses) {
      // `1 tablet` is an amount in `tablets`.
      const like = said.filter(({ unit }) => dose && (unit === dose.unit || sameUnit(unit, dose.unit) === true));
      const [first] = like;
      if (first === undefined || like.some(({ number }) => number === dose?.display)) continue;
      const conflict = CONFLICT_WORDS.dose(`${first.number} ${first.unit}`, text.display);
      return { ...part, text: { ...part.text, conflict } };
    }
    return part;
  });
}
