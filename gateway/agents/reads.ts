import type { IncomingMessage, ServerResponse } from "node:http";

import type { ReadPolicyPort, RegisteredAgent } from "../ports.ts";
import { readAnswer } from "../executor/answer.ts";
import { send, type refuse } from "./answers.ts";

export interface ReadOptions {
  /** Without it, agents read nothing through this door. */
  readonly policy?: ReadPolicyPort;
  readonly fhirBase: string;
  readonly fetch?: typeof globalThis.fetch;
  /** Bearer token of the gateway for reading. */
  readonly readToken?: string;
  readonly timeoutMs?: number;
  readonly refuse: typeof refuse;
}

/** A read about one patient: the resource itself, or a search with exactly one patient and plain parameters. */
const ONE = /^([A-Z][A-Za-z]{1,63})\/[A-Za-z0-9.-]{1,64}$/;
const SEARCH = /^([A-Z][A-Za-z]{1,63})\?(.+)$/;
const PATIENT = /^(?:Patient\/)?[A-Za-z0-9.-]{1,64}$/;
const PLAIN = /^(?:[a-z][a-z-]*|_id|_sort|_count|_lastUpdated|_summary|_elements)$/;

/**
 * An agent's read, passed on only where policy allows the type, and only about one patient: no includes, no chains, no
 * search without a patient (minimum necessary). The agent's own credentials are not passed on.
 */
export async function passRead(
  agent: RegisteredAgent,
  /** Below the FHIR base, e.g. `Observation?patient=p-1`. */
  target: string,
  req: IncomingMessage,
  res: ServerResponse,
  options: ReadOptions,
): Promise<void> {
  const { refuse } = options;
  const type = typeOf(target);
  if (type === undefined) {
    refuse(res, "E_POL_REFUSED", "Agents read one resource, or search one type for one patient with plain parameters.");
    return;
  }
  const verdict = options.policy?.read({ agent, type });
  if (verdict?.kind !== "allow") {
    refuse(res, verdict?.code ?? "E_POL_REFUSED", verdict?.reason ?? "This gateway lets agents read nothing.");
    return;
  }
  const ask = options.fetch ?? globalThis.fetch;
  const gone = new AbortController();
  req.once("close", () => gone.abort());
  try {
    const response = await ask(`${options.fhirBase}/${target}`, {
      headers: {
        accept: "application/fhir+json",
        ...(options.readToken === undefined ? {} : { authorization: `Bearer ${options.readToken}` }),
      },
      redirect: "error",
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(options.timeoutMs ?? 15_000)]),
    });
    const { status, etag, body, cut } = await readAnswer(response);
    if (cut) throw new Error("The answer is too long or broke off.");
    const modified = response.headers.get("last-modified");
    send(res, status, response.headers.get("content-type") ?? "application/fhir+json", body, {
      ...(etag === undefined ? {} : { ETag: etag }),
      ...(modified === null ? {} : { "Last-Modified": modified }),
    });
  } catch {
    if (!res.destroyed && !res.headersSent)
      refuse(res, "E_UPSTREAM", "The hospital record did not give this answer in full.");
  }
}

function typeOf(target: string): string | undefined {
  const one = ONE.exec(target)?.[1];
  if (one !== undefined) return one;
  const [, type, query] = SEARCH.exec(target) ?? [];
  if (type === undefined || type === "Patient") return undefined;
  const parameters = [...new URLSearchParams(query)];
  const patients = parameters.filter(([name]) => name === "patient" || name === "subject");
  const plain = parameters.every(([name, value]) => PLAIN.test(name) && value.length <= 512);
  return plain && patients.length === 1 && PATIENT.test(patients[0]?.[1] ?? "") ? type : undefined;
}
