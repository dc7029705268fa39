import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { OPERATION } from "./codes.ts";
import type { AuditEvent, Coding } from "./resources.ts";

/** One FHIR interaction as audit (BALP) and provenance call it. */
export interface Interaction {
  readonly code: "create" | "update" | "patch" | "delete";
  readonly action: AuditEvent["action"];
  /** Name of BALP's pattern; with `Patient` before it where one is known. */
  readonly pattern: "Create" | "Update" | "Delete";
  readonly activity: Coding;
}

const INTERACTIONS: Readonly<Record<string, Interaction>> = {
  POST: { code: "create", action: "C", pattern: "Create", activity: OPERATION.create },
  PUT: { code: "update", action: "U", pattern: "Update", activity: OPERATION.update },
  PATCH: { code: "patch", action: "U", pattern: "Update", activity: OPERATION.update },
  DELETE: { code: "delete", action: "D", pattern: "Delete", activity: OPERATION.delete },
};

/** Undefined for a call of a tool: nobody but the tool knows what it does. */
export const interactionOf = (method: RequestClaims["action"]["op"]["method"]): Interaction | undefined =>
  INTERACTIONS[method];
