import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { contentDigest, dig, policyDigest, templateDigest } from "#shared/protocol/digest.ts";
import { actionType } from "#shared/protocol/names.ts";
import { CODES, type ErrorCode } from "#shared/protocol/registry.ts";

import type { GatewayContext } from "../context.ts";
import type { Raised } from "../core.ts";
import type { Gathered, PolicyInput, RegisteredAgent, RequestDraft } from "../ports.ts";
import { identityReasons, versionOf } from "../policy/identity.ts";
import type { RequestRow } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";
import { allowedAct } from "./allowed-act.ts";
import { overBudget } from "./budget.ts";
import { buildClaims, type AskVerdict } from "./build.ts";
import { actionOf } from "./facts-action.ts";
import { offer, openRequest } from "./open.ts";
import { operationDigest, claimsOf, signRequest } from "./signed-request.ts";
import { isStopped } from "./stop-agent.ts";
import { titleOf } from "./title.ts";

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Letters and digits nobody confuses, for the code that an agent's console shows. */
const CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREVIOUS_STEPS = 64;

export interface Raiser {
  raise(draft: RequestDraft): Promise<Raised>;
}

/**
 * From an agent's draft to a signed, stored, published request (architecture.md, the way of one approval). The only thing
 * that waits for the outside is the gathering of facts; everything after it is one transaction.
 */
export function makeRaiser(context: GatewayContext): Raiser {
  /** A retry that arrives while the first is still gathering waits for it. */
  const underWay = new Map<string, Promise<Raised>>();

  async function raise(draft: RequestDraft): Promise<Raised> {
    const { idempotency_key: key } = draft;
    if (key === undefined) return await raiseOnce(context, draft);
    const name = JSON.stringify([draft.agent, key]);
    const running = underWay.get(name);
    if (running) {
      await running.catch(() => undefined);
      return await raise(draft);
    }
    const mine = raiseOnce(context, draft).finally(() => underWay.delete(name));
    underWay.set(name, mine);
    return await mine;
  }

  return { raise };
}

async function raiseOnce(context: GatewayContext, draft: RequestDraft): Promise<Raised> {
  const before = repeated(context, draft);
  if (before) return before;
  const prepared = await prepare(context, draft);
  if (prepared.kind !== "ask") return prepared;
  return context.store.write((tx) => {
    // SECURITY: in the transaction that opens it: what was stopped since it was judged waits for nobody (AISVS 9.6.1).
    const stopped = paused(tx, prepared.agent.sub, actionType(prepared.input.action));
    if (stopped) return stopped;
    const rid = context.uuid();
    const claims = claimsFor(context, tx, prepared, { rid, rev: 1 });
    const enough = askedEnough(context, tx, claims);
    if (enough) return enough;
    const request = signRequest(context, claims);
    publishRules(context, tx, prepared.verdict);
    noteAgent(context, tx, prepared);
    openRequest(context, tx, request);
    offer(context, tx, request);
    keepKey(context, tx, draft, rid);
    return pendingAnswer(context, request);
  });
}

/** Everything that is known of a draft before it becomes a request. */
export interface Prepared {
  readonly kind: "ask";
  readonly draft: RequestDraft;
  readonly agent: RegisteredAgent;
  readonly input: PolicyInput;
  readonly verdict: AskVerdict;
  readonly history: NonNullable<RequestClaims["history"]>;
}

/**
 * Agent, facts, policy. An answer other than `ask` is final.
 * @throws CountersignError `E_OP_*`, `E_AUZ_SCOPE`, `E_UPSTREAM`
 */
