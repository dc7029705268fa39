import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { jcsDig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { RISKS, type PolicyClaim, type Risk } from "#shared/protocol/claims/request.ts";
import { ACR } from "#shared/protocol/names.ts";
import { DEFAULT_WINDOW_S } from "#shared/protocol/quorum/window.ts";
import type { RiskReason } from "#shared/protocol/registry.ts";
import type { Json } from "#shared/protocol/strict-json.ts";
import type { Template } from "#shared/protocol/template.ts";
import { parseScope } from "#shared/scope/smart-scope.ts";

import type { PolicyInput, PolicyPort, PolicyVerdict, ReadPolicyPort } from "../ports.ts";
import { judgeMedicine } from "./medicines.ts";
import { policyTable, type Ask, type Friction, type PolicyTable, type Rule } from "./schema.ts";
import { holdsCode, signalsOf, type Signals } from "./signals.ts";

export interface TablePolicyOptions {
  readonly crypto: Crypto;
  /** Templates that rules may name, built-in ones and the hospital's own. */
  readonly templates: readonly Template[];
}

/**
 * Policy from a table of data (README decision 15): the first rule that matches, then every raiser, then the friction of
 * the tier. Pure: the same input gives the same verdict.
 * @throws CountersignError `E_CLM_SHAPE` when the table is not valid or names a template that is not there
 */
export function tablePolicy(table: unknown, options: TablePolicyOptions): PolicyPort & ReadPolicyPort {
  const parsed = policyTable.safeParse(table);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.map(String).join(".") ?? "";
    throw new CountersignError("E_CLM_SHAPE", `The policy table is not valid: ${where} ${issue?.message ?? ""}`.trim());
  }
  const templates = new Map(options.templates.map((template) => [template.id, template]));
  const named = [...parsed.data.rules.map(({ then }) => then), parsed.data.otherwise];
  for (const then of named) {
    if (then.verdict === "ask" && !templates.has(then.template)) {
      throw new CountersignError(
        "E_CLM_SHAPE",
        `The policy table names a template that is not there: ${then.template}.`,
      );
    }
  }
  const context: Context = { table: parsed.data, templates, crypto: options.crypto };
  return {
    evaluate: (input) => evaluate(input, context),
    read: (input) => mayRead(input, parsed.data),
  };
}

interface Context {
  readonly table: PolicyTable;
  readonly templates: ReadonlyMap<string, Template>;
  readonly crypto: Crypto;
}

/** Resources by which a medicine is ordered, supplied or given. */
const MEDICINE_TYPES: ReadonlySet<string> = new Set([
  "MedicationRequest",
  "MedicationDispense",
  "MedicationAdministration",
]);

function evaluate(input: PolicyInput, context: Context): PolicyVerdict {
  const { table } = context;
  const signals = signalsOf(input, table);
  if (!input.agent.actions.includes(signals.action)) {
    return { kind: "refuse", code: "E_AGENT_ACTION", reason: `This agent is not registered for ${signals.action}.` };
  }
  const scopes = unreadableScope(input.scopes);
  if (scopes !== undefined) return { kind: "refuse", code: "E_AUZ_SCOPE", reason: scopes };

  const rule = table.rules.find((r) => matches(r, input, signals));
  const then = rule?.then ?? table.otherwise;
  if (then.verdict === "refuse") return { kind: "refuse", code: "E_POL_REFUSED", reason: then.reason };

  const reasons = new Set(signals.reasons);
  if (MEDICINE_TYPES.has(signals.type) && signals.action !== "order.discontinue") {
    const medicine = judgeMedicine(signals.after, input, table);
    if (medicine.kind === "refuse") return { kind: "refuse", code: "E_POL_REFUSED", reason: medicine.reason };
    for (const reason of medicine.reasons) reasons.add(reason);
  }
  // SECURITY: nothing that raises a risk passes without a person, whatever a rule allows (fail closed).
  if (then.verdict === "allow" && reasons.size === 0) return { kind: "allow", rule: rule?.id ?? "" };
  const asked = then.verdict === "allow" ? table.otherwise : then;
  for (const reason of asked.reasons) reasons.add(reason);
  return askVerdict({ input, signals, asked, reasons, id: rule?.id ?? "otherwise" }, context);
}

