import { getResourceTypes, getSearchParameters } from "@medplum/core";

/** Name of the operation with which a client asks for the answer to an `Idempotency-Key` of its own. */
export const EXECUTION_OPERATION = "$execution";

/** What this server does, FHIR R4 CapabilityStatement. */
export function capabilityStatement(base: string, date: string): Readonly<Record<string, unknown>> {
  return {
    resourceType: "CapabilityStatement",
    status: "active",
    date,
    kind: "instance",
    implementation: { description: "Countersign demonstration server: synthetic people only", url: base },
    fhirVersion: "4.0.1",
    format: ["application/fhir+json"],
    patchFormat: ["application/json-patch+json"],
    rest: [
      {
        mode: "server",
        resource: getResourceTypes().map((type) => ({
          type,
          interaction: ["read", "vread", "history-instance", "search-type", "create", "update", "patch", "delete"].map(
            (code) => ({ code }),
          ),
          versioning: "versioned-update",
          updateCreate: true,
          conditionalCreate: true,
          conditionalUpdate: true,
          searchParam: Object.values(getSearchParameters(type) ?? {}).map(({ code, type: kind }) => ({
            name: code,
            type: kind,
          })),
        })),
        operation: [{ name: EXECUTION_OPERATION.slice(1), definition: "urn:countersign:fhir:execution" }],
      },
    ],
  };
}
