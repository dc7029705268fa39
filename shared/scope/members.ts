import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import { RAR } from "#shared/protocol/names.ts";

/** How one member of an authorization_details element is compared (protocol.md 3.9). */
export type Direction = "set" | "same" | "limit" | "scopes";

const LIMITS_AND_SAME = {
  identifier: "same",
  patient: "same",
  content_digest: "same",
  if_match: "same",
  max_uses: "limit",
  not_after: "limit",
} as const satisfies Record<string, Direction>;

/** Declared members per RAR type. Members not named here must be present in both and deep-equal. */
export const MEMBERS: ReadonlyMap<string, Readonly<Record<string, Direction>>> = new Map([
  [RAR.fhirOp, { locations: "set", actions: "set", datatypes: "set", ...LIMITS_AND_SAME }],
  [RAR.mcpTool, { locations: "set", tools: "set", ...LIMITS_AND_SAME }],
  [RAR.smartScope, { locations: "set", patient: "same", not_after: "limit", scopes: "scopes" }],
]);

export const directionsOf = (element: RarElement): Readonly<Record<string, Direction>> | undefined =>
  MEMBERS.get(element.type);

export const strings = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((v): v is string => typeof v === "string") ? value : undefined;

export const limit = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : undefined;

export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return left.length === right.size && left.every(([name, v]) => right.has(name) && deepEqual(v, right.get(name)));
}
