import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { REPORT_NAMES, type ReportName } from "#shared/reports/names.ts";
import type { HistoryItem } from "#shared/reports/items.ts";

import { AGENT } from "../world.ts";
import { ask, makeWard, refusal, ROLES, type Role, type Ward } from "./ward.ts";

let ward: Ward;
beforeAll(async () => {
  ward = await makeWard();
});
afterAll(() => {
  expect(ward.world.faults).toEqual([]);
  ward.world.close();
});

/** One row in short: which, whether with its request, with its decisions, and with attention. */
function short({ rid, request, decisions, attention }: HistoryItem): string {
  const which = (["approved", "denied", "blind", "other"] as const).find((name) => ward[name] === rid);
  const decided = decisions.map((jws) => (jws === null ? "withheld" : "signed")).join("+") || "undecided";
  return `${String(which)} ${request === undefined ? "no request" : "request"} ${decided}${attention ? " attention" : ""}`;
}

const people = () => ward.people;

/** What each report tells each role; every cell is here. */
const TOLD: Readonly<Record<ReportName, Readonly<Record<Role | "second", unknown>>>> = {
  history: {
    none: [],
    approver: ["denied request signed attention", "approved request signed attention"],
    second: ["blind request signed attention"],
    supervisor: ["denied request signed", "approved request signed"],
    reviewer: ["denied request signed attention", "approved request signed attention"],
    auditor: [
      "other no request signed attention",
      "denied no request withheld attention",
      "approved no request signed attention",
    ],
    elsewhere: ["other request signed attention"],
    elsewhereSupervisor: ["other request signed"],
  },
  "history-detail": {
    none: "E_REQ_UNKNOWN; E_REQ_UNKNOWN",
    approver: "approved request signed attention; E_REQ_UNKNOWN",
    second: "E_REQ_UNKNOWN; blind request signed attention",
    supervisor: "approved request signed; E_REQ_UNKNOWN",
    reviewer: "approved request signed attention; E_REQ_UNKNOWN",
    auditor: "approved no request signed attention; E_REQ_UNKNOWN",
    elsewhere: "E_REQ_UNKNOWN; E_REQ_UNKNOWN",
    elsewhereSupervisor: "E_REQ_UNKNOWN; E_REQ_UNKNOWN",
  },
  insights: {
    none: [],
    approver: ["denied named read", "approved named read"],
    second: ["partial named read"],
    supervisor: ["denied nameless", "approved nameless"],
    reviewer: ["denied named read", "approved named read"],
    auditor: ["denied named read", "denied named read", "approved named read"],
    elsewhere: ["denied named read"],
    elsewhereSupervisor: ["denied nameless"],
  },
  agents: {
    none: "E_FORBIDDEN",
    approver: "E_FORBIDDEN",
    second: "E_FORBIDDEN",
    supervisor: { approved: 1, denied: 1 },
    reviewer: { approved: 1, denied: 1 },
    auditor: { approved: 1, denied: 2 },
    elsewhere: "E_FORBIDDEN",
    elsewhereSupervisor: { denied: 1 },
  },
  exports: {
    none: "0 rows; answered",
    approver: "2 rows; answered",
    second: "1 rows; answered",
    supervisor: "2 rows; answered",
    reviewer: "2 rows; answered",
    auditor: "3 rows; E_FORBIDDEN /filter/announce/identifiers",
    elsewhere: "1 rows; answered",
    elsewhereSupervisor: "1 rows; answered",
  },
};

const ANSWER: Readonly<Record<ReportName, (role: Role | "second") => unknown>> = {
  history: (role) => ask(ward, people()[role], "history").items.map(short),
  "history-detail"(role) {
    const one = (rid: string): string => {
      const detail = () => ask(ward, people()[role], "history-detail", { filter: { rid } }).items.map(short).join();
      const said = refusal(detail);
      return said === "answered" ? detail() : said;
    };
    return `${one(ward.approved)}; ${one(ward.blind)}`;
  },
  insights: (role) =>
    ask(ward, people()[role], "insights", { filter: { from: 0, to: ward.world.now() + 1 } }).items.map(
      ({ outcome, decisions, rid }) => {
        const isNamed = decisions.some(({ signer }) => signer !== undefined);
        // A name without attention, or an id without a name, would be a cell of its own.
        const isRead = rid !== undefined && decisions.every(({ signer }) => signer !== undefined);
        return `${outcome} ${isNamed ? "named" : "nameless"}${isRead ? " read" : ""}`;
      },
    ),
  agents(role) {
    const answer = () => ask(ward, people()[role], "agents", { filter: { agents: [AGENT] } }).items[0];
    const said = refusal(answer);
    const item = said === "answered" ? answer() : undefined;
    return item?.kind === "agent" ? item.states : said;
  },
  exports(role) {
    const announce = (identifiers: boolean) =>
      ask(ward, people()[role], "exports", { filter: { announce: { format: "csv", rows: {}, identifiers } } }).items[0];
    return `${String(announce(false)?.announced_rows)} rows; ${refusal(() => announce(true))}`;
  },
};

describe("each report tells each role what is theirs and no more (protocol.md 3.20.2)", () => {
  const roles = [...ROLES, "second"] as const;
  it.each(REPORT_NAMES.flatMap((name) => roles.map((role) => [name, role] as const)))("%s to %s", (name, role) => {
    expect(ANSWER[name](role)).toEqual(TOLD[name][role]);
  });

  it("has a cell for every report and every role", () => {
    for (const name of REPORT_NAMES) expect(Object.keys(TOLD[name]).sort()).toEqual([...roles].sort());
  });
});
