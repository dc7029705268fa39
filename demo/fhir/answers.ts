import { getStatus, isOperationOutcome, type badRequest } from "@medplum/core";

import type { Resource } from "./repository.ts";

export type OperationOutcome = ReturnType<typeof badRequest>;

/** What goes back over HTTP; `body` is absent for 204. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const FHIR_JSON = { "content-type": "application/fhir+json; charset=utf-8" };

/** An error as FHIR says it: a status and an OperationOutcome. */
export function outcomeAnswer(outcome: OperationOutcome, status = getStatus(outcome)): Answer {
  return { status, headers: FHIR_JSON, body: JSON.stringify(withoutId(outcome)) };
}

export function refusal(status: number, code: "structure" | "not-supported" | "forbidden" | "conflict", text: string) {
  return outcomeAnswer(
    { resourceType: "OperationOutcome", issue: [{ severity: "error", code, details: { text } }] },
    status,
  );
}

/**
 * A resource with the headers of FHIR R4 http.html 3.1.0.1.3 (`ETag`, `Last-Modified`) and, for a creation,
 * `Location` with the version.
 */
export function resourceAnswer(status: number, resource: Resource, base: string, minimal = false): Answer {
  const headers: Record<string, string> = { ...FHIR_JSON };
  const { versionId, lastUpdated } = resource.meta ?? {};
  if (versionId !== undefined) headers["etag"] = `W/"${versionId}"`;
  if (lastUpdated !== undefined) headers["last-modified"] = new Date(lastUpdated).toUTCString();
  if (status === 201 && resource.id !== undefined && versionId !== undefined) {
    headers["location"] = `${base}/${resource.resourceType}/${resource.id}/_history/${versionId}`;
  }
  return minimal ? { status, headers } : { status, headers, body: JSON.stringify(resource) };
}

/** The library names its outcomes ("not-found"); over HTTP they have no id. */
function withoutId(outcome: OperationOutcome): OperationOutcome {
  const { id: _id, ...rest } = outcome;
  return isOperationOutcome(rest) ? rest : outcome;
}