function matches({ when }: Rule, input: PolicyInput, signals: Signals): boolean {
  return (
    (when.actions?.includes(signals.action) ?? true) &&
    (when.kinds?.some((kind) => kind === signals.kind) ?? true) &&
    (when.resources?.includes(signals.type) ?? true) &&
    (when.agents?.includes(input.agent.sub) ?? true) &&
    (when.codes === undefined || holdsCode(signals.after, when.codes)) &&
    (when.repeat === undefined || isRepeat(input))
  );
}

/** Only the gateway's own checks make a repeat: found, and its directions agree with its structured dose. */
const isRepeat = ({ gathered }: PolicyInput): boolean =>
  ["repeat", "dose-text"].every((id) => gathered.checks.some((check) => check.id === id && check.result === "pass"));

/** `system/…`, `offline_access` and what does not parse are refused in task requests (protocol.md 3.9). */
function unreadableScope(scopes: readonly string[]): string | undefined {
  for (const scope of scopes) {
    try {
      parseScope(scope);
    } catch (cause) {
      if (cause instanceof CountersignError) return cause.message;
      throw cause;
    }
  }
  return undefined;
}

interface Asked {
  readonly input: PolicyInput;
  readonly signals: Signals;
  readonly asked: Ask;
  readonly reasons: ReadonlySet<RiskReason>;
  readonly id: string;
}

const rank = (risk: Risk): number => RISKS.indexOf(risk);
const highest = (risks: readonly Risk[]): Risk => RISKS[Math.max(0, ...risks.map(rank))] ?? "critical";

function askVerdict({ input, signals, asked, reasons, id }: Asked, context: Context): PolicyVerdict {
  const { table } = context;
  const own = highest([asked.risk, ...[...reasons].flatMap((reason) => table.raisers[reason] ?? [])]);
  // A task is as risky as its riskiest step (T-25): small later steps are not waved through.
  const risk = highest([own, ...(input.chain ?? [])]);
  const all = rank(risk) > rank(own) ? [...reasons, "task-chain" as const] : [...reasons];
  const friction = stricter(table.tiers[risk], asked.friction ?? {});
  const template = context.templates.get(asked.template);
  if (template === undefined) throw new CountersignError("E_DSP_TEMPLATE");
  const origin = input.initiator.kind === "human";
  return {
    kind: "ask",
    policy: policyClaim({ input, signals, asked, friction, origin, id }, context),
    risk,
    risk_reasons: all,
    reversible: asked.reversible,
    reach: signals.reach,
    template,
    ttl_s: friction.ttl_s,
    grant_ttl_s: friction.grant_ttl_max,
    origin_code: origin,
  };
}

interface Composed extends Omit<Asked, "reasons"> {
  readonly friction: Friction;
  readonly origin: boolean;
}

