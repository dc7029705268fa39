import type { SavedFilter } from "#shared/ipc/reports.ts";
import type { WireFault } from "#shared/ipc/contract.ts";
import { ACTION_TYPES } from "#shared/protocol/names.ts";
import type { HistoryFilter } from "#shared/reports/filter.ts";
import { ATTENTION_PROBLEMS, PROBLEMS } from "#shared/reports/names.ts";

import { endOfDay, startOfDay } from "./day.ts";

/** What stands in the fields above the grid. */
export interface Fields {
  readonly search: string;
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly decision: string;
  readonly tier: string;
  readonly agent: string;
  readonly signer: string;
  readonly onlyProblems: boolean;
}

export const NO_FIELDS: Fields = {
  search: "",
  from: "",
  to: "",
  type: "",
  decision: "",
  tier: "",
  agent: "",
  signer: "",
  onlyProblems: false,
};

export type FieldName = "search" | "from" | "to" | "type" | "decision" | "tier" | "agent" | "signer" | "problems";
export type FieldFaults = Readonly<Partial<Record<FieldName, "date" | "range" | { readonly said: string }>>>;

export const DECISIONS = ["approve", "deny", "revoke", "none"] as const;
const RISKS = { "1": ["low", "moderate"], "2": ["high"], "3": ["critical"] } as const;

/**
 * Is it a number that a patient is known by? Everything else is looked for in what is not clinical: the beginning of a
 * request's id (UUIDv7, so that it begins with a zero until 2248), check words, names.
 */
export function isPatientNumber(text: string): boolean {
  if (/^Patient\//.test(text)) return true;
  return /^[\dA-Za-z/ -]*\d[\dA-Za-z/ -]*$/.test(text) && /(\d[ -]?){5}/.test(text) && !/^0[0-9a-f]{7}(-|$)/.test(text);
}

/** The query of these fields, or which of them cannot be understood. */
export function filterOf(
  fields: Fields,
  zone: string,
  canSeeAttention: boolean,
): { readonly filter: HistoryFilter; readonly faults?: undefined } | { readonly faults: FieldFaults } {
  const from = fields.from.trim() === "" ? undefined : startOfDay(fields.from, zone);
  const to = fields.to.trim() === "" ? undefined : endOfDay(fields.to, zone);
  const faults: FieldFaults = {
    ...(fields.from.trim() !== "" && from === undefined ? { from: "date" } : {}),
    ...(fields.to.trim() !== "" && to === undefined ? { to: "date" } : {}),
    ...(from !== undefined && to !== undefined && to <= from ? { to: "range" } : {}),
  };
  if (Object.keys(faults).length > 0) return { faults };
  const search = fields.search.trim();
  const type = ACTION_TYPES.find((known) => known === fields.type);
  const decision = DECISIONS.find((known) => known === fields.decision);
  const problems = PROBLEMS.filter((problem) => canSeeAttention || !ATTENTION_PROBLEMS.has(problem));
  return {
    filter: {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(search === "" ? {} : isPatientNumber(search) ? { patient: search } : { text: search }),
      ...(type === undefined ? {} : { types: [type] }),
      ...(decision === undefined ? {} : { decisions: [decision] }),
      ...(isTier(fields.tier) ? { risks: [...RISKS[fields.tier]] } : {}),
      ...(fields.agent === "" ? {} : { agents: [fields.agent] }),
      ...(fields.signer === "" ? {} : { signers: [fields.signer] }),
      ...(fields.onlyProblems ? { problems } : {}),
    },
  };
}

const isTier = (text: string): text is keyof typeof RISKS => Object.hasOwn(RISKS, text);

const PLACES: readonly (readonly [string, FieldName])[] = [
  ["/filter/text", "search"],
  ["/filter/patient", "search"],
  ["/filter/from", "from"],
  ["/filter/to", "to"],
  ["/filter/types", "type"],
  ["/filter/decisions", "decision"],
  ["/filter/risks", "tier"],
  ["/filter/agents", "agent"],
  ["/filter/signers", "signer"],
  ["/filter/problems", "problems"],
];

/** Which field the gateway did not understand, where it named one. */
export function faultAt({ pointer, message }: WireFault): FieldFaults | undefined {
  const found = pointer === undefined ? undefined : PLACES.find(([place]) => pointer.startsWith(place));
  return found === undefined ? undefined : { [found[1]]: { said: atItsField(message, pointer ?? "") } };
}

/** A gateway begins with the place (protocol.md 3.20.2), which the field itself shows. */
function atItsField(message: string, pointer: string): string {
  const said = message.startsWith(`${pointer}: `) ? message.slice(pointer.length + 2) : message;
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** What is kept of the fields: nothing that may name a patient. */
export function keptOf(fields: Fields, zone: string): SavedFilter["filter"] {
  const made = filterOf({ ...fields, search: "", from: "", to: "" }, zone, true);
  return made.faults === undefined ? made.filter : {};
}

/** The fields of a filter that was kept. */
export function fieldsOf({ filter }: SavedFilter, now: Fields): Fields {
  const tier = filter.risks?.includes("critical") ? "3" : filter.risks?.includes("high") ? "2" : "1";
  return {
    ...now,
    type: filter.types?.[0] ?? "",
    decision: filter.decisions?.[0] ?? "",
    tier: filter.risks === undefined ? "" : tier,
    agent: filter.agents?.[0] ?? "",
    signer: filter.signers?.[0] ?? "",
    onlyProblems: filter.problems !== undefined,
  };
}
