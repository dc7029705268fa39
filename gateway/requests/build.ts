import type { RarElement } from "#shared/protocol/claims/primitives.ts";
import type { Fact, PolicyClaim, RequestClaims } from "#shared/protocol/claims/request.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { contentDigest, policyDigest, templateDigest } from "#shared/protocol/digest.ts";
import { actionType, poolUri, RAR, type ActionName } from "#shared/protocol/names.ts";
import { parseScope } from "#shared/scope/smart-scope.ts";

import { readToolUrl, toolServer } from "./tool-url.ts";
import type { Gathered, Operation, PolicyVerdict, RegisteredAgent, RequestDraft } from "../ports.ts";

/** Longest time a request may stay open (protocol.md 3.5, C7). */
const MAX_LIFE_S = 24 * 3600;
const LANGUAGE = "en";
const FHIR_VERSION = "4.0.1";

const INTERACTION = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" } as const;

export type AskVerdict = Extract<PolicyVerdict, { kind: "ask" }>;

/** What the claims are made from: the draft, what the gateway found, what policy said, and names made by the gateway. */
export interface BuildInput {
  readonly iss: string;
  /** Base of the FHIR server, without a slash at its end: `locations` of the grant. */
  readonly fhirBase: string;
  readonly logOrigin: string;
  readonly draft: RequestDraft;
  readonly agent: RegisteredAgent;
  readonly action: ActionName;
  readonly gathered: Gathered;
  readonly initiator: NonNullable<RequestClaims["initiator"]>;
  readonly verdict: AskVerdict;
  readonly history: NonNullable<RequestClaims["history"]>;
  readonly taskPrev: NonNullable<RequestClaims["task"]["prev"]>;
  /** Unix seconds. */
  readonly now: number;
  readonly rid: string;
  readonly rev: number;
  readonly prev?: string;
  readonly txn: string;
  readonly jti: string;
  readonly nonce: string;
  /** Used only where policy asks for the code to be typed. */
  readonly bindingMessage: string;
}

/**
 * The claims of a request, protocol.md 3.5. Nothing an agent says gets into `agent`, `action.risk`, `facts`, `policy` or
 * `display`.
 * @throws CountersignError `E_AUZ_SCOPE` for a scope outside the grammar or one a task may not ask for
 */
export function buildClaims(crypto: Crypto, input: BuildInput): RequestClaims {
  const { draft, agent, verdict, gathered, now } = input;
  const policy = policyOf(crypto, input);
  const exp = now + Math.min(verdict.ttl_s, draft.expires_in ?? verdict.ttl_s, MAX_LIFE_S);
  // The last second to decide, the hold, and the token's own life.
  const grant_exp = exp + (policy.hold_s ?? 0) + verdict.grant_ttl_s;
  const op = operationOf(crypto, draft.operation, gathered);
  return {
    ...{ ver: 1, iss: input.iss, aud: policy.pools.map((pool) => poolUri(input.iss, pool)), jti: input.jti },
    ...{ rid: input.rid, rev: input.rev, ...(input.prev === undefined ? {} : { prev: input.prev }) },
    ...{ txn: input.txn, iat: now, exp, submit_by: exp, grant_exp, nonce: input.nonce },
    agent: agentOf(agent),
    ...(gathered.patient === undefined ? {} : { patient: gathered.patient }),
    action: {
      type: actionType(input.action),
      risk: verdict.risk,
      reversible: verdict.reversible,
      risk_reasons: [...verdict.risk_reasons],
      ...reachOf(draft.operation, verdict),
      ...(draft.attachments ? { attachments: draft.attachments } : {}),
      op,
    },
    authorization_details: grantOf(input, op, grant_exp),
    facts: factsOf(gathered.facts),
    checks: [...gathered.checks],
    initiator: input.initiator,
    history: input.history,
    ...(draft.rationale
      ? {
          rationale: {
            ...{ src: "agent", trust: "untrusted", trigger: draft.rationale.trigger },
            text: cut(draft.rationale.text, 1000),
            refs: [],
          },
        }
      : {}),
    task: taskOf(input),
    policy,
    display: displayOf(crypto, verdict),
    ...(verdict.origin_code ? { binding_message: input.bindingMessage } : {}),
    log: { origin: input.logOrigin },
  };
}

/** How far a tool reaches nobody knows but the tool: only what is known to reach far is said of a call. */
function reachOf({ method }: Operation, { reach }: AskVerdict): Pick<RequestClaims["action"], "reach"> {
  const isFar = reach.patients > 1 || reach.leaves_org || reach.standing;
  return method === "tools/call" && !isFar ? {} : { reach };
}

function agentOf({ sub, name, model, owner, jkt, certs, token, obo }: RegisteredAgent): RequestClaims["agent"] {
  // What a token of its own would be bound to: its DPoP key, or else the certificate that stands first.
  const [x5t] = token === true && jkt === undefined ? (certs ?? []) : [];
  return {
    ...{ sub, name, model, owner },
    ...(jkt === undefined ? {} : { jkt }),
    ...(x5t === undefined ? {} : { x5t }),
    ...(obo === undefined ? {} : { obo }),
  };
}