export async function prepare(context: GatewayContext, draft: RequestDraft): Promise<Prepared | Raised> {
  const agent = context.agent(draft.agent);
  if (!agent) return refused("E_AGENT_UNKNOWN");
  const action = draft.action ?? actionOf(draft.operation, context.fhirBase);
  if (!agent.actions.includes(action)) return refused("E_AGENT_ACTION");
  const stopped = paused(context.store, agent.sub, actionType(action));
  if (stopped) return stopped;
  const gathered = await context.facts.gather(draft, action);
  const history = historyOf(context, draft, actionType(action), gathered);
  const input: PolicyInput = {
    ...{ agent, action, operation: draft.operation, gathered },
    initiator: draft.initiator ?? { kind: "event" },
    attachments: draft.attachments ?? [],
    scopes: draft.scopes ?? [],
    history: { asked: history.asked, denied: history.denied },
    identity: identityReasons(
      context.store.agentTraits(agent.sub),
      {
        model: versionOf(context.crypto, agent),
        ...{ environment: agent.environment, action: actionType(action) },
      },
      context.now(),
    ),
    chain: draft.task ? context.store.requestsOfTask(agent.sub, draft.task.id).map(({ risk }) => risk) : [],
  };
  const verdict = context.policy.evaluate(input);
  switch (verdict.kind) {
    case "allow": {
      const act = allowedAct(context, draft, input, verdict.rule);
      return paused(context.store, agent.sub, actionType(action)) ?? { kind: "allowed", rid: act.id, act };
    }
    case "refuse":
      return { kind: "refused", code: verdict.code, reason: verdict.reason };
    case "ask":
      // A supervisor may have stopped the agent while facts were gathered.
      return (
        paused(context.store, agent.sub, actionType(action)) ?? { kind: "ask", draft, agent, input, verdict, history }
      );
    default:
      return verdict satisfies never;
  }
}

/**
 * The refusal of a request for which people have been asked enough. Nobody is shown it, so somebody is told: the event
 * `over-budget` says whose budget it was.
 */
export function askedEnough(context: GatewayContext, tx: StoreTx, claims: RequestClaims): Raised | undefined {
  const over = overBudget(context, tx, claims);
  if (over === undefined) return undefined;
  const { budget, code, reason, retry_after_s } = over;
  tx.afterCommit(() => context.events.emit("over-budget", { agent: claims.agent.sub, budget, code }));
  return { kind: "refused", code, reason, retry_after_s };
}

const refused = (code: ErrorCode, reason: string = CODES[code].text): Raised => ({ kind: "refused", code, reason });

function paused(store: Pick<StoreTx, "disabledAgent" | "paused">, agent: string, action: string): Raised | undefined {
  // SECURITY: whatever the list of agents says, and whichever door it came by (protocol.md 3.14, off-boarding).
  if (store.disabledAgent(agent)) return refused("E_AGENT_UNKNOWN", "This agent was switched off here for good.");
  if (store.paused("agent").includes(agent)) return refused("E_AGENT_PAUSED");
  if (store.paused("type").includes(action)) {
    return refused("E_AGENT_PAUSED", "A supervisor has paused this kind of action.");
  }
  if (isStopped(store, agent, action)) return refused("E_AGENT_PAUSED", "Everything was stopped at this gateway.");
  return undefined;
}

function historyOf(
  { crypto, store }: GatewayContext,
  { operation }: RequestDraft,
  type: string,
  { patient }: Gathered,
): NonNullable<RequestClaims["history"]> {
  const { method, url, body } = operation;
  const operationOf = { type, method, url, body_dig: contentDigest(crypto, body) };
  return store.operationHistory(operationDigest({ crypto }, operationOf, patient));
}

/** Claims of a new revision, with what only the transaction knows: the task's earlier steps and fresh names. */
export function claimsFor(
  context: GatewayContext,
  tx: StoreTx,
  { draft, agent, input, verdict, history }: Prepared,
  name: { readonly rid: string; readonly rev: number; readonly prev?: string; readonly txn?: string },
): RequestClaims {
  const { action, gathered, initiator } = input;
  const steps = draft.task ? tx.requestsOfTask(agent.sub, draft.task.id).filter(({ rid }) => rid !== name.rid) : [];
  return buildClaims(context.crypto, {
    ...{ iss: context.iss, fhirBase: context.fhirBase, logOrigin: context.log.origin },
    ...{ draft, agent, action, gathered, initiator, verdict, history },
    ...name,
    taskPrev: steps
      .slice(-PREVIOUS_STEPS)
      .map(({ rid, state, jws }) => ({ rid, out: state, title: titleOf(claimsOf({ jws })) })),
    now: context.now(),
    txn: name.txn ?? txnOf(context, draft, steps),
    jti: context.uuid(),
    nonce: context.randomText(24),
    bindingMessage: bindingMessage(context),
  });
}

