import type { HistoryFilter } from "#shared/reports/filter.ts";

import { AGENTS, PERSON, type BenchHospital } from "./hospital.ts";
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
/** Of each filter, and of jumps. */
const TIMES = 21;
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
export function rawPage({ db }: BenchHospital): (rows: Page["items"]) => number {
  const one = db.prepare("SELECT jws FROM requests WHERE rid = ? AND rev = ?");
  const answers = db.prepare("SELECT jws, receipt FROM answers WHERE rid = ? ORDER BY at, rowid");
  const events = db.prepare("SELECT jws FROM events WHERE rid = ? ORDER BY n");
  return (rows) => {
    let bytes = 0;
    for (const { rid, rev } of rows) {
      for (const row of [one.get(rid, rev), ...answers.all(rid), ...events.all(rid)]) {
        for (const text of Object.values(row ?? {})) bytes += String(text).length;
      }
    }
    return bytes;
  };
}

const FILTERS: Readonly<Record<string, (n: number, rid: string) => HistoryFilter>> = {
  denied: () => ({ decisions: ["deny"] }),
  "one agent": (n) => ({ agents: [AGENTS[n % AGENTS.length] ?? ""] }),
  failed: () => ({ problems: ["failed"] }),
  "one patient": (n) => ({ patient: `Patient/p-${String(n % 64)}` }),
  "text: a name": (n) => ({ text: `approver-${String((n % 4) * 4)}` }),
  "text: an id": (_, rid) => ({ text: rid.slice(0, 13) }),
  "one signer": (n) => ({ signers: [PERSON(`approver-${String((n % 3) * 4)}`)] }),
};

export function firstPages(hospital: BenchHospital, ask: Ask): unknown {
  const raw = rawPage(hospital);
  const some = hospital.db.prepare("SELECT rid FROM report_rows WHERE n = ?");
  const last = Number(hospital.db.prepare("SELECT MAX(n) AS n FROM report_rows").get()?.["n"]);
  const all: Pair[] = [];
  const each = Object.entries(FILTERS).map(([name, filterOf]) => {
    const pairs = Array.from({ length: TIMES + 2 }, (_, n) => {
      const rid = some.get(1 + ((n * 7919) % last))?.["rid"];
      const { page, time } = ask(filterOf(n, String(rid)));
      return { ours: time, raw: timed(() => raw(page.items), RAW_TIMES).time };
    });
    // What is compiled is compiled before anything counts.
    all.push(...pairs.slice(2));
    return [name, compared(`first page, ${name}`, pairs.slice(2))] as const;
  });
  return { ...Object.fromEntries(each), all: compared("first page", all) };
}

/** What comes after a first page: no count and no `access` leaf. */
export function nextPages(hospital: BenchHospital, ask: Ask): unknown {
  const raw = rawPage(hospital);
  let next = ask({ decisions: ["approve"] }).page.next;
  const times: Pair[] = [];
  for (let n = 0; n < TIMES && next !== undefined; n++) {
    const { page, time } = ask({ decisions: ["approve"] }, { page: next });
    times.push({ ours: time, raw: timed(() => raw(page.items), RAW_TIMES).time });
    next = page.next;
  }
  return compared("next page", times);
}

export function jumps(hospital: BenchHospital, ask: Ask): unknown {
  const raw = rawPage(hospital);
  const { first, last } = spanOf(hospital);
  const times = Array.from({ length: TIMES }, (_, n) => {
    const at = first + Math.floor(((n * 7919) % 1000) * 0.001 * (last - first));
    const { page, time } = ask({ decisions: ["approve"] }, { at });
    return { ours: time, raw: timed(() => raw(page.items), RAW_TIMES).time };
  });
  return compared("jump", times);
}

/** When the first and the last request came; Unix seconds. */
export function spanOf({ db }: BenchHospital): { readonly first: number; readonly last: number } {
  const span = db.prepare("SELECT MIN(iat) AS first, MAX(iat) AS last FROM report_rows").get() ?? {};
  return { first: Number(span["first"]), last: Number(span["last"]) };
}

/** The facts of as many requests as one view may have, page by page: nothing may keep the gateway from judging for long. */
export function insights(hospital: BenchHospital): unknown {
  const { core, supervisor } = hospital;
  const { last } = spanOf(hospital);
  // Half of the pools are theirs: a request of theirs every twenty seconds.
  const filter = { from: last - 9_900 * 20, to: last + 1 };
  const times: Time[] = [];
  let rows = 0;
  for (let next: string | undefined, isFirst = true; isFirst || next !== undefined; isFirst = false) {
    const body = { name: "insights", filter, ...(next === undefined ? {} : { page: next }) };
    const { value, time } = timed(() => core.report(supervisor.session, body) as Page);
    times.push(time);
    rows += value.items.length;
    next = value.next;
  }
  const [first] = times;
  const rounded = (ms: number): number => Number(ms.toPrecision(3));
  const figures = {
    ...{ rows, messages: times.length, cpu_ms: rounded(times.reduce((sum, { cpu }) => sum + cpu, 0)) },
    ...{
      first_cpu_ms: rounded(first?.cpu ?? 0),
      longest_other_cpu_ms: rounded(Math.max(...times.slice(1).map((t) => t.cpu))),
    },
  };
  process.stdout.write(`insights     ${JSON.stringify(figures)}\n`);
  return figures;
}
