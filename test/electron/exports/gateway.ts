import type { Link } from "../../../electron/connection/link.ts";
import { trustGateway } from "../../../electron/connection/trusted-gateway.ts";
import type { ExportingParts } from "../../../electron/exports/exporting.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import { crypto, DIR, directory, T0 } from "../../shared/protocol/fixture/hospital.ts";
import { executed } from "../../shared/protocol/fixture/item.ts";
import type { ReadDetail } from "#shared/export/evidence/files.ts";

export const EXPORT = "019f0000-0000-7000-8000-0000000000ee";
export const PINNED = { iss: DIR, key: crypto.importKey(directory.jwk) };

interface Query {
  readonly name: string;
  readonly filter: Record<string, unknown>;
  readonly page?: string;
}

/** A gateway that answers reports from a list of pages, and writes down what it was asked. */
export function exportGateway(
  pages: readonly (readonly object[])[],
  refuse: (query: Query) => ErrorCode | undefined = () => undefined,
) {
  const asked: Query[] = [];
  const [credential = ""] = executed().pins.gateways;
  const gateway = trustGateway(crypto, credential, PINNED, T0);
  const rows = pages.reduce((sum, page) => sum + page.length, 0);
  const view = { scope: "all", units: [], clinical: true, attention: true };
  const answer = (query: Query): object => {
    if (query.name === "history") {
      const at = Number(query.page ?? 0);
      return { items: pages[at] ?? [], view, ...(at + 1 < pages.length ? { next: String(at + 1) } : {}) };
    }
    if (query.name === "history-detail") {
      return { view, items: pages.flat().filter((item) => (item as HistoryItem).rid === query.filter["rid"]) };
    }
    const item = {
      export: EXPORT,
      by: "urn:p1",
      at: T0,
      format: "csv",
      identifiers: true,
      purpose: { code: "HQUALIMP" },
    };
    return { view, items: [{ ...item, record: `sha-256:${"A".repeat(43)}`, index: 7, announced_rows: rows }] };
  };
  const link = {
    gateway,
    async call(_type: string, body: unknown) {
      const query = body as Query;
      asked.push(query);
      const code = refuse(query);
      if (code !== undefined) throw new CountersignError(code);
      await Promise.resolve();
      return { type: "report.page", body: { name: query.name, ...answer(query) } };
    },
  } as unknown as Pick<Link, "call" | "gateway">;
  return { link, asked };
}

/** Verdicts that were made when the rows were. */
export const checkAs =
  (reads: readonly ReadDetail[]): ExportingParts["check"] =>
  (items) =>
    Promise.resolve(items.map((item): ItemVerdict => reads.find((read) => read.item.rid === item.rid)!.verdict));

export const partsOf = (link: ExportingParts["link"], check: ExportingParts["check"]): ExportingParts => ({
  ...{ crypto, link, directory: PINNED, gatewayName: "Northgate Hospital", sub: "urn:p1" },
  ...{ nowS: () => T0 + 7200, zone: () => "Europe/London", check },
});
