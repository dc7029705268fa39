import { z } from "zod";

import { attachment } from "#shared/protocol/claims/request.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ACTION_TYPES } from "#shared/protocol/names.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { decodeUtf8 } from "#shared/protocol/utf8.ts";

import type { Operation, RegisteredAgent, RequestDraft } from "../ports.ts";

/**
 * What an agent may say beside its operation. Every member is a claim; there is none by which risk, facts, policy or the
 * display could be set (protocol.md 3.15). Strict: a member that is not here is refused, so that no agent believes it
 * said something that nobody will see.
 */
const context = z.strictObject({
  action: z.enum(ACTION_TYPES).optional(),
  rationale: z
    .strictObject({
      trigger: z.enum(["irreversibility", "magnitude", "uncertainty", "novelty", "authority_gap", "policy_rule"]),
      text: z.string().max(4000),
    })
    .optional(),
  task: z
    .strictObject({
      id: z.string().min(1).max(128),
      goal: z.string().max(2000),
      idx: z.int().positive().optional(),
      of: z.int().positive().optional(),
      next_hint: z.string().max(2000).optional(),
    })
    .optional(),
  claims: z
    .array(
      z.strictObject({
        code: z.string().min(1).max(64),
        value: z.string().max(200),
        unit: z.string().max(64).optional(),
      }),
    )
    .max(32)
    .optional(),
  scopes: z.array(z.string().min(1).max(512)).max(16).optional(),
  initiator: z
    .strictObject({ kind: z.enum(["human", "schedule", "event"]), person: z.string().min(1).max(512).optional() })
    .optional(),
  attachments: z.array(attachment).max(64).optional(),
  expires_in: z
    .int()
    .positive()
    .max(24 * 3600)
    .optional(),
  idempotency_key: z.string().min(1).max(255).optional(),
});

const envelope = context.extend({
  operation: z.strictObject({
    method: z.enum(["POST", "PUT", "PATCH", "DELETE"]),
    /** Below the gateway's FHIR base: whole, or `Type` or `Type/id`. */
    url: z.string().min(1).max(2048),
    media: z.string().max(128).optional(),
    /** The exact text to be sent. Only a deletion has none. */
    body: z.string().optional(),
    if_match: z.string().max(128).optional(),
  }),
});
export type Context = z.infer<typeof context>;

const CONTEXT_BYTES = 16 * 1024;

/** Beside an intercepted FHIR write: `Countersign-Context`, base64url of the JSON of `context`. */
export function contextFromHeader(header: string | undefined): Context {
  if (header === undefined) return {};
  if (header.length > CONTEXT_BYTES) throw new CountersignError("E_FMT_SIZE", "Countersign-Context is too long.");
  return parse(context, decodeUtf8(decodeBase64url(header)), "Countersign-Context");
}

/** Beside a call of a tool: the text of the same object. */
export const contextFromText = (text: string): Context => parse(context, text, "The context of the call");

/** `POST /countersign/v1/requests`: operation and context in one JSON object. */
export function draftFromEnvelope(text: string, fhirBase: string): { operation: Operation; context: Context } {
  const { operation, ...rest } = parse(envelope, text, "The request");
  const { method, url, if_match } = operation;
  const body = operation.body ?? (method === "DELETE" ? "" : undefined);
  if (body === undefined)
    throw new CountersignError("E_CLM_SHAPE", "The request is not understood: operation.body is missing.");
  return {
    operation: {
      method,
      url: /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `${fhirBase}/${url}`,
      media: operation.media ?? (method === "PATCH" ? "application/json-patch+json" : "application/fhir+json"),
      body,
      ...(if_match === undefined ? {} : { if_match }),
    },
    context: rest,
  };
}

/** @throws CountersignError the codes of strict JSON, `E_CLM_SHAPE` with the place that is wrong */
function parse<T>(schema: z.ZodType<T>, text: string, what: string): T {
  const read = schema.safeParse(parseStrict(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.map(String).join(".") ?? "";
  throw new CountersignError("E_CLM_SHAPE", `${what} is not understood: ${where} ${issue?.message ?? ""}`.trim());
}

/**
 * The draft, with what the gateway knows in place of what an agent says.
 * @throws CountersignError `E_CLM_SHAPE` for a person as initiator whom the gateway cannot vouch for
 */
export function makeDraft(
  agent: RegisteredAgent,
  operation: Operation,
  said: Context,
  key: string | undefined,
): RequestDraft {
  const { initiator, idempotency_key, ...rest } = said;
  const once = key ?? idempotency_key;
  return {
    agent: agent.sub,
    operation,
    ...present(rest),
    ...(initiator === undefined ? {} : { initiator: vouched(agent, initiator) }),
    ...(once === undefined ? {} : { idempotency_key: once }),
  };
}

/** `initiator` is gateway-verified (protocol.md 3.5): the only person an agent may name is the one it is registered for. */
function vouched(
  agent: RegisteredAgent,
  { kind, person }: NonNullable<Context["initiator"]>,
): NonNullable<RequestDraft["initiator"]> {
  if (kind !== "human" && person === undefined) return { kind };
  if (kind === "human" && agent.obo !== undefined && (person ?? agent.obo) === agent.obo) {
    return { kind, person: agent.obo };
  }
  throw new CountersignError("E_CLM_SHAPE", "The gateway cannot vouch that this person started it.");
}

/** Without members that are `undefined`: they are absent, not empty. */
function present(said: Omit<Context, "initiator" | "idempotency_key">): Omit<RequestDraft, "agent" | "operation"> {
  const kept = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return kept;
}
