import { CountersignError } from "#shared/protocol/error.ts";
import type { GatewayBody } from "#shared/protocol/messages.ts";
import { askedPage, type AskedPage } from "#shared/reports/asked-page.ts";
import { historyFilter, type HistoryFilter, type Purpose } from "#shared/reports/filter.ts";
import { agentItem, type AgentItem } from "#shared/reports/items.ts";

import type { Link } from "../connection/link.ts";

const ANSWER_MS = 30_000;
/** As many as a grid shows at once, and few enough that the first is there before somebody wonders. */
const PAGE_ROWS = 50;

export interface RecordsQuery {
  readonly filter: HistoryFilter;
  readonly order: "newest" | "oldest";
  readonly page?: string | undefined;
}

/** The reports of one gateway (protocol.md 3.20.2). @throws CountersignError `E_CLI_OFFLINE`, `E_CLM_SHAPE`, what it refused with */
export function makeAsking(link: Pick<Link, "call">) {
  async function report(body: {
    readonly name: string;
    readonly filter: unknown;
  }): Promise<GatewayBody<"report.page">> {
    const answer = await link.call("report.query", body, "report.page", ANSWER_MS);
    if (answer.body.name !== body.name) throw new CountersignError("E_CLM_SHAPE");
    return answer.body;
  }
  const page = (body: unknown): AskedPage => {
    const parsed = askedPage.safeParse(body);
    if (!parsed.success) throw new CountersignError("E_CLM_SHAPE");
    return parsed.data;
  };
  return {
    async history({ filter, order, page: next }: RecordsQuery, purpose: Purpose | undefined): Promise<AskedPage> {
      const query = {
        ...{ name: "history", filter: historyFilter.parse(filter), sort: { by: "received", order }, limit: PAGE_ROWS },
        ...(next === undefined ? {} : { page: next }),
        ...(purpose === undefined ? {} : { purpose }),
      };
      return page(await report(query));
    },
    async detail(rid: string, purpose: Purpose | undefined): Promise<AskedPage> {
      const query = { name: "history-detail", filter: { rid }, ...(purpose === undefined ? {} : { purpose }) };
      return page(await report(query));
    },
    async agent(sub: string): Promise<Extract<AgentItem, { kind: "agent" }>> {
      const { items } = await report({ name: "agents", filter: { agents: [sub] } });
      const found = items.map((item) => agentItem.safeParse(item).data).find((item) => item?.kind === "agent");
      if (found?.kind !== "agent" || found.agent !== sub) throw new CountersignError("E_CLI_NOT_FOUND");
      return found;
    },
  };
}
