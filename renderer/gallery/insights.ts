import type { Case } from "#shared/insights/case.ts";
import { insightsOf } from "#shared/insights/insights.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";
import type { Reply } from "#shared/ipc/contract.ts";
import { sentenceOf, type ErrorCode } from "#shared/protocol/registry.ts";

import { makeGateway, makeSnapshot } from "../bridge/fake/snapshot.ts";
import { fakeUuid } from "../bridge/fake/digest.ts";
import { OKAFOR } from "../bridge/fake/people.ts";
import { NOW } from "../bridge/fake/time.ts";
import { REVIEWS } from "./requests.ts";
import { HALTED } from "./stopped.ts";
import type { GalleryState } from "./state.ts";

const DAY = 86_400;
const ZONE = "Europe/London";
const AGENTS = ["spiffe://example/agents/medrec-2", "spiffe://example/agents/notetidy"] as const;
const ACTION = "urn:countersign:action:";
const TYPES = ["order.create", "record.update", "referral.create"] as const;
const REASONS = ["wrong-drug-or-dose", "not-needed", "stale-record", "wrong-drug-or-dose", "outside-scope"];
const OVERRIDES = ["will-monitor", "tolerated-before", "will-monitor", "record-is-wrong"];
/** Requests in each hour of a day, as a ward asks. */
const BY_HOUR = [1, 0, 1, 0, 0, 1, 2, 4, 7, 9, 8, 7, 5, 6, 6, 5, 4, 3, 2, 2, 2, 1, 1, 1];
const HOURS = BY_HOUR.flatMap((count, hour) => Array.from({ length: count }, () => hour));

/** The same numbers each time: what looks random is the remainder of a product. */
const draw = (i: number, of: number): number => ((i * 2_654_435_761) >>> 7) % of;

const FROM = NOW - 91 * DAY;

function oneCase(i: number, isNamed: boolean): Case {
  const day = Math.floor(i / 13);
  const asked_at = NOW - 182 * DAY + day * DAY + (HOURS[draw(i, HOURS.length)] ?? 0) * 3600 - (NOW % DAY);
  const agent = AGENTS[i % 3 === 0 ? 1 : 0];
  const type = TYPES[draw(i, 10) < 6 ? 0 : draw(i, 10) < 9 ? 1 : 2];
  const isNew = agent === AGENTS[0] && asked_at > NOW - 13 * DAY;
  const isDenied = draw(i + 5, 100) < (isNew ? 34 : 9);
  const outcome = isDenied
    ? "denied"
    : draw(i + 9, 100) < 6
      ? "expired"
      : draw(i + 3, 100) < 4
        ? "withdrawn"
        : "approved";
  const decided_at = asked_at + 40 + draw(i, 900) * (draw(i, 7) === 0 ? 6 : 1);
  const words = 24 + draw(i, 60);
  const isBrief = draw(i + 1, 100) < (type === "record.update" ? 28 : 4);
  const active_ms = isBrief ? 1500 : 4000 + words * 260;
  const isDecided = outcome === "approved" || outcome === "denied";
  const person = i % 4 === 0 ? OKAFOR.sub : "https://directory.example/approvers/lee";
  return {
    ...{ id: fakeUuid(i), type: `${ACTION}${type}`, agent },
    model: isNew ? "4.1" : "4.0",
    tier: type === "order.create" ? 2 : 1,
    pool: "ward-4b",
    ...{ asked_at, due_at: asked_at + 3600, outcome },
    ...(outcome === "approved" && draw(i, 90) === 0 ? { after: "revoked" as const } : {}),
    ...(isDecided ? { first_open: asked_at + 15, decided_at } : {}),
    decisions: isNamed && isDecided ? [{ person, kind: isDenied ? "deny" : "approve", at: decided_at, active_ms }] : [],
    reasons: isDenied ? [REASONS[draw(i, REASONS.length)] ?? "other"] : [],
    overrides: outcome === "approved" && draw(i, 12) === 0 ? [OVERRIDES[draw(i, OVERRIDES.length)] ?? "other"] : [],
    conflict: draw(i + 2, 100) < 7,
    changed: draw(i + 4, 100) < 5,
    claim_characters: 180 + draw(i, 240),
    reading: { words, changed_fields: type === "record.update" ? 3 : 0, conflicts: 0 },
    denied_before: draw(i, 30) === 0 ? 1 : 0,
  };
}

const groups = [
  {
    ...{ agent: AGENTS[0], type: `${ACTION}order.create`, n: 412, below_expected: 14, unseen_fields: 0 },
    ...{ active_ms: { p20: 9000, p50: 16_000, p80: 24_000 }, expected_ms: { p50: 15_000 } },
  },
  {
    ...{ agent: AGENTS[1], type: `${ACTION}record.update`, n: 208, below_expected: 61, unseen_fields: 0 },
    ...{ active_ms: { p20: 2000, p50: 6500, p80: 15_000 }, expected_ms: { p50: 17_500 } },
  },
];

function viewOf(count: number, role: "supervisor" | "reviewer"): Reply<InsightsView> {
  const isReviewer = role === "reviewer";
  const cases = Array.from({ length: count }, (_, i) => oneCase(count < 100 ? i + 2300 : i, isReviewer));
  const insights = insightsOf({
    cases,
    groups: isReviewer || count < 100 ? [] : groups,
    period: { from: FROM, to: NOW },
    zone: ZONE,
    mayName: (person) => isReviewer || person === OKAFOR.sub,
  });
  return {
    ok: true,
    value: {
      insights,
      view: { scope: "units", units: ["ward-4b", "pharmacy"], attention: isReviewer },
      agents: { [AGENTS[0]]: "MedRec-2", [AGENTS[1]]: "NoteTidy" },
      me: OKAFOR.sub,
    },
  };
}

const state = (
  id: string,
  title: string,
  insights: Reply<InsightsView> | { readonly reading: number },
  more: Partial<NonNullable<GalleryState["app"]>> = {},
): GalleryState => ({
  id,
  title,
  app: {
    snapshot: makeSnapshot({ gateways: [makeGateway()] }),
    reviews: REVIEWS,
    start: { kind: "insights" },
    insights,
    ...more,
  },
});
const failed = (code: ErrorCode) => ({ code, message: sentenceOf(code) });

export const INSIGHTS: readonly GalleryState[] = [
  state("insights", "Insights, supervisor", viewOf(2366, "supervisor")),
  state("insights-reviewer", "Insights, designated reviewer", viewOf(2366, "reviewer")),
  state("insights-few", "Insights, too few to say", viewOf(7, "supervisor")),
  state("insights-empty", "Insights, nothing in the period", viewOf(0, "supervisor")),
  state("insights-waiting", "Insights, just asked for", { reading: 0 }),
  state("insights-reading", "Insights, reading for a while", { reading: 41_200 }, { isLate: true }),
  state("insights-stopped", "Insights, stopped before they were complete", {
    ok: false,
    error: failed("E_CLI_CANCELLED"),
  }),
  state("insights-refused", "Insights, more requests than one answer may hold", {
    ok: false,
    error: { ...failed("E_QUERY_BROAD"), fits: { from: NOW - 20 * DAY, to: NOW } },
  }),
  state("insights-failed", "Insights, the process that computes them ended", {
    ok: false,
    error: failed("E_CLI_VERIFIER"),
  }),
  state(
    "insights-everything-stopped",
    "Insights, everything is stopped and may be resumed",
    viewOf(2366, "supervisor"),
    {
      snapshot: HALTED,
    },
  ),
];
