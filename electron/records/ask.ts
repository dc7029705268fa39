import { CountersignError } from "#shared/protocol/error.ts";
import type { GatewayBody } from "#shared/protocol/messages.ts";
import { askedPage, type AskedPage } from "#shared/reports/asked-page.ts";
import { historyFilter, type HistoryFilter, type Purpose } from "#shared/reports/filter.ts";
import { agentItem, type AgentItem } from "#shared/reports/items.ts";

import type { Link } from "../connection/link.ts";

const ANSWER_MS = 30_000;
/** As many as a grid shows at once, and few enough that the first is there before somebody wonders. */
const PAGE_ROWS = 50;
/** A message has room for some twelve rows with all that was signed about them. */
const MOST_MESSAGES = 8;

export interface RecordsQuery {
  readonly filter: HistoryFilter;
  readonly order: "newest" | "oldest";
  readonly page?: string | undefined;
}

/** The reports of one gateway (protocol.md 3.20.2). @throws CountersignError `E_CLI_OFFLINE`, `E_CLM_SHAPE`, what it refused with */
export function makeAsking(link: Pick<Link, "call">) {
  async function report(
    body: Readonly<Record<string, unknown>> & { readonly name: string },
  ): Promise<GatewayBody<"report.page">> {
    const answer = await link.call("report.query", body, "report.page", ANSWER_MS);
    if (answer.body.name !== body.name) throw new CountersignError("E_CLM_SHAPE");
    return answer.body;
  }
  const page = (body: unknown): AskedPage => {
    const parsed = askedPage.safeParse(body);
    if (!parsed.success) throw new CountersignError("E_CLM_SHAPE");
    return parsed.data;
  };
  const purposed = (purpose: Purpose | undefined): { purpose?: Purpose } => (purpose === undefined ? {} : { purpose });
  return {
    /** A page of the grid, from as many messages as it takes; where one of them fails, what came before it. */
    async history({ filter, order, page: mark }: RecordsQuery, purpose: Purpose | undefined): Promise<AskedPage> {
      const asked = { filter: historyFilter.parse(filter), sort: { by: "received", order }, ...purposed(purpose) };
      const message = async (next: string | undefined, limit: number): Promise<AskedPage> =>
        page(await report({ name: "history", ...asked, limit, ...(next === undefined ? {} : { page: next }) }));
      const first = await message(mark, PAGE_ROWS);
      const items = [...first.items];
      let { next } = first;
      try {
        for (let i = 1; i < MOST_MESSAGES && next !== undefined && items.length < PAGE_ROWS; i++) {
          const more: AskedPage = await message(next, PAGE_ROWS - items.length);
          items.push(...more.items);
          next = more.next;
        }
      } catch (error) {
        if (!(error instanceof CountersignError)) throw error;
      }
      const { next: _, ...rest } = first;
      return { ...rest, items, ...(next === undefined ? {} : { next }) };
    },
    async detail(rid: string, purpose: Purpose | undefined): Promise<AskedPage> {
      return page(await report({ name: "history-detail", filter: { rid }, ...purposed(purpose) }));
    },
    async agent(sub: string): Promise<Extract<AgentItem, { kind: "agent" }>> {
      const { items } = await report({ name: "agents", filter: { agents: [sub] } });
      const found = items.map((item) => agentItem.safeParse(item).data).find((item) => item?.kind === "agent");
      if (found?.kind !== "agent" || found.agent !== sub) throw new CountersignError("E_CLI_NOT_FOUND");
      return found;
    },
  };
}
