import { instant } from "./references.ts";
import type { AuditBundle, AuditEvent, Provenance } from "./resources.ts";

/**
 * Events as one FHIR `Bundle` to hand on. `uuid` names an entry: the `jti` of a decision, the id of an execution's event.
 * @param at Unix seconds
 */
export const auditBundle = (
  entries: readonly { readonly uuid: string; readonly resource: AuditEvent | Provenance }[],
  at: number,
): AuditBundle => ({
  resourceType: "Bundle",
  type: "collection",
  timestamp: instant(at),
  entry: entries.map(({ uuid, resource }) => ({ fullUrl: `urn:uuid:${uuid}`, resource })),
});