/** `policy` of the request, with its digest over everything else in it (protocol.md 3.5). */
function policyClaim(
  { input, signals, asked, friction, origin, id }: Composed,
  { table, crypto }: Context,
): PolicyClaim {
  // Nobody can type again what is not there.
  const isThere = { identity: input.gathered.patient !== undefined, value: signals.has_value };
  const tier = friction.reentry.filter((what) => isThere[what]);
  const reentry = [...tier, ...(origin && friction.reentry.includes("identity") ? ["origin-code" as const] : [])];
  const { agent, initiator } = input;
  const excluded = [agent.obo, agent.owner, initiator.person].filter(
    (who): who is string => who !== undefined && who !== "",
  );
  const claim = {
    id: `${table.id}:${id}`,
    ver: table.ver,
    pools: asked.pools,
    ...(asked.roles === undefined || asked.roles.length === 0 ? {} : { roles: asked.roles }),
    acr: friction.acr,
    max_auth_age: friction.max_auth_age,
    min_dwell_ms: friction.min_dwell_ms,
    ...(friction.key_storage === undefined ? {} : { key_storage: friction.key_storage }),
    quorum: quorumOf(friction),
    // SECURITY: nobody approves what they caused, protocol.md V15: requester, agent owner, the person it works for.
    sod: { exclude: [...new Set(excluded)], distinct: true as const },
    reason_on: friction.reason_on,
    offline: { approve: false },
    grant_ttl_max: friction.grant_ttl_max,
    hold_s: friction.hold_s,
    reentry,
  };
  return { ...claim, dig: jcsDig(crypto, claim satisfies Json) };
}

/** What is said of several approvers is said only where there are several. */
function quorumOf({ need, ordered, window_s, blind }: Friction) {
  if (need === 1) return { need };
  return {
    need,
    ...(ordered === true ? { ordered } : {}),
    ...(window_s === undefined ? {} : { window: window_s }),
    ...(blind === true ? { blind } : {}),
  };
}

/** A rule's own friction may only add to the tier's. */
function stricter(tier: Friction, own: NonNullable<Ask["friction"]>): Friction {
  const acr = ACR[Math.max(ACR.indexOf(tier.acr), own.acr === undefined ? 0 : ACR.indexOf(own.acr))] ?? tier.acr;
  const keys =
    tier.key_storage === undefined || own.key_storage === undefined
      ? (tier.key_storage ?? own.key_storage)
      : tier.key_storage.filter((k) => own.key_storage?.includes(k));
  return {
    acr,
    max_auth_age: Math.min(tier.max_auth_age, own.max_auth_age ?? tier.max_auth_age),
    min_dwell_ms: Math.max(tier.min_dwell_ms, own.min_dwell_ms ?? 0),
    hold_s: Math.max(tier.hold_s, own.hold_s ?? 0),
    need: Math.max(tier.need, own.need ?? 1),
    ...(tier.blind === true || own.blind === true ? { blind: true } : {}),
    ...(tier.ordered === true || own.ordered === true ? { ordered: true } : {}),
    ...windowOf(tier, own),
    reentry: [...new Set([...tier.reentry, ...(own.reentry ?? [])])],
    reason_on: [...new Set([...tier.reason_on, ...(own.reason_on ?? [])])],
    grant_ttl_max: Math.min(tier.grant_ttl_max, own.grant_ttl_max ?? tier.grant_ttl_max),
    ttl_s: Math.min(tier.ttl_s, own.ttl_s ?? tier.ttl_s),
    ...(keys === undefined ? {} : { key_storage: keys }),
  };
}

/** A tier that names no window has the protocol's: a rule cannot make that longer. */
function windowOf(
  { window_s: tier }: Pick<Friction, "window_s">,
  { window_s: own }: NonNullable<Ask["friction"]>,
): Pick<Friction, "window_s"> {
  if (own === undefined) return tier === undefined ? {} : { window_s: tier };
  return { window_s: Math.min(own, tier ?? DEFAULT_WINDOW_S) };
}

/** A read an agent may make by itself: a listed type, about one patient. Anything else is refused, never asked. */
function mayRead(input: Parameters<ReadPolicyPort["read"]>[0], table: PolicyTable): ReturnType<ReadPolicyPort["read"]> {
  const listed = table.reads.some(
    (rule) => rule.resources.includes(input.type) && (rule.agents?.includes(input.agent.sub) ?? true),
  );
  return listed
    ? { kind: "allow", rule: "reads" }
    : { kind: "refuse", code: "E_POL_REFUSED", reason: `Policy lets this agent read no ${input.type} by itself.` };
}
