import type { ReportPage } from "#shared/reports/page.ts";
import { parseReportQuery } from "#shared/reports/query.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import { agentsReport } from "./agents.ts";
import { detailReport } from "./detail.ts";
import { exportsReport } from "./exports.ts";
import { historyReport } from "./history.ts";
import { insightsReport } from "./insights.ts";
import { rightsOf } from "./rights.ts";

/**
 * Answers a `report.query` (protocol.md 3.20.2). What is read and that it was read are one transaction: without the leaf
 * there is no answer.
 * @throws ReportError with the place of what is wrong with the query; CountersignError `E_FORBIDDEN`, `E_REQ_UNKNOWN`
 */
export function answerReport(
  context: GatewayContext,
  session: Session,
  body: Readonly<Record<string, unknown>>,
): ReportPage {
  const rights = rightsOf(context, session);
  const query = parseReportQuery(body);
  const asking = { session, rights };
  return context.store.write((tx) => {
    switch (query.name) {
      case "history":
        return historyReport(context, tx, asking, query);
      case "history-detail":
        return detailReport(context, tx, asking, query);
      case "insights":
        return insightsReport(context, tx, asking, query);
      case "agents":
        return agentsReport(context, tx, asking, query);
      case "exports":
        return exportsReport(context, tx, asking, query);
      default:
        return query satisfies never;
    }
  });
}
