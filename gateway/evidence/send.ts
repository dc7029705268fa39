import type { AuditEvent, Provenance } from "#shared/fhir/resources.ts";

/** What a server did with one resource. */
export type Sent =
  | { readonly kind: "written" }
  /** It will not take this one; asked again later it may. */
  | { readonly kind: "refused"; readonly status: number }
  /** It could not be asked, or is not able to say. */
  | { readonly kind: "away"; readonly why: string };

export interface SendOptions {
  /** FHIR base of the server that keeps the evidence, without a slash at its end. */
  readonly baseUrl: string;
  /** Bearer token for writing it, where the server asks for one. */
  readonly token?: string;
  /**
   * `client`: this gateway names the resource, so that sending it again cannot make a second one (update as create).
   * `server`: for servers that allow no ids of clients; a second one is then possible after an answer that was lost.
   */
  readonly ids: "client" | "server";
  readonly fetch?: typeof globalThis.fetch;
  readonly timeoutMs?: number;
}

export type SendEvidence = (resource: AuditEvent | Provenance, id: string, gone: AbortSignal) => Promise<Sent>;

/** Writes one resource of evidence over FHIR REST. Never throws for what a server does. */
export function evidenceSender({ baseUrl, token, ids, ...options }: SendOptions): SendEvidence {
  const send = options.fetch ?? globalThis.fetch;
  return async (resource, id, gone) => {
    const { resourceType } = resource;
    try {
      const response = await send(
        ids === "client" ? `${baseUrl}/${resourceType}/${id}` : `${baseUrl}/${resourceType}`,
        {
          method: ids === "client" ? "PUT" : "POST",
          headers: {
            accept: "application/fhir+json",
            "content-type": "application/fhir+json",
            prefer: "return=minimal",
            // A server that keeps answers by their keys would keep its refusal as well.
            ...(ids === "client" ? {} : { "idempotency-key": id }),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify(ids === "client" ? { ...resource, id } : resource),
          // SECURITY: evidence goes to the configured server and to no other.
          redirect: "manual",
          signal: AbortSignal.any([gone, AbortSignal.timeout(options.timeoutMs ?? 15_000)]),
        },
      );
      await response.body?.cancel();
      return judged(response.status);
    } catch (fault) {
      return { kind: "away", why: fault instanceof Error ? fault.name : "Error" };
    }
  };
}

/** 401 is away: a token that is wrong for one is wrong for all, and a person has to change it. */
function judged(status: number): Sent {
  if (status >= 200 && status < 300) return { kind: "written" };
  const isAway = status >= 500 || status < 200 || [401, 408, 425, 429].includes(status);
  return isAway ? { kind: "away", why: String(status) } : { kind: "refused", status };
}
