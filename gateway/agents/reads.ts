import type { IncomingMessage, ServerResponse } from "node:http";

import { CountersignError } from "#shared/protocol/error.ts";
import { parseFhir } from "#shared/protocol/strict-json.ts";

import type { ReadPolicyPort, RegisteredAgent } from "../ports.ts";
import { readAnswer } from "../executor/answer.ts";
import { textAt } from "../requests/facts-json.ts";
import type { NoteAccess } from "./access-log.ts";
import { send, type refuse as answerRefused } from "./answers.ts";

type Refuse = typeof answerRefused;

/** What reading takes, the same at every door. */
export interface ReadSide {
  readonly policy: ReadPolicyPort;
  readonly fhirBase: string;
  /** Writes what was read into the log, before the agent gets it. */
  readonly note: NoteAccess;
  /** Whether a supervisor has stopped this agent. */
  readonly isPaused: (sub: string) => boolean;
  readonly fetch?: typeof globalThis.fetch;
  /** Bearer token of the gateway for reading. */
  readonly readToken?: string;
  readonly timeoutMs?: number;
}

/** A read about one patient: the resource itself, or a search with exactly one patient and plain parameters. */
const ONE = /^([A-Z][A-Za-z]{1,63})\/(?!\.{1,2}$)[A-Za-z0-9.-]{1,64}$/;
// SECURITY: nothing that an address is cut at or cleaned of before it is sent: what is judged is what is asked (T-24).
const SEARCH = /^([A-Z][A-Za-z]{1,63})\?([^#\\\p{Cc}]+)$/u;
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
 * search without a patient (minimum necessary). The agent's own credentials are not passed on. What the record gave is
 * in the log before the agent has it.
 * @param side absent: agents read nothing here
 * @throws CountersignError `E_POL_REFUSED` and what policy refuses with, `E_AGENT_PAUSED`, `E_UPSTREAM`, `E_STORE_*`
 */
export async function readRecord(
  agent: RegisteredAgent,
  /** Below the FHIR base, e.g. `Observation?patient=p-1`. */
  target: string,
  gone: AbortSignal,
  side: ReadSide | undefined,
): Promise<ReadAnswer> {
  if (side?.isPaused(agent.sub) === true) throw new CountersignError("E_AGENT_PAUSED");
  const type = typeOf(target);
  if (type === undefined) {
    throw new CountersignError(
      "E_POL_REFUSED",
      "Agents read one resource, or search one type for one patient with plain parameters.",
    );
  }
  if (side === undefined) throw new CountersignError("E_POL_REFUSED", "This gateway lets agents read nothing.");
  const verdict = side.policy.read({ agent, type });
  if (verdict.kind !== "allow") throw new CountersignError(verdict.code, verdict.reason);
  const answer = await asked(target, gone, side);
  const { fhirBase, note } = side;
  const patient = patientOf(target, answer);
  // SECURITY: nothing of the record leaves without its trace (protocol.md 3.16); what was not found gives nothing away.
  note({
    ...{ agent: agent.sub, name: type, url: `${fhirBase}/${target}`, body: String(answer.status), target },
    ...(patient === undefined ? {} : { patient }),
  });
  return answer;
}

async function asked(target: string, gone: AbortSignal, side: ReadSide): Promise<ReadAnswer> {
  const ask = side.fetch ?? globalThis.fetch;
  try {
    const response = await ask(`${side.fhirBase}/${target}`, {
      headers: {
        accept: "application/fhir+json",
        ...(side.readToken === undefined ? {} : { authorization: `Bearer ${side.readToken}` }),
      },
      redirect: "error",
      signal: AbortSignal.any([gone, AbortSignal.timeout(side.timeoutMs ?? 15_000)]),
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

/** Whom it is about: by the question, or else by the one resource that the record answered with. */
function patientOf(target: string, { status, body }: ReadAnswer): string | undefined {
  const [, type, query] = SEARCH.exec(target) ?? [];
  if (type !== undefined) {
    const parameters = new URLSearchParams(query);
    const named = parameters.get("patient") ?? parameters.get("subject") ?? "";
    return named.startsWith("Patient/") ? named : `Patient/${named}`;
  }
  if (target.startsWith("Patient/")) return target;
  if (status !== 200) return undefined;
  try {
    const resource = parseFhir(body);
    const named = textAt(resource, "subject", "reference") ?? textAt(resource, "patient", "reference") ?? "";
    return /^Patient\/[A-Za-z0-9.-]{1,64}$/.test(named) ? named : undefined;
  } catch {
    // The agent gets what the record gave, readable or not.
    return undefined;
  }
}

/** {@link readRecord} over HTTP. */
export async function passRead(
  agent: RegisteredAgent,
  target: string,
  req: IncomingMessage,
  res: ServerResponse,
  { side, refuse }: { readonly side: ReadSide | undefined; readonly refuse: Refuse },
): Promise<void> {
  const gone = new AbortController();
  req.once("close", () => gone.abort());
  try {
    const { status, media, body, headers } = await readRecord(agent, target, gone.signal, side);
    send(res, status, media, body, headers);
  } catch (fault) {
    if (!(fault instanceof CountersignError)) throw fault;
    if (!res.destroyed && !res.headersSent) refuse(res, fault.code, fault.message);
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
