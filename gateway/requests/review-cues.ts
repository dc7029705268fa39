import { applyPatch } from "#shared/protocol/json-patch.ts";
import { parseFhir, type FhirJson } from "#shared/protocol/strict-json.ts";

import { stringsIn } from "../policy/signals.ts";
import { isMembers, numberAt, objectsIn, textAt } from "./facts-json.ts";
import type { Flag, Reviewed, ReviewPort } from "./review.ts";

/** Families of manipulation in requests for approval (OWASP ASI09), in the agent's words and in free text it would write. */
const CUES: Readonly<
  Record<Exclude<Flag, "dose-outlier" | "recipient-unusual" | "other-than-said" | "unusual">, RegExp>
> = {
  urgency:
    /\b(?:approve|sign|decide|act)\b[^.]{0,40}\b(?:immediately|right now|at once|without delay|asap)\b|\bno time (?:to|for)\b|\bbefore it is too late\b/i,
  authority:
    /\b(?:on the orders? of|by order of|(?:ceo|director|chief|consultant|management|administrator|legal)\b[^.]{0,30}\b(?:insists?|demands?|has (?:told|ordered|instructed)|wants (?:you|this)))\b/i,
  "claims-approval":
    /\b(?:already|pre)[- ]?(?:approved|authori[sz]ed|signed off|cleared)\b|\bno (?:further )?(?:review|approval|check(?:ing)?) (?:is )?(?:needed|necessary|required)\b|\b(?:safe|ok(?:ay)?) to approve\b/i,
  "addresses-approver":
    /\b(?:please |just |you (?:must|should|can safely) |tell (?:the )?(?:user|clinician|approver) to )(?:approve|sign|accept|confirm)\b|\bignore (?:all |any |the |your )?(?:previous|prior|above|earlier)\b|\b(?:system|developer) prompt\b|\bas an ai\b/i,
  secrecy:
    /\b(?:do not|don't|never) (?:tell|inform|notify|mention|alert)\b|\bkeep (?:this|it) (?:quiet|secret|between us)\b/i,
};
type Cue = keyof typeof CUES;
// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- its own names, a line above
const CUE_NAMES = Object.keys(CUES) as readonly Cue[];

const OUTLIER = 5;
/** Longest text that is looked through; a longer one is looked through from its beginning. */
const MOST = 20_000;

/** The deterministic reviewer: cues of manipulation, and doses that jump. The same request gives the same flags. */
export const cueReviewer: ReviewPort = {
  label: "Wording and dose",
  isOptional: true,
  // eslint-disable-next-line @typescript-eslint/require-await -- the port's other reviewers wait for something
  async look(reviewed) {
    return flagsOf(reviewed);
  },
};

function flagsOf({ draft, gathered }: Reviewed): readonly Flag[] {
  const { rationale, task, operation } = draft;
  const body = parsed(operation.body);
  const texts = [
    rationale?.text ?? "",
    task?.goal ?? "",
    task?.next_hint ?? "",
    ...(body === undefined ? [] : stringsIn(body)),
  ];
  const said = texts.map((text) => text.slice(0, MOST).replace(/\s+/g, " "));
  const cues = CUE_NAMES.filter((name) => said.some((text) => CUES[name].test(text)));
  const before = gathered.before === undefined ? undefined : parsed(gathered.before.text);
  const after = operation.method === "PATCH" ? patched(before, body) : body;
  return [...cues, ...(operation.method !== "POST" && jumps(before, after) ? (["dose-outlier"] as const) : [])];
}

function patched(before: FhirJson | undefined, patch: FhirJson | undefined): FhirJson | undefined {
  try {
    return before === undefined || patch === undefined ? undefined : applyPatch(before, patch);
  } catch {
    // As above.
    return undefined;
  }
}

function parsed(text: string): FhirJson | undefined {
  try {
    return text === "" ? undefined : parseFhir(text);
  } catch {
    // Whoever reads the operation says so; there is nothing to look through here.
    return undefined;
  }
}

/**
 * Any dose five times what it was or more, or a fifth or less: than the one in its place, in the same unit, or else than any
 * of that unit. The steps of a course are no jumps from each other.
 */
function jumps(before: FhirJson | undefined, after: FhirJson | undefined): boolean {
  const [old, now] = [dosesIn(before), dosesIn(after)];
  return now.some(({ unit, value }, i) => {
    const inPlace = old[i];
    const known = inPlace?.unit === unit ? [inPlace] : old.filter((one) => one.unit === unit);
    return known.some((one) => one.value > 0 && value > 0 && isFar(value / one.value));
  });
}
const isFar = (ratio: number): boolean => ratio >= OUTLIER || ratio <= 1 / OUTLIER;

interface Dose {
  readonly unit: string;
  readonly value: number;
}

function dosesIn(resource: FhirJson | undefined): readonly Dose[] {
  if (!isMembers(resource)) return [];
  return [...objectsIn(resource)].flatMap(([, object]) => doseOf(object["doseQuantity"]));
}

function doseOf(quantity: FhirJson | undefined): readonly Dose[] {
  if (!isMembers(quantity)) return [];
  // Ratios of doses bear rounding; what is signed and sent is never made from this.
  const value = Number(numberAt(quantity, "value") ?? Number.NaN);
  return Number.isFinite(value) ? [{ unit: textAt(quantity, "code") ?? textAt(quantity, "unit") ?? "", value }] : [];
}
