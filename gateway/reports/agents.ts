import { ACTION_TYPES, actionType } from "#shared/protocol/names.ts";
import type { AgentItem, StopItem } from "#shared/reports/items.ts";
import type { ReportPageOf } from "#shared/reports/page.ts";
import type { ReportQueryOf } from "#shared/reports/query.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import { EVERYTHING } from "../requests/stop-agent.ts";
import type { AnsweredStatement, PauseRow } from "../store/rows.ts";
import type { StoreTx } from "../store/store.ts";
import { mustReview } from "./allowed.ts";
import { hasOwnText, statementEvidence } from "./item.ts";
import { fillPage } from "./page.ts";
import { pageMarks } from "./page-mark.ts";
import type { Rights } from "./rights.ts";

/** Newest requests of an agent that its counts are of. */
const COUNTED = 5000;
/** Newest reports of an agent that come along. */
const REPORTS = 10;

/**
 * `agents`: who is stopped, by whose statement, and what was said about them; then the types that are stopped. Nothing of a
 * patient, so no purpose. Whether everything is stopped is told to everybody: it is why nothing comes.
 * @throws CountersignError `E_FORBIDDEN` for anything else and whoever has none of the roles
 */
export function agentsReport(
  context: GatewayContext,
  tx: StoreTx,
  { rights, session }: { readonly session: Session; readonly rights: Rights },
  { name, filter, page }: ReportQueryOf<"agents">,
): ReportPageOf<"agents"> {
  if ("everything" in filter) {
    const pause = tx.pauses("type").find(({ id }) => id === EVERYTHING);
    const item = itemFor(context, tx, rights, { kind: "type", type: EVERYTHING, pause });
    return { name, view: rights.view, items: [item], total: 1 };
  }
  mustReview(rights);
  const marks = pageMarks(tx.reportKey(), context.now, [session.sub, name, filter]);
  const begin = page === undefined ? 0 : marks.read(page).n;
  const subjects = subjectsOf(context, tx, filter);
  const { items, isWhole } = fillPage(subjects.slice(begin), (subject) => itemFor(context, tx, rights, subject));
  return {
    ...{ name, view: rights.view, items: [...items], total: subjects.length },
    ...(isWhole ? {} : { next: marks.make({ key: 0, n: begin + items.length }) }),
  };
}

type Subject =
  | { readonly kind: "agent"; readonly agent: string; readonly name: string; readonly pause: PauseRow | undefined }
  | { readonly kind: "type"; readonly type: string; readonly pause: PauseRow | undefined };

function subjectsOf(
  context: GatewayContext,
  tx: StoreTx,
  { agents, stopped }: Exclude<ReportQueryOf<"agents">["filter"], { everything: true }>,
): Subject[] {
  const [pausedAgents, pausedTypes] = (["agent", "type"] as const).map(
    (kind) => new Map(tx.pauses(kind).map((pause) => [pause.id, pause])),
  );
  const names = new Map(tx.reportAgents().map(({ agent, name }) => [agent, name]));
  for (const { sub, name } of context.agents) names.set(sub, name);
  const isWanted = (isStopped: boolean): boolean => stopped === undefined || stopped === isStopped;
  const all = [...names]
    .filter(([agent]) => agents === undefined || agents.includes(agent))
    .map(([agent, name]): Subject => ({ kind: "agent", agent, name, pause: pausedAgents?.get(agent) }))
    .filter((s) => s.kind === "agent" && isWanted(s.pause !== undefined || tx.disabledAgent(s.agent) !== undefined));
  if (agents !== undefined) return all;
  const types = ACTION_TYPES.map(actionType)
    .map((type): Subject => ({ kind: "type", type, pause: pausedTypes?.get(type) ?? pausedTypes?.get(EVERYTHING) }))
    .filter(({ pause }) => isWanted(pause !== undefined));
  return [...all, ...types];
}

function itemFor(context: GatewayContext, tx: StoreTx, rights: Rights, subject: Subject): AgentItem {
  const paused = subject.pause && { paused: stopOf(context, tx, rights, subject.pause) };
  if (subject.kind === "type") return { kind: "type", type: subject.type, ...paused };
  const { agent, name } = subject;
  const registered = context.agent(agent);
  const { states, openReviews, ...times } = tx.agentCounts(agent, rights.asker, COUNTED);
  const disabled = tx.disabledAgent(agent);
  const reports = tx.statementsAbout(agent, ["report-agent"], REPORTS);
  const told = reports.filter((said) => mayReadReport(context, rights, said));
  return {
    ...{ kind: "agent", agent, name },
    ...(registered === undefined ? {} : { model: registered.model, owner: registered.owner }),
    ...paused,
    ...(disabled === undefined ? {} : { disabled_at: disabled.at }),
    ...times,
    reports: told.map((said) => statementEvidence(context, said)),
    ...(told.length === reports.length ? {} : { reports_withheld: reports.length - told.length }),
    states: { ...states },
    open_reviews: openReviews,
  };
}

function stopOf(context: GatewayContext, tx: StoreTx, rights: Rights, { at, statement }: PauseRow): StopItem {
  const said = statement === undefined ? undefined : tx.statement(statement);
  if (said === undefined) return { at };
  const evidence = statementEvidence(context, said);
  if (mayReadStop(rights, said)) return { at, by: said.sub, evidence };
  const { statement: _, ...answer } = evidence;
  return { at, by: said.sub, answer };
}

/**
 * SECURITY: why somebody stopped something, in their own words, may be about a patient or a colleague. Who may resume it needs
 * them to decide that; everybody else needs that it is stopped, and by whom (protocol.md 3.20.2).
 */
const mayReadStop = ({ roles, asker }: Rights, said: AnsweredStatement): boolean =>
  roles.has("supervisor") || said.sub === asker.sub || !hasOwnText(said);

/** SECURITY: what was reported may be about a patient of the unit: its words are for those who review that unit. */
function mayReadReport({ people }: GatewayContext, { asker }: Rights, said: AnsweredStatement): boolean {
  if (said.sub === asker.sub || !hasOwnText(said)) return true;
  return people.entry(said.kid)?.pools.some((pool) => asker.units.includes(pool)) === true;
}
