import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { getStatus, isOk, normalizeOperationOutcome } from "@medplum/core";
import type { FhirRouter, HttpMethod } from "@medplum/fhir-router";

import { outcomeAnswer, refusal, resourceAnswer, type Answer } from "./answers.ts";
import { capabilityStatement, EXECUTION_OPERATION } from "./capability.ts";
import type { IdempotentAnswers } from "./idempotency.ts";
import type { VersionedRepository } from "./repository.ts";
import { digestFits, WRITES, type RecordedWrite } from "./wire.ts";

type Headers = Readonly<IncomingHttpHeaders>;

export interface Context {
  readonly repository: VersionedRepository;
  readonly baseUrl: string;
  readonly nowMs: () => number;
  readonly router: FhirRouter;
  readonly once: IdempotentAnswers;
  readonly authorize?: (write: RecordedWrite) => string | undefined;
}

/** GET and HEAD below the base: the capability statement, the answer to an earlier key, or the library's routes. */
export async function read(context: Context, method: string, path: string, headers: Headers): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return refusal(405, "not-supported", `${method} is not supported.`);
  const accept = headers.accept ?? "*/*";
  if (!/\*\/\*|application\/(?:\*|json|fhir\+json)/.test(accept)) {
    return refusal(406, "not-supported", "This server answers in application/fhir+json.");
  }
  if (/^\/metadata(?:\?|$)/.test(path)) {
    const date = new Date(context.nowMs()).toISOString();
    return {
      status: 200,
      headers: { "content-type": "application/fhir+json; charset=utf-8" },
      body: JSON.stringify(capabilityStatement(context.baseUrl, date)),
    };
  }
  if (path.startsWith(`/${EXECUTION_OPERATION}?`)) return findExecution(context, path);
  return route(context, "GET", path, undefined, headers);
}

/** `GET [base]/$execution?key=…`: Parameters with `known` and, where it is, the answer that was given. */
async function findExecution(context: Context, path: string): Promise<Answer> {
  const key = new URLSearchParams(path.slice(path.indexOf("?"))).get("key") ?? "";
  const answer = await context.once.find(key);
  const parameter: Record<string, unknown>[] = [{ name: "known", valueBoolean: answer !== undefined }];
  if (answer !== undefined) {
    parameter.push({ name: "status", valueInteger: answer.status });
    for (const name of ["location", "etag"]) {
      const value = answer.headers[name];
      if (value !== undefined) parameter.push({ name, valueString: value });
    }
    parameter.push({ name: "body", valueString: answer.body ?? "" });
  }
  return {
    status: 200,
    headers: { "content-type": "application/fhir+json; charset=utf-8" },
    body: JSON.stringify({ resourceType: "Parameters", parameter }),
  };
}

/** One write: allowed, its bytes as stated, its key not used before; then the library's route. */
export async function executeWrite(context: Context, write: RecordedWrite): Promise<Answer> {
  const { method, path, headers, body } = write;
  const refused = context.authorize?.(write);
  if (refused !== undefined) return refusal(403, "forbidden", refused);
  const digest = headers["content-digest"];
  if (!digestFits(Array.isArray(digest) ? digest.join(", ") : digest, body)) {
    return refusal(400, "structure", "The body does not fit its Content-Digest.");
  }
  const parsed = parseBody(write);
  if ("status" in parsed) return parsed;
  const run = (): Promise<Answer> => route(context, method as HttpMethod, path, parsed.json, headers);
  const key = headers["idempotency-key"];
  if (typeof key !== "string") return run();
  const fingerprint = createHash("sha256").update(`${method} ${path}\n`).update(body).digest("hex");
  return context.once.once(key.replace(/^"(.*)"$/, "$1"), fingerprint, run);
}

const MEDIA: Readonly<Record<string, RegExp>> = {
  POST: /^application\/(?:fhir\+json|json|x-www-form-urlencoded)$/,
  PUT: /^application\/(?:fhir\+json|json)$/,
  PATCH: /^application\/json-patch\+json$/,
};

function parseBody(write: RecordedWrite): { readonly json: unknown } | Answer {
  const allowed = MEDIA[write.method];
  if (allowed === undefined) return { json: undefined };
  const media = write.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!allowed.test(media)) return refusal(415, "not-supported", `This server does not take "${media}" here.`);
  const text = write.body.toString("utf8");
  if (media === "application/x-www-form-urlencoded") return { json: Object.fromEntries(new URLSearchParams(text)) };
  try {
    return { json: JSON.parse(text) };
  } catch {
    return refusal(400, "structure", "The body is not JSON.");
  }
}

async function route(
  context: Context,
  method: HttpMethod,
  path: string,
  body: unknown,
  headers: Headers,
): Promise<Answer> {
  const { repository, router } = context;
  const isCreate = method === "POST" && /^\/[A-Za-z]+\/?$/.test(path);
  const target = /^\/([A-Za-z]+)\/([^/?]+)$/.exec(path) ?? undefined;
  const existed = method !== "PUT" || target === undefined || (await exists(repository, target));
  try {
    const request = {
      method,
      url: path.replace(/^\//, ""),
      pathname: "",
      params: {},
      query: {},
      headers,
      body: isCreate ? withoutId(body) : body,
    };
    const [outcome, resource] = await router.handleRequest(request, repository);
    if (!isOk(outcome)) return missing(context, outcomeAnswer(outcome), target);
    if (method === "DELETE") return { status: 204, headers: {} };
    if (resource === undefined) return outcomeAnswer(outcome);
    const status = existed ? getStatus(outcome) : 201;
    const minimal = WRITES.has(method) && headers["prefer"] === "return=minimal";
    return resourceAnswer(status, resource, context.baseUrl, minimal);
  } catch (fault) {
    return outcomeAnswer(normalizeOperationOutcome(fault));
  }
}

/** What is gone was here: 410, not 404 (FHIR R4 http.html 3.1.0.1). */
function missing({ repository }: Context, answer: Answer, target: RegExpExecArray | undefined): Answer {
  const [, type = "", id = ""] = target ?? [];
  return answer.status === 404 && repository.wasDeleted(type, id) ? { ...answer, status: 410 } : answer;
}

async function exists(repository: VersionedRepository, [, type = "", id = ""]: RegExpExecArray): Promise<boolean> {
  return repository.readResource(type, id).then(
    () => true,
    () => false,
  );
}

/** A create chooses its own id: one in the body is ignored (FHIR R4 http.html 3.1.0.8). */
function withoutId(body: unknown): unknown {
  if (typeof body !== "object" || body === null || !("id" in body)) return body;
  const { id: _id, ...rest } = body;
  return rest;
}
