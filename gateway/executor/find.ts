import { sameValue } from "#shared/protocol/json-patch.ts";
import { parseFhir, type FhirJson } from "#shared/protocol/strict-json.ts";

import type { ExecutionResult, ExecutorPort } from "../ports.ts";
import { isMembers, listAt, membersAt, numberAt, textAt, type Members } from "../requests/facts-json.ts";
import { parseOperation, resultOf } from "../requests/facts-operation.ts";
import { judgeAnswer, readAnswer, type UpstreamAnswer } from "./answer.ts";

export interface FindInput {
  readonly operation: Parameters<ExecutorPort["find"]>[0]["operation"];
  readonly execution_id: string;
  readonly base: string;
  readonly get: (url: string) => Promise<Response>;
}

/**
 * Was this execution done? First by its key, where the server keeps answers (`GET [base]/$execution?key=`, declared in
 * its CapabilityStatement); otherwise, for a change under `If-Match`, by what the resource is now. Never sends a write.
 * Unknown whenever the server does not settle it: a person then looks (protocol.md 3.11).
 */
export async function findExecution(input: FindInput): Promise<ExecutionResult> {
  const byKey = await askByKey(input);
  if (byKey !== undefined) return byKey;
  return byContent(input);
}

async function askByKey({ base, execution_id, get }: FindInput): Promise<ExecutionResult | undefined> {
  const answer = await read(get, `${base}/$execution?key=${encodeURIComponent(execution_id)}`);
  const parameters = answer?.status === 200 ? members(answer.body) : undefined;
  if (parameters?.["resourceType"] !== "Parameters") return undefined;
  const named = (name: string): FhirJson | undefined =>
    listAt(parameters, "parameter").find((p) => textAt(p, "name") === name);
  const known = named("known");
  if (!isMembers(known) || typeof known["valueBoolean"] !== "boolean") return undefined;
  if (!known["valueBoolean"]) return { kind: "absent", why: "The hospital system has never seen this action." };
  const status = Number(numberAt(named("status"), "valueInteger"));
  if (!Number.isInteger(status)) return undefined;
  const location = textAt(named("location"), "valueString");
  const etag = textAt(named("etag"), "valueString");
  return judgeAnswer({
    status,
    body: textAt(named("body"), "valueString") ?? "",
    ...(location === undefined ? {} : { location }),
    ...(etag === undefined ? {} : { etag }),
  });
}

const UNKNOWN: ExecutionResult = { kind: "unknown", why: "The hospital system does not say whether it was done." };

/** Only changes under `If-Match` can be judged by the resource, and only they may be repeated safely. */
async function byContent({ operation, base, get }: FindInput): Promise<ExecutionResult> {
  const { method, if_match, before } = operation;
  if (if_match === undefined || (method !== "PUT" && method !== "PATCH")) return UNKNOWN;
  const answer = await read(get, operation.url);
  const now = answer?.status === 200 ? members(answer.body) : undefined;
  if (answer === undefined || now === undefined) return UNKNOWN;
  if (answer.etag === if_match)
    return { kind: "absent", why: "The resource is still at the version before the action." };
  const parsed = parseOperation({ method, url: operation.url, media: operation.media, body: operation.body }, base);
  const expected = resultOf(parsed, before === undefined ? undefined : members(before));
  if (expected === undefined || !sameContent(expected, now)) return UNKNOWN;
  return { kind: "done", status: 200, body: answer.body, ...(answer.etag === undefined ? {} : { etag: answer.etag }) };
}

/** Equal but for the version and time that the server itself writes. */
function sameContent(expected: Members, now: Members): boolean {
  const content = (resource: Members): FhirJson => {
    const { versionId: _version, lastUpdated: _time, ...meta } = membersAt(resource, "meta") ?? {};
    return { ...resource, meta };
  };
  return sameValue(content(expected), content(now));
}

async function read(get: FindInput["get"], url: string): Promise<UpstreamAnswer | undefined> {
  try {
    return await readAnswer(await get(url));
  } catch {
    return undefined;
  }
}

function members(text: string): Members | undefined {
  try {
    const value = parseFhir(text);
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
