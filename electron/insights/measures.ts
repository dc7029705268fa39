import { caseOfFact } from "#shared/insights/case-of-fact.ts";
import type { Case } from "#shared/insights/case.ts";
import { insightsOf } from "#shared/insights/insights.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { GatewayBody } from "#shared/protocol/messages.ts";
import type { Purpose } from "#shared/reports/filter.ts";
import { attentionGroup, insightFact } from "#shared/reports/items.ts";
import type { ReportName } from "#shared/reports/names.ts";
import { reportView } from "#shared/reports/page.ts";

import type { Link } from "../connection/link.ts";

const ANSWER_MS = 60_000;

export interface MeasuresParts {
  readonly link: Pick<Link, "call">;
  /** Whose own data may be theirs to see. */
  readonly sub: string;
  readonly zone: () => string;
}

export interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly units?: readonly string[] | undefined;
  /** Asked of who sees how others read. */
  readonly purpose?: Purpose | undefined;
}

type Page = GatewayBody<"report.page">;

/**
 * Asks one gateway for the facts of a period and of the one before it, and takes the measures of them.
 * @throws CountersignError `E_CLI_OFFLINE`, `E_CLM_SHAPE`, what the gateway refused with (`E_QUERY_BROAD`, `E_FORBIDDEN`)
 */
export async function takeMeasures(parts: MeasuresParts, { from, to, units, purpose }: Wanted): Promise<InsightsView> {
  const narrowed = units === undefined ? {} : { units };
  const now = await pagesOf(parts, "insights", { from, to, ...narrowed }, purpose);
  const before = await pagesOf(
    parts,
    "insights",
    { from: Math.max(0, from - (to - from)), to: from, ...narrowed },
    purpose,
  );
  const view = reportView.safeParse(now[0]?.["view"]).data;
  if (view === undefined) throw new CountersignError("E_CLM_SHAPE");
  const insights = insightsOf({
    cases: [...casesOf(now), ...casesOf(before)],
    groups: groupsOf(now[0]),
    period: { from, to },
    zone: parts.zone(),
    // SECURITY: README decision 12: others' attention is for the designated reviewer alone.
    mayName: (person) => view.attention || person === parts.sub,
  });
  return {
    insights,
    view: { scope: view.scope, units: view.units, attention: view.attention },
    agents: namesOf([...now, ...before]),
    me: parts.sub,
  };
}

/** Every page, in their order. */
async function pagesOf(
  { link }: MeasuresParts,
  name: ReportName,
  filter: object,
  purpose: Purpose | undefined,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let next: string | undefined;
  do {
    const why = purpose === undefined ? {} : { purpose };
    const query = { name, filter, ...why, ...(next === undefined ? {} : { page: next }) };
    const { body } = await link.call("report.query", query, "report.page", ANSWER_MS);
    if (body.name !== name) throw new CountersignError("E_CLM_SHAPE");
    pages.push(body);
    next = body.next;
  } while (next !== undefined);
  return pages;
}

/** A figure of which a part cannot be read is not shown as if it were whole. @throws CountersignError `E_CLM_SHAPE` */
function casesOf(pages: readonly Page[]): Case[] {
  return pages.flatMap(({ items }) =>
    items.flatMap((item) => {
      const fact = insightFact.safeParse(item);
      if (!fact.success) throw new CountersignError("E_CLM_SHAPE");
      return caseOfFact(fact.data) ?? [];
    }),
  );
}

function groupsOf(page: Page | undefined) {
  const groups = attentionGroup.array().safeParse(page?.["groups"] ?? []);
  if (!groups.success) throw new CountersignError("E_CLM_SHAPE");
  return groups.data;
}

/** As the registry named them when they asked; the latest name stands. */
const namesOf = (pages: readonly Page[]): Record<string, string> =>
  Object.fromEntries(
    pages
      .flatMap(({ items }) => items.flatMap((item) => insightFact.safeParse(item).data ?? []))
      .toSorted((a, b) => a.received_at - b.received_at)
      .map(({ agent, agent_name }) => [agent, agent_name]),
  );
