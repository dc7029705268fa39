import type { HistoryFilter } from "#shared/reports/filter.ts";

import { AGENTS, type BenchHospital } from "./hospital.ts";
import { compared, timed, type Pair, type Time } from "./quantiles.ts";

interface Page {
  readonly items: readonly { readonly rid: string; readonly rev: number }[];
  readonly next?: string | undefined;
}
export type Ask = (
  filter: HistoryFilter,
  more?: Readonly<Record<string, unknown>>,
) => { readonly page: Page; readonly time: Time };

const PURPOSE = { code: "HQUALIMP" };
const QUERIES = 60;
const RAW_TIMES = 30;

/** As the gateway answers a supervisor: rights, index, evidence, proofs, and the durable `access` leaf of a first page. */
export function asker({ core, supervisor }: BenchHospital): Ask {
  return (filter, more = {}) => {
    const body = { name: "history", filter, purpose: PURPOSE, ...more };
    const { value, time } = timed(() => core.report(supervisor.session, body));
    return { page: value as Page, time };
  };
}

/**
 * The same objects by plain statements, for somebody who knows which rows they are: what SQLite alone takes for a page.
 */
function rawPage({ db }: BenchHospital) {
  const one = db.prepare("SELECT jws FROM requests WHERE rid = ? AND rev = ?");
  const answers = db.prepare("SELECT jws, receipt FROM answers WHERE rid = ? ORDER BY at, rowid");
  const events = db.prepare("SELECT jws FROM events WHERE rid = ? ORDER BY n");
  return (rows: Page["items"]): number => {
    let bytes = 0;
    for (const { rid, rev } of rows) {
      for (const row of [one.get(rid, rev), ...answers.all(rid), ...events.all(rid)]) {
        for (const text of Object.values(row ?? {})) bytes += String(text).length;
      }
    }
    return bytes;
  };
}

const FILTERS = (n: number): HistoryFilter[] => {
  const agents = [AGENTS[n % AGENTS.length] ?? ""];
  return [
    { decisions: ["deny"] },
    { agents, states: ["completed"] },
    { problems: ["failed"], risks: ["high"] },
    { patient: `Patient/p-${String(n % 64)}` },
    { text: "approver-4" },
  ];
};

export function firstPages(hospital: BenchHospital, ask: Ask): unknown {
  const raw = rawPage(hospital);
  // What is compiled is compiled before anything counts.
  for (const filter of [...FILTERS(0), ...FILTERS(1)]) raw(ask(filter).page.items);
  const times = Array.from({ length: QUERIES }, (_, n) => {
    const filters = FILTERS(n);
    const { page, time } = ask(filters[n % filters.length] ?? {});
    return { ours: time, raw: timed(() => raw(page.items), RAW_TIMES).time };
  });
  return compared("first page", times);
}

export function jumps(hospital: BenchHospital, ask: Ask): unknown {
  const raw = rawPage(hospital);
  const span = hospital.db.prepare("SELECT MIN(iat) AS first, MAX(iat) AS last FROM report_rows").get() ?? {};
  const [first, last] = [Number(span["first"]), Number(span["last"])];
  const times = Array.from({ length: QUERIES }, (_, n) => {
    const at = first + Math.floor(((n * 7919) % 1000) * 0.001 * (last - first));
    const { page, time } = ask({ decisions: ["approve"] }, { at });
    return { ours: time, raw: timed(() => raw(page.items), RAW_TIMES).time };
  });
  return compared("jump", times);
}

/** Every page of an export, one after the other. */
export function exporting(hospital: BenchHospital, ask: Ask, most: number): unknown {
  const raw = rawPage(hospital);
  const times: Pair[] = [];
  let rows = 0;
  for (let next: string | undefined, isFirst = true; rows < most && (isFirst || next !== undefined); isFirst = false) {
    const { page, time } = ask({}, next === undefined ? {} : { page: next });
    times.push({ ours: time, raw: timed(() => raw(page.items), RAW_TIMES).time });
    rows += page.items.length;
    next = page.next;
  }
  const total = times.reduce((sum, { ours }) => sum + ours.wall, 0);
  return {
    ...compared("export", times),
    ...{
      rows,
      pages: times.length,
      seconds: Math.round(total / 1000),
      rows_per_second: Math.round((rows * 1000) / total),
    },
  };
}
