import { z } from "zod";

import {
  contentDigestText,
  rarElement,
  seconds,
  text,
  uri,
  type RarElement,
} from "#shared/protocol/claims/primitives.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { contentDigest } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ACR, RAR, SKEW_S } from "#shared/protocol/names.ts";

import type { RegisteredAgent, RequestDraft } from "../../ports.ts";
import { parseOperation } from "../../requests/facts-operation.ts";
import { draftFromEnvelope, makeDraft } from "../draft.ts";
import { OauthError } from "./oauth.ts";

/** Longest life of a signed request, seconds. */
const MAX_LIFE_S = 300;
const INTERACTION = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" } as const;

/**
 * The signed authentication request (CIBA 7.1.1). Strict: a member that is not here is refused, so that no agent believes
 * it said something that nobody will see.
 */
const claims = z.strictObject({
  iss: uri,
  aud: z.union([uri, z.array(uri).max(8)]),
  iat: seconds,
  nbf: seconds.optional(),
  exp: seconds,
  jti: text(128).min(8),
  client_id: uri.optional(),
  scope: text(4096).optional(),
  acr_values: text(512).optional(),
  login_hint: text(256),
  binding_message: text(256).optional(),
  requested_expiry: z.union([z.int().positive(), z.string().regex(/^[1-9][0-9]{0,5}$/)]).optional(),
  authorization_details: z.array(rarElement).min(1).max(16).optional(),
  /** Method, url, exact text of the body: what is signed and executed. */
  countersign_op: z.looseObject({}),
  /** What the agent says beside it (protocol.md 3.15.1, "Context"). */
  countersign_context: z.looseObject({}).optional(),
});
type Claims = z.infer<typeof claims>;

export interface RequestRules {
  readonly iss: string;
  readonly crypto: Crypto;
  readonly fhirBase: string;
  readonly pools: readonly string[];
  /** Unix seconds. */
  readonly now: number;
}

/**
 * The draft behind a signed request whose signature is good.
 * @throws OauthError, CountersignError for an operation or a context that cannot be read
 */
export function draftOf(
  payload: unknown,
  agent: RegisteredAgent,
  key: string | undefined,
  rules: RequestRules,
): RequestDraft {
  const read = claims.safeParse(payload);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new OauthError("invalid_request", `request: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim());
  }
  const asked = read.data;
  checkFrame(asked, agent, rules);
  const { operation, context } = draftFromEnvelope(
    JSON.stringify({ ...asked.countersign_context, operation: asked.countersign_op }),
    rules.fhirBase,
  );
  parseOperation(operation, rules.fhirBase);
  const scopes = [...(asked.scope?.split(" ").filter((one) => one !== "") ?? []), ...(context.scopes ?? [])];
  const granted =
    asked.authorization_details === undefined ? [] : scopesOf(asked.authorization_details, operation, rules);
  const all = [...new Set([...scopes, ...granted])];
  const said = {
    ...context,
    ...(all.length === 0 ? {} : { scopes: all }),
    ...(asked.requested_expiry === undefined ? {} : { expires_in: Number(asked.requested_expiry) }),
  };
  // The same signed request sent again after a lost answer is the same request.
  return makeDraft(agent, operation, said, key ?? `ciba:${asked.jti}`);
}

function checkFrame(asked: Claims, agent: RegisteredAgent, { iss, pools, now }: RequestRules): void {
  const refuse = (why: string): never => {
    throw new OauthError("invalid_request", `request: ${why}`);
  };
  if (asked.iss !== agent.sub || (asked.client_id ?? agent.sub) !== agent.sub) refuse("it is another client's.");
  const audiences = typeof asked.aud === "string" ? [asked.aud] : asked.aud;
  if (!audiences.includes(iss)) refuse("it is for another gateway.");
  if (asked.exp <= now - SKEW_S || asked.exp <= asked.iat) refuse("it has expired.");
  if (asked.iat > now + SKEW_S || (asked.nbf ?? asked.iat) > now + SKEW_S) refuse("it is dated in the future.");
  if (asked.exp - asked.iat > MAX_LIFE_S) refuse("it is valid for more than five minutes.");
  const acrs = asked.acr_values?.split(" ") ?? [];
  if (!acrs.every((acr) => ACR.some((known) => known === acr))) refuse("acr_values names what is not known here.");
  const [, pool] = /^pool:(.+)$/.exec(asked.login_hint) ?? [];
  if (pool === undefined || !pools.includes(pool)) {
    throw new OauthError("unknown_user_id", "login_hint names no pool of approvers of this gateway.");
  }
  if (asked.binding_message !== undefined) {
    throw new OauthError("invalid_binding_message", "The gateway makes the code itself and answers with it.");
  }
}

/** What an element of the operation may say; each member that is there has to agree with the operation. */
const operationElement = rarElement.extend({
  locations: z.array(z.string()).optional(),
  actions: z.array(z.string()).optional(),
  datatypes: z.array(z.string()).optional(),
  content_digest: contentDigestText.optional(),
});
const scopeElement = rarElement.extend({ scopes: z.array(z.string()).min(1).max(16) });

/**
 * The gateway makes the grant itself, from the bytes. What the agent asked for in RAR has to be that and supporting reads.
 * @returns the scopes of the reads
 * @throws OauthError `invalid_authorization_details`
 */
function scopesOf(
  elements: readonly RarElement[],
  { method, url, body }: RequestDraft["operation"],
  { crypto, fhirBase }: RequestRules,
): readonly string[] {
  const refuse = (why: string): never => {
    throw new OauthError("invalid_authorization_details", why);
  };
  const scopes: string[] = [];
  const [type = ""] = url.slice(fhirBase.length + 1).split("/");
  for (const element of elements) {
    if (element.type === RAR.smartScope) {
      const read = scopeElement.safeParse(element);
      if (!read.success) return refuse("An element with scopes cannot be read.");
      scopes.push(...read.data.scopes);
    } else if (element.type === RAR.fhirOp) {
      const read = operationElement.safeParse(element).data;
      const agrees =
        read !== undefined &&
        method !== "tools/call" &&
        (read.locations ?? [fhirBase]).every((location) => location === fhirBase) &&
        (read.actions ?? [INTERACTION[method]]).every((action) => action === INTERACTION[method]) &&
        (read.datatypes ?? [type]).every((datatype) => datatype === type) &&
        (read.content_digest ?? contentDigest(crypto, body)) === contentDigest(crypto, body);
      if (!agrees) return refuse("An element asks for another operation than countersign_op.");
    } else return refuse(`${element.type} is not known here.`);
  }
  return scopes;
}

/** @throws CountersignError `E_CLM_SHAPE` for a form with a member twice (RFC 6749, 3.2) */
export function readForm(text: string): ReadonlyMap<string, string> {
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) throw new CountersignError("E_CLM_SHAPE", `${name} comes twice.`);
    if (value !== "") form.set(name, value);
  }
  return form;
}
