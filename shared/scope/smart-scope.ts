import { CountersignError } from "#shared/protocol/error.ts";

/**
 * SMART App Launch v2 scopes: strict grammar and the decidable, conservative order of protocol.md 3.9.
 * Sound by construction: `includes` never says yes wrongly; it may say no where only a deeper analysis would see yes.
 */

const PERMISSIONS = ["c", "r", "u", "d", "s"] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface Constraint {
  readonly name: string;
  readonly values: readonly string[];
}

export type Scope =
  | { readonly kind: "opaque"; readonly text: string }
  | {
      readonly kind: "resource";
      readonly context: "patient" | "user";
      readonly type: string;
      readonly permissions: readonly Permission[];
      readonly constraints: readonly Constraint[];
    };

const RESOURCE = /^(patient|user)\/(\*|[A-Z][A-Za-z]{1,63})\.(read|write|\*|c?r?u?d?s?)(?:\?(.+))?$/s;
const OPAQUE = /^(?:openid|fhirUser|profile|launch(?:\/[A-Za-z*]+)?)$/;
const V1: Readonly<Record<string, string>> = { read: "rs", write: "cud", "*": "cruds" };
const PREFIXED = /^(?:eq|ne|gt|lt|ge|le|sa|eb|ap)[0-9]/;

/** Parameters that shape or widen the answer instead of choosing what is in it (FHIR R4 search): they narrow nothing. */
const OF_RESULT = new Set(
  "_include _revinclude _sort _count _total _summary _elements _contained _containedType _format _pretty _query _graph".split(
    " ",
  ),
);

const refuse = (text: string): never => {
  throw new CountersignError("E_AUZ_SCOPE", `The scope "${text.slice(0, 80)}" cannot be read.`);
};

/**
 * Reads one scope. `system/…`, `offline_access`, `online_access` and anything that does not parse are refused: a
 * context scope that does not parse is never taken as opaque.
 * @throws CountersignError `E_AUZ_SCOPE`
 */
export function parseScope(text: string): Scope {
  if (OPAQUE.test(text)) return { kind: "opaque", text };
  const [, context, type, perms, query] = RESOURCE.exec(text) ?? refuse(text);
  const letters = V1[perms ?? ""] ?? perms ?? "";
  if (letters === "" || type === undefined) refuse(text);
  return {
    kind: "resource",
    context: context === "user" ? "user" : "patient",
    type: type ?? "",
    permissions: PERMISSIONS.filter((p) => letters.includes(p)),
    constraints: query === undefined ? [] : query.split("&").map((part) => parseConstraint(part, text)),
  };
}

function parseConstraint(part: string, whole: string): Constraint {
  const eq = part.indexOf("=");
  if (eq < 1) refuse(whole);
  // Split before decoding: `%2C` inside a value is a literal comma (protocol.md 3.22).
  const values = part
    .slice(eq + 1)
    .split(",")
    .map((raw) => decode(raw, whole));
  const name = decode(part.slice(0, eq), whole);
  if (values.some((v) => v === "") || OF_RESULT.has(name.split(":")[0] ?? "")) refuse(whole);
  return { name, values: [...new Set(values)].sort() };
}

function decode(raw: string, whole: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return refuse(whole);
  }
}

/** Text that parses back to the same scope. */
export function scopeText(scope: Scope): string {
  if (scope.kind === "opaque") return scope.text;
  const encode = (s: string) => s.replace(/[%&,=#?+\s]/g, (c) => encodeURIComponent(c));
  const query = scope.constraints.map((c) => `${encode(c.name)}=${c.values.map(encode).join(",")}`).join("&");
  return `${scope.context}/${scope.type}.${scope.permissions.join("")}${query === "" ? "" : `?${query}`}`;
}

const sameSet = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((v) => b.includes(v));

/** True when `wide` holds wherever `narrow` does. Subset of values only where that is monotone (protocol.md 3.9). */
function implies(narrow: Constraint, wide: Constraint): boolean {
  if (narrow.name !== wide.name) return false;
  const { name } = narrow;
  const values = [...narrow.values, ...wide.values];
  const exact = name.includes(":") || name.includes(".") || name === "_filter" || values.some((v) => PREFIXED.test(v));
  return exact ? sameSet(narrow.values, wide.values) : narrow.values.every((v) => wide.values.includes(v));
}

function covers(b: Scope, a: Scope, permission: Permission): boolean {
  if (a.kind !== "resource" || b.kind !== "resource") return false;
  return (
    a.context === b.context &&
    (b.type === "*" || b.type === a.type) &&
    b.permissions.includes(permission) &&
    b.constraints.every((wide) => a.constraints.some((narrow) => implies(narrow, wide)))
  );
}

/** `a ⊑ b` for unions of scopes. */
export function includes(b: readonly Scope[], a: readonly Scope[]): boolean {
  return a.every((one) =>
    one.kind === "opaque"
      ? b.some((other) => other.kind === "opaque" && other.text === one.text)
      : one.permissions.every((p) => b.some((other) => covers(other, one, p))),
  );
}

/** Pairwise meet: equal context, type meet, permissions ∩, constraints ∪ (protocol.md 3.10). */
export function meetScopes(a: readonly Scope[], b: readonly Scope[]): Scope[] {
  return shortest(a.flatMap((x) => b.flatMap((y) => meetPair(x, y))));
}

function meetPair(a: Scope, b: Scope): Scope[] {
  if (a.kind === "opaque" || b.kind === "opaque") {
    return a.kind === "opaque" && b.kind === "opaque" && a.text === b.text ? [a] : [];
  }
  const type = a.type === "*" ? b.type : b.type === "*" || b.type === a.type ? a.type : undefined;
  const permissions = a.permissions.filter((p) => b.permissions.includes(p));
  if (a.context !== b.context || type === undefined || permissions.length === 0) return [];
  const added = b.constraints.filter(
    (c) => !a.constraints.some((other) => other.name === c.name && sameSet(other.values, c.values)),
  );
  return [{ ...a, type, permissions, constraints: [...a.constraints, ...added] }];
}

/** Drops every scope that the others already include: the form that goes into a token's `scope`. */
export function shortest(scopes: readonly Scope[]): Scope[] {
  const kept = [...scopes];
  for (let i = kept.length - 1; i >= 0; i--) {
    const one = kept[i];
    const rest = kept.filter((_, k) => k !== i);
    if (one !== undefined && includes(rest, [one])) kept.splice(i, 1);
  }
  return kept;
}
