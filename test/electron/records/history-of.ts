import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import type { Arranged } from "../requests/arrange-desk.ts";

/** What a test does to a row before the gateway sends it. */
export type Tamper = (items: HistoryItem[]) => void;

/** Has the judge answer reports from what it issued and judged, newest first; `tamper` changes each page before it leaves. */
export function answerReports(
  t: Arranged,
  view: Partial<Record<string, unknown>> = {},
): {
  tamper: Tamper;
  /** Queries as they came. */
  readonly queries: Readonly<Record<string, unknown>>[];
} {
  const how: { tamper: Tamper; queries: Readonly<Record<string, unknown>>[] } = {
    tamper: () => undefined,
    queries: [],
  };
  const { judge, gateway } = t;
  gateway.on("report.query", ({ body, id, peer }) => {
    how.queries.push(body);
    if (body["purpose"] === undefined) {
      peer.send("error", { code: "E_QUERY_PURPOSE", title: "why", retry: "never" }, { re: id });
      return;
    }
    const items = [...judge.requests.values()].reverse().map((request) => itemOf(t, request));
    how.tamper(items);
    const shown =
      body["name"] === "history"
        ? items
        : items
            .filter(({ rid }) => rid === (body["filter"] as { rid: string }).rid)
            .map((item) => ({
              ...item,
              gateway: gateway.hospital.credential,
              vkey: gateway.hospital.vkey,
              template: BUILTIN_TEMPLATES.medicationOrder,
            }));
    const seen = { scope: "units", units: ["ward-4b"], clinical: true, attention: false, ...view };
    peer.send("report.page", { name: body["name"], items: shown, view: seen, total: shown.length }, { re: id });
  });
  return how;
}

function itemOf(
  { judge, gateway }: Arranged,
  request: { jws: string; digest: string; claims: { rid: string; rev: number }; state: HistoryItem["state"] },
): HistoryItem {
  const { rid, rev } = request.claims;
  const made = judge.recorded.filter((one) => one.rid === rid);
  const places = [request.digest, ...made.map(({ dig }) => dig)].map((obj) =>
    judge.log.proof(judge.log.entries.findIndex((entry) => entry.includes(`"obj":"${obj}"`))),
  );
  const answer = (dig: string) => [...judge.answers.values()].find((one) => one.dig === dig)?.receipt ?? "";
  const cred = String(gateway.received.all.findLast((m) => m.type === "auth")!.body["cred"]);
  return {
    rid,
    rev,
    request: request.jws,
    state: request.state,
    decisions: made.map(({ jws }) => jws),
    receipts: made.map(({ dig }) => answer(dig)),
    sets: [],
    credentials: made.length === 0 ? [] : [cred],
    proofs: places.map(({ proof }) => proof),
    entries: places.map(({ entry }) => entry),
    attention: true,
    statements: [],
  };
}
