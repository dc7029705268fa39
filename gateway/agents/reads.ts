import type { IncomingMessage, ServerResponse } from "node:http";

import { CountersignError } from "#shared/protocol/error.ts";

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

/** The record's answer to a read. */
export interface ReadAnswer {
  readonly status: number;
  readonly media: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * An agent's read, passed on only where policy allows the type, and only about one patient: no includes, no chains, no
 * search without a patient (minimum necessary). The agent's own credentials are not passed on.
 * @throws CountersignError `E_POL_REFUSED` and what policy refuses with, `E_UPSTREAM`
 */
export async function readRecord(
  agent: RegisteredAgent,
  /** Below the FHIR base, e.g. `Observation?patient=p-1`. */
  target: string,
  gone: AbortSignal,
  options: Omit<ReadOptions, "refuse">,
): Promise<ReadAnswer> {
  const type = typeOf(target);
  if (type === undefined) {
    throw new CountersignError(
      "E_POL_REFUSED",
      "Agents read one resource, or search one type for one patient with plain parameters.",
    );
  }
  const verdict = options.policy?.read({ agent, type });
  if (verdict?.kind !== "allow") {
    throw new CountersignError(
      verdict?.code ?? "E_POL_REFUSED",
      verdict?.reason ?? "This gateway lets agents read nothing.",
    );
  }
  const ask = options.fetch ?? globalThis.fetch;
  try {
    const response = await ask(`${options.fhirBase}/${target}`, {
      headers: {
        accept: "application/fhir+json",
        ...(options.readToken === undefined ? {} : { authorization: `Bearer ${options.readToken}` }),
      },
      redirect: "error",
      signal: AbortSignal.any([gone, AbortSignal.timeout(options.timeoutMs ?? 15_000)]),
    });
    const { status, etag, body, cut } = await readAnswer(response);
    if (cut) throw new Error("The answer is too long or broke off.");
    const modified = response.headers.get("last-modified");
    return {
      ...{ status, media: response.headers.get("content-type") ?? "application/fhir+json", body },
      headers: {
        ...(etag === undefined ? {} : { ETag: etag }),
        ...(modified === null ? {} : { "Last-Modified": modified }),
      },
    };
  } catch (cause) {
    throw new CountersignError("E_UPSTREAM", "The hospital record did not give this answer in full.", { cause });
  }
}

/** {@link readRecord} over HTTP. */
export async function passRead(
  agent: RegisteredAgent,
  target: string,
  req: IncomingMessage,
  res: ServerResponse,
  options: ReadOptions,
): Promise<void> {
  const gone = new AbortController();
  req.once("close", () => gone.abort());
  try {
    const { status, media, body, headers } = await readRecord(agent, target, gone.signal, options);
    send(res, status, media, body, headers);
  } catch (fault) {
    if (!(fault instanceof CountersignError)) throw fault;
    if (!res.destroyed && !res.headersSent) options.refuse(res, fault.code, fault.message);
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
