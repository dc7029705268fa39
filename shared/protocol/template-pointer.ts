import { CountersignError } from "./error.ts";
import { parsePointer, resolvePointer } from "./json-pointer.ts";
import { parseFhir, type FhirJson } from "./strict-json.ts";

/** A template's pointer (protocol.md 3.6): into the claims, and behind `#` into the JSON text that stands there. */
export interface TemplatePointer {
  readonly claims: readonly string[];
  readonly embedded?: readonly string[];
  /** Ends in `?`: may be absent, and is then shown as "none stated". */
  readonly optional: boolean;
}

/** `undefined` when it is not a template pointer. */
export function parseTemplatePointer(text: string): TemplatePointer | undefined {
  const optional = text.endsWith("?");
  const path = optional ? text.slice(0, -1) : text;
  const hash = path.indexOf("#");
  const claims = parsePointer(hash < 0 ? path : path.slice(0, hash));
  const embedded = hash < 0 ? undefined : parsePointer(path.slice(hash + 1));
  if (!claims || (hash >= 0 && !embedded)) return undefined;
  return { claims, optional, ...(embedded ? { embedded } : {}) };
}

/** Reads values of one request by template pointer; embedded texts are parsed once. */
export function templateReader(claims: object): (pointer: TemplatePointer) => unknown {
  const parsed = new Map<string, FhirJson | undefined>();
  return (pointer) => {
    const value = resolvePointer(claims, pointer.claims);
    if (!pointer.embedded) return value;
    if (typeof value !== "string") return undefined;
    const at = pointer.claims.join("\0");
    if (!parsed.has(at)) parsed.set(at, parsedOr(value));
    return resolvePointer(parsed.get(at), pointer.embedded);
  };
}

function parsedOr(text: string): FhirJson | undefined {
  try {
    return parseFhir(text);
  } catch (e) {
    if (e instanceof CountersignError) return undefined;
    throw e;
  }
}

/** The pointers of `mustShow` without a trailing `?` that resolve to nothing in `claims`. Null and empty count as there. */
export function unresolvedPointers(claims: object, mustShow: readonly string[]): string[] {
  const read = templateReader(claims);
  return mustShow.filter((text) => {
    const pointer = parseTemplatePointer(text);
    return !pointer || (!pointer.optional && read(pointer) === undefined);
  });
}
