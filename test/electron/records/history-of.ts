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
  /** Rows that a message has room for. */
  room: number;
  /** Queries that are answered at all. */
  answers: number;
  /** Queries as they came. */
  readonly queries: Readonly<Record<string, unknown>>[];
} {
  const how: { tamper: Tamper; room: number; answers: number; queries: Readonly<Record<string, unknown>>[] } = {
    ...{ tamper: () => undefined, room: Infinity, answers: Infinity, queries: [] },
  };
  const { judge, gateway } = t;
  gateway.on("report.query", ({ body, id, peer }) => {
    how.queries.push(body);
    if (how.queries.length > how.answers) {
      peer.send("error", { code: "E_RATE", title: "later", retry: "later" }, { re: id });
      return;
    }
    if (body["purpose"] === undefined) {
      peer.send("error", { code: "E_QUERY_PURPOSE", title: "why", retry: "never" }, { re: id });
      return;
    }
    const all = [...judge.requests.values()].reverse().map((request) => itemOf(t, request));
    how.tamper(all);
    const shown =
      body["name"] === "history"
        ? all
        : all
            .filter(({ rid }) => rid === (body["filter"] as { rid: string }).rid)
            .map((item) => ({
              ...item,
              gateway: gateway.hospital.credential,
              vkey: gateway.hospital.vkey,
              template: BUILTIN_TEMPLATES.medicationOrder,
            }));
    const from = Number(body["page"] ?? 0);
    const to = Math.min(from + how.room, shown.length, from + Number(body["limit"] ?? Infinity));
    const next = to < shown.length ? { next: String(to) } : {};
    const total = body["page"] === undefined ? { total: shown.length } : {};
    const seen = { scope: "units", units: ["ward-4b"], clinical: true, attention: false, ...view };
    const items = shown.slice(from, to);
    peer.send("report.page", { name: body["name"], items, view: seen, ...total, ...next }, { re: id });
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
