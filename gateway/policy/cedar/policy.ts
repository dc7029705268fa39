import * as cedar from "@cedar-policy/cedar-wasm/nodejs";

import type { Crypto } from "#shared/protocol/crypto-port.ts";

import type { PolicyInput, PolicyPort, PolicyVerdict, ReadInput, ReadPolicyPort } from "../../ports.ts";
import { unreadableScope } from "../scopes.ts";
import { signalsOf } from "../signals.ts";
import { composed, counting, refused } from "./compose.ts";
import { loadPolicies, type LoadedPolicies, type LoadOptions, type PolicyFiles } from "./load.ts";
import type { PolicyPart } from "./parts.ts";
import { changeQuestion, readQuestion, type Question } from "./question.ts";

/** A verdict and the policies that made it. */
export interface Explained<V extends PolicyVerdict = PolicyVerdict> {
  readonly verdict: V;
  /** Every policy that was satisfied and counted, by id. */
  readonly policies: readonly PolicyPart[];
  /** What Cedar was asked; absent where it was not asked at all. */
  readonly question?: Question;
}

export type CedarPolicy = PolicyPort &
  ReadPolicyPort & {
    readonly set: LoadedPolicies;
    /** @throws as {@link PolicyPort.evaluate} */
    explain(input: PolicyInput): Explained;
    explainRead(input: ReadInput): Explained<ReturnType<ReadPolicyPort["read"]>>;
  };

/**
 * Policy from a set of Cedar policies (README decision 15, docs/decisions/0011). Pure: the same input gives the same
 * verdict.
 * @throws CountersignError `E_POL_SET` naming file, line and what to do
 */
export function cedarPolicy(files: PolicyFiles, options: LoadOptions): CedarPolicy {
  const set = loadPolicies(files, options);
  const explain = (input: PolicyInput): Explained => explainChange(input, set, options.crypto);
  const explainRead = (input: ReadInput) => explainReading(input, set);
  return {
    ...{ set, explain, explainRead, budgets: set.manifest.budgets },
    evaluate: (input) => explain(input).verdict,
    read: (input) => explainRead(input).verdict,
  };
}

function explainChange(input: PolicyInput, set: LoadedPolicies, crypto: Crypto): Explained {
  const signals = signalsOf(input, set.manifest);
  const unasked = (verdict: PolicyVerdict): Explained => ({ verdict, policies: [] });
  if (!input.agent.actions.includes(signals.action)) {
    return unasked({
      kind: "refuse",
      code: "E_AGENT_ACTION",
      reason: `This agent is not registered for ${signals.action}.`,
    });
  }
  const scopes = unreadableScope(input.scopes);
  if (scopes !== undefined) return unasked({ kind: "refuse", code: "E_AUZ_SCOPE", reason: scopes });
  const question = changeQuestion(input, signals, set.manifest);
  const answer = answered(question, set);
  if (answer.kind === "refuse") return { verdict: refused(answer.reason), policies: answer.policies, question };
  const { policies } = answer;
  const verdict = composed(policies, input, signals, set, crypto);
  return { verdict, policies: counting(policies, verdict), question };
}

function explainReading(input: ReadInput, set: LoadedPolicies): Explained<ReturnType<ReadPolicyPort["read"]>> {
  const question = readQuestion(input);
  const { kind, policies, ...more } = answered(question, set);
  if (kind === "refuse" && policies.length > 0 && "reason" in more)
    return { verdict: refused(more.reason), policies, question };
  const [first] = policies;
  // A read is allowed or refused: whatever asks or raises is a no.
  const isAllowed =
    kind === "satisfied" && first !== undefined && policies.every((one) => one.obligation.verdict === "allow");
  if (isAllowed) return { verdict: { kind: "allow", rule: first.id }, policies, question };
  return { verdict: refused(`Policy lets this agent read no ${input.type} by itself.`), policies, question };
}

type Answer =
  | { readonly kind: "satisfied"; readonly policies: readonly PolicyPart[] }
  | { readonly kind: "refuse"; readonly reason: string; readonly policies: readonly PolicyPart[] };

/** SECURITY: a forbid wins; an evaluation that fails, for whatever reason, refuses and never allows (fail closed). */
function answered(question: Question, { parts, parsed }: LoadedPolicies): Answer {
  let answer: cedar.AuthorizationAnswer;
  try {
    answer = cedar.statefulIsAuthorized({
      ...question,
      preparsedSchemaName: parsed.schema,
      preparsedPolicySetId: parsed.policies,
      validateRequest: true,
    });
  } catch {
    return { kind: "refuse", reason: "Policy could not be asked.", policies: [] };
  }
  if (answer.type === "failure") {
    return {
      kind: "refuse",
      reason: "Policy does not know this kind of action, or lacks something it needs to judge it.",
      policies: [],
    };
  }
  const { decision, diagnostics } = answer.response;
  const named = (ids: readonly string[]): readonly PolicyPart[] => [...ids].sort().flatMap((id) => parts.get(id) ?? []);
  if (diagnostics.errors.length > 0) {
    const broken = named(diagnostics.errors.map(({ policyId }) => policyId));
    return {
      kind: "refuse",
      reason: `Policy ${broken.map(({ id }) => id).join(", ")} cannot judge this.`,
      policies: broken,
    };
  }
  const policies = named(diagnostics.reason);
  if (decision === "allow" && policies.length > 0) return { kind: "satisfied", policies };
  const says = policies.map((part) => part.says).join(" ");
  return {
    kind: "refuse",
    reason: says === "" ? "No policy allows this, or says who could approve it." : says,
    policies,
  };
}
