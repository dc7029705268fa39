import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { RiskReason } from "#shared/protocol/registry.ts";
import type { Template } from "#shared/protocol/template.ts";

import type { PolicyInput, PolicyPort, PolicyVerdict, ReadPolicyPort } from "../ports.ts";
import { policyClaimOf } from "./claim.ts";
import { highest, rank, stricter } from "./friction.ts";
import { isMedicine, judgeMedicine } from "./medicines.ts";
import { unreadableScope } from "./scopes.ts";
import { policyTable, type Ask, type PolicyTable, type Rule } from "./schema.ts";
import { holdsCode, isRepeat, signalsOf, type Signals } from "./signals.ts";

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
  if (isMedicine(signals.type) && signals.action !== "order.discontinue") {
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
    (when.kinds?.includes(signals.kind) ?? true) &&
    (when.resources?.includes(signals.type) ?? true) &&
    (when.agents?.includes(input.agent.sub) ?? true) &&
    (when.codes === undefined || holdsCode(signals.after, when.codes)) &&
    (when.repeat === undefined || isRepeat(input))
  );
}

interface Asked {
  readonly input: PolicyInput;
  readonly signals: Signals;
  readonly asked: Ask;
  readonly reasons: ReadonlySet<RiskReason>;
  readonly id: string;
}

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
    policy: policyClaimOf(context.crypto, input, {
      ...{ id: `${table.id}:${id}`, ver: table.ver, pools: asked.pools, roles: asked.roles },
      ...{ friction, hasValue: signals.has_value },
    }),
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

/** A read an agent may make by itself: a listed type, about one patient. Anything else is refused, never asked. */
function mayRead(input: Parameters<ReadPolicyPort["read"]>[0], table: PolicyTable): ReturnType<ReadPolicyPort["read"]> {
  const listed = table.reads.some(
    (rule) => rule.resources.includes(input.type) && (rule.agents?.includes(input.agent.sub) ?? true),
  );
  return listed
    ? { kind: "allow", rule: "reads" }
    : { kind: "refuse", code: "E_POL_REFUSED", reason: `Policy lets this agent read no ${input.type} by itself.` };
}