/**
 * Policy as embedded: whoever asked for it may not approve it (V15), so they are all named in `sod.exclude`; its digest
 * is over exactly that.
 */
function policyOf(crypto: Crypto, { verdict, agent, initiator }: BuildInput): PolicyClaim {
  const { policy } = verdict;
  const askers = [agent.owner, agent.obo, initiator.person].filter((person) => person !== undefined);
  const sod = { ...policy.sod, exclude: [...new Set([...policy.sod.exclude, ...askers])] };
  const claim = { ...policy, sod };
  return { ...claim, dig: policyDigest(crypto, claim) };
}

export function operationOf(crypto: Crypto, operation: Operation, { before }: Gathered): RequestClaims["action"]["op"] {
  const { method, url, media, body } = operation;
  // The version that is shown is the version that is changed, whatever the agent worked from (T-08).
  const if_match = before?.version ?? operation.if_match;
  return {
    ...{ method, url, ...(method === "tools/call" ? {} : { fhir: FHIR_VERSION }), media },
    ...{ body, body_dig: contentDigest(crypto, body) },
    ...(if_match === undefined ? {} : { if_match }),
    ...(before === undefined ? {} : { before: before.text, before_dig: contentDigest(crypto, before.text) }),
  };
}

/** `a1` is the operation and cannot be dropped; then one element per resource type that the agent asks to read. */
function grantOf(
  { draft, gathered, fhirBase }: BuildInput,
  op: RequestClaims["action"]["op"],
  not_after: number,
): RarElement[] {
  const about = gathered.patient === undefined ? {} : { patient: gathered.patient.ref };
  const operation = operationGrant(draft.operation, op, gathered, fhirBase, not_after);
  const reads = [...scopeGroups(draft.scopes ?? [])].map((scopes, i) => ({
    ...{ type: RAR.smartScope, id: `a${String(i + 2)}`, locations: [fhirBase], ...about, scopes, not_after },
  }));
  return [operation, ...reads];
}

/** The element for exactly this operation, once. */
export function operationGrant(
  operation: Operation,
  op: RequestClaims["action"]["op"],
  { patient }: Pick<Gathered, "patient">,
  fhirBase: string,
  not_after: number,
): RarElement {
  return {
    ...{ ...whatIsGranted(operation, fhirBase), content_digest: op.body_dig },
    ...(patient === undefined ? {} : { patient: patient.ref }),
    ...(op.if_match === undefined ? {} : { if_match: op.if_match }),
    ...{ max_uses: 1, not_after },
  };
}

/** The element of the operation itself: of a tool call its server and its tool, otherwise interaction and type. */
function whatIsGranted({ method, url }: Operation, fhirBase: string) {
  const frame = { id: "a1", required: true as const };
  if (method === "tools/call") {
    const { server, tool } = readToolUrl(url);
    return { type: RAR.mcpTool, ...frame, locations: [toolServer(server)], tools: [tool] };
  }
  const [datatype = ""] = url.slice(fhirBase.length + 1).split(/[/?]/);
  return { type: RAR.fhirOp, ...frame, locations: [fhirBase], actions: [INTERACTION[method]], datatypes: [datatype] };
}

function scopeGroups(scopes: readonly string[]): Iterable<string[]> {
  const groups = new Map<string, string[]>();
  for (const text of scopes) {
    const scope = parseScope(text);
    const name = scope.kind === "opaque" ? scope.text : text.slice(0, text.indexOf("."));
    groups.set(name, [...(groups.get(name) ?? []), text]);
  }
  return groups.values();
}

/** A contradiction always has to be overridden with a reason (protocol.md 3.5). */
const factsOf = (facts: readonly Fact[]): Fact[] =>
  facts.map((fact) => (fact.code === "conflict" ? { ...fact, override: true } : fact));

function taskOf({ draft, rid, taskPrev }: BuildInput): RequestClaims["task"] {
  const { task } = draft;
  return {
    id: task?.id ?? rid,
    idx: task?.idx ?? taskPrev.length + 1,
    ...(task?.of === undefined ? {} : { of: task.of }),
    goal: cut(task?.goal ?? "", 500),
    prev: [...taskPrev],
    ...(task?.next_hint === undefined ? {} : { next_hint: cut(task.next_hint, 500) }),
  };
}

function displayOf(crypto: Crypto, { template }: AskVerdict): RequestClaims["display"] {
  const { id, ver, statement } = template;
  return { tpl: id, tpl_ver: ver, tpl_dig: templateDigest(crypto, template), lang: LANGUAGE, statement };
}

/** Agent text has a cap (3.6, rule 6); what is cut says so and never ends inside a character. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
