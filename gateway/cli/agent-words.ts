import type { AgentLine, AgentReport, DisabledAgent } from "../agents/roster.ts";

/** What a person reads of agents at a terminal: ids, codes and numbers, nothing of a patient. */

const time = (at: number): string => new Date(at * 1000).toISOString().replace(".000Z", "Z");

const counts = (of: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(of)
    .map(([name, count]) => `${String(count ?? 0)} ${name}`)
    .join(", ") || "none";

export function lineWords({ agent, registered, disabled_at, paused }: AgentLine): string {
  const standing = disabled_at === undefined ? (paused ? "paused" : "served") : `switched off ${time(disabled_at)}`;
  const where = registered === undefined ? "not in the list of agents" : `${registered.model}, ${registered.owner}`;
  return `${agent}: ${registered === undefined && disabled_at === undefined ? "not served" : standing} (${where})`;
}

export function reportWords(report: AgentReport): readonly string[] {
  const { requests, actions, executions, tokens, first_at, last_at, models, environments } = report;
  return [
    lineWords(report),
    ...(report.disabled_for === undefined ? [] : [`  because: ${report.disabled_for} (${report.disabled_by ?? ""})`]),
    `  requests:     ${counts(requests)}; with revisions ${String(report.revisions)}`,
    `  actions:      ${counts(actions)}`,
    `  executions:   ${counts(executions)}`,
    `  tokens:       ${counts(tokens)}`,
    `  from, to:     ${first_at === undefined ? "never asked" : `${time(first_at)}, ${time(last_at ?? first_at)}`}`,
    `  models:       ${models.map(({ value, first_at: at }) => `${value} (${time(at)})`).join(", ") || "none"}`,
    `  environments: ${environments.map(({ value, first_at: at }) => `${value} (${time(at)})`).join(", ") || "not said"}`,
  ];
}

export function disabledWords(one: DisabledAgent): readonly string[] {
  const did = one.already ? "was switched off before" : "is switched off: its keys are refused from now on";
  const { withdrawn, revoked, tokens } = one;
  return [
    `${one.agent} ${did}.`,
    `  withdrawn ${String(withdrawn.length)}, approvals revoked ${String(revoked.length)}, tokens revoked ${String(tokens.length)}`,
    ...reportWords(one.report).slice(1),
  ];
}