/** One `txn` for all steps of a task (RFC 8417 2.2). */
function txnOf(context: GatewayContext, { task }: RequestDraft, [first]: readonly RequestRow[]): string {
  if (first) return claimsOf(first).txn;
  return task !== undefined && UUID7.test(task.id) ? task.id : context.uuid();
}

function bindingMessage({ randomText }: GatewayContext): string {
  const letters = [...Buffer.from(randomText(6), "base64url")].map((b) => CODE_LETTERS[b % CODE_LETTERS.length]);
  return `${letters.slice(0, 3).join("")}-${letters.slice(3).join("")}`;
}

/** Policies and templates get a leaf, and their text is kept, when they are first used. */
export function publishRules(context: GatewayContext, tx: StoreTx, { policy, template }: AskVerdict): void {
  const { crypto, pen, signer, now } = context;
  const rules = [
    { t: "policy-published", kind: "policy", obj: policyDigest(crypto, policy), text: JSON.stringify(policy) },
    {
      t: "template-published",
      kind: "template",
      obj: templateDigest(crypto, template),
      text: JSON.stringify(template),
    },
  ] as const;
  for (const { t, kind, obj, text } of rules) {
    if (tx.publish(obj, kind, text, now())) pen.leaf(tx, { t, obj, kid: signer.kid });
  }
}

/**
 * As what the agent asks is kept, the first time: for the report of it, and to tell when an identity is used for more. That
 * it is, is told to whoever runs the gateway as the event `agent-identity`.
 */
export function noteAgent({ crypto, now, events }: GatewayContext, tx: StoreTx, { agent, input }: Prepared): void {
  const { sub, environment } = agent;
  tx.noteAgentTrait(sub, { kind: "model", value: versionOf(crypto, agent) }, now());
  if (environment !== undefined) tx.noteAgentTrait(sub, { kind: "environment", value: environment }, now());
  tx.noteAgentTrait(sub, { kind: "action", value: actionType(input.action) }, now());
  const { identity: reasons = [] } = input;
  if (reasons.length > 0) tx.afterCommit(() => events.emit("agent-identity", { agent: sub, reasons }));
}

const fingerprint = ({ crypto }: GatewayContext, draft: RequestDraft): string => dig(crypto, JSON.stringify(draft));

/** What makes a retry of this draft known as one. */
export function keepKey(context: GatewayContext, tx: StoreTx, draft: RequestDraft, rid: string): void {
  const { agent, idempotency_key: key } = draft;
  if (key === undefined) return;
  tx.keepIdempotencyKey(agent, key, { rid, fingerprint: fingerprint(context, draft) }, context.now());
}

/**
 * The answer to a retry with a known idempotency key.
 * @throws CountersignError `E_IDEMPOTENCY` when the key was used for another draft, or for another request than `rid`
 */
export function repeated(context: GatewayContext, draft: RequestDraft, rid?: string): Raised | undefined {
  const { idempotency_key: key } = draft;
  const known = key === undefined ? undefined : context.store.idempotent(draft.agent, key, fingerprint(context, draft));
  if (!known) return undefined;
  if (!known.isSame || known.rid !== (rid ?? known.rid)) {
    throw new CountersignError("E_IDEMPOTENCY");
  }
  const request = context.store.currentRequest(known.rid);
  return request && pendingAnswer(context, request);
}

export function pendingAnswer(
  { openClaims }: Pick<GatewayContext, "openClaims">,
  request: Pick<RequestRow, "rid" | "exp" | "dig" | "jws"> & Partial<Pick<RequestRow, "state">>,
): Raised {
  const { binding_message } = openClaims.of(request);
  const { rid, exp } = request;
  return { kind: "pending", rid, exp, ...(binding_message === undefined ? {} : { binding_message }) };
}
