import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { RequestState } from "#shared/protocol/claims/receipt.ts";
import type { Asker, ReportFilter, ReportPlace, ReportRow } from "../../../gateway/store/reports.ts";
import { openDatabase } from "../../../gateway/store/sqlite/database.ts";
import { MIGRATIONS } from "../../../gateway/store/sqlite/schema.ts";
import { makeSqliteStore } from "../../../gateway/store/sqlite/transaction.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { AT, makeDecision, makeRequest } from "./contract-fixtures.ts";

/** Looks at so few rows that every page ends in the middle of something. */
const open = (): Store =>
  makeSqliteStore(openDatabase(":memory:", { access: "alone", migrations: MIGRATIONS }), {
    ...{ newEpoch: () => "e1", newKey: () => new Uint8Array(32).fill(1), mostLookedAt: 7 },
    onFault(error) {
      throw error;
    },
  });

const AGENTS = ["urn:a1", "urn:a2", "urn:a3"];
const PEOPLE = ["urn:p1", "urn:p2", "urn:p3"];
const UNITS = ["ward", "lab"];
const TYPES = ["order.create", "record.update"];
const PATIENTS = ["Patient/1", "Patient/2"];
const ENDS = ["open", "denied", "failed", "expired", "withdrawn"] as const;

const event = fc.record({
  ago: fc.integer({ min: 0, max: 30 }),
  agent: fc.constantFrom(...AGENTS),
  unit: fc.constantFrom(...UNITS),
  type: fc.constantFrom(...TYPES),
  patient: fc.constantFrom(...PATIENTS),
  blind: fc.boolean(),
  /** In the order of their decisions; who is there twice took the first one back. */
  signers: fc.array(fc.constantFrom(...PEOPLE), { maxLength: 3 }),
  decidedAfter: fc.integer({ min: 0, max: 20 }),
  state: fc.constantFrom(...ENDS),
  flagged: fc.boolean(),
});
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

const some = <T>(list: readonly T[]) => fc.subarray([...list], { minLength: 1 });
const members = {
  from: fc.integer({ min: AT - 30, max: AT }),
  to: fc.integer({ min: AT - 30, max: AT + 1 }),
  agents: some(AGENTS),
  signers: some(PEOPLE),
  units: some(UNITS),
  types: some(TYPES),
  states: some<RequestState>(ENDS),
  decisions: some(["deny", "none"] as const),
  problems: some(["failed", "expired"] as const),
  patient: fc.constantFrom(...PATIENTS),
  text: fc.constantFrom("a2", "P3", "nobody"),
  review: fc.constant("open" as const),
};
/** Few members at a time, else nothing would be found. */
const filter = fc
  .tuple(fc.subarray(Object.keys(members) as (keyof typeof members)[], { maxLength: 2 }), fc.record(members))
  .map(([names, all]): ReportFilter => Object.fromEntries(names.map((name) => [name, all[name]])));
const asker = fc.record({
  sub: fc.constantFrom(...PEOPLE),
  units: fc.subarray(UNITS),
  all: fc.boolean(),
});

interface Added extends Event {
  readonly rid: string;
  readonly iat: number;
  readonly n: number;
}

function add(store: Store, event: Event, n: number): Added {
  const iat = AT - event.ago;
  const request = makeRequest({
    ...{ iat, agent: event.agent, action: event.type, patient: event.patient },
    index: {
      ...{ agent_name: "", units: [event.unit], identifiers: [], blind: event.blind, changed: false },
      ...{ denied_before: 0, claim_chars: 0 },
    },
  });
  store.write((tx) => {
    tx.addRequest(request, iat);
    for (const sub of event.signers) {
      const decided = { sub, kid: sub, decision: "deny", at: iat + event.decidedAfter, live: false };
      tx.addDecision(makeDecision(request, decided));
    }
    if (event.state !== "open") tx.moveRequest(request.rid, 1, ["open"], event.state, iat);
    if (event.flagged) {
      const about = {
        dig: request.dig,
        kid: "k",
        sub: "urn:p1",
        jws: "h.p.s",
        jti: request.rid,
        rid: request.rid,
        rev: 1,
      };
      tx.addStatement({ ...about, kind: "flag-decision", at: iat });
    }
  });
  return { ...event, rid: request.rid, iat, n };
}

/** The rule in plain words, without an index. */
function isFound(row: Added, { sub, units, all }: Asker, f: ReportFilter): boolean {
  const mine = row.signers.includes(sub);
  const blindOpen = row.blind && row.state === "open";
  if (blindOpen && !mine) return false;
  if (!all && !mine && !units.includes(row.unit)) return false;
  const signers = blindOpen ? row.signers.filter((one) => one === sub) : row.signers;
  const problem = row.state === "failed" || row.state === "expired" ? row.state : undefined;
  return (
    (f.from === undefined || row.iat >= f.from) &&
    (f.to === undefined || row.iat < f.to) &&
    (f.agents?.includes(row.agent) ?? true) &&
    (f.signers?.some((one) => signers.includes(one)) ?? true) &&
    (f.units?.includes(row.unit) ?? true) &&
    (f.types?.includes(row.type) ?? true) &&
    (f.states?.includes(row.state) ?? true) &&
    (f.decisions?.includes(row.signers.length > 0 ? "deny" : "none") ?? true) &&
    (f.problems?.some((one) => one === problem) ?? true) &&
    (f.patient === undefined || f.patient === row.patient) &&
    (f.review === undefined || row.flagged) &&
    (f.text === undefined ||
      row.agent.includes(f.text.toLowerCase()) ||
      signers.some((one) => one.includes(f.text?.toLowerCase() ?? "")))
  );
}

function pages(
  store: Store,
  query: Omit<Parameters<Store["reportRows"]>[0], "after">,
  between: () => void = () => undefined,
): ReportRow[] {
  const found: ReportRow[] = [];
  let after: ReportPlace | undefined;
  for (;;) {
    const { rows, rest } = store.reportRows({ ...query, ...(after ? { after } : {}) });
    found.push(...rows);
    if (rest === undefined) return found;
    after = rest;
    between();
  }
}

describe("the index of reports (protocol.md 3.20.2)", () => {
  it("finds by every filter, for every asker, in every order, what a plain look at each row finds", () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 40 }),
        ...([
          filter,
          asker,
          fc.constantFrom("received", "decided"),
          fc.boolean(),
          fc.integer({ min: 1, max: 5 }),
        ] as const),
        (events, f, who, by, newestFirst, limit) => {
          const store = open();
          const added = events.map((one, n) => add(store, one, n));
          const query = { asker: who, filter: f, sort: { by, newestFirst }, limit } as const;
          const isOrdered = (row: Added): boolean =>
            by === "received" || (row.signers.length > 0 && !(row.blind && row.state === "open"));
          const key = (row: Added): number => (by === "received" ? row.iat : row.iat + row.decidedAfter);
          const expected = added
            .filter((row) => isOrdered(row) && isFound(row, who, query.filter))
            .sort((a, b) => key(a) - key(b) || a.n - b.n);
          if (newestFirst) expected.reverse();
          expect(pages(store, query).map(({ rid }) => rid)).toEqual(expected.map(({ rid }) => rid));
          store.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  it("loses no row and gives none twice while rows are added between the pages", () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 5, maxLength: 25 }),
        fc.array(event, { minLength: 1, maxLength: 20 }),
        ...([fc.constantFrom("received", "decided"), fc.boolean(), fc.integer({ min: 1, max: 4 })] as const),
        (before, later, by, newestFirst, limit) => {
          const store = open();
          const who: Asker = { sub: "urn:p1", units: UNITS, all: true };
          const query = { asker: who, filter: {}, sort: { by, newestFirst }, limit } as const;
          for (const [n, one] of before.entries()) add(store, one, n);
          const there = new Set(pages(store, query).map(({ rid }) => rid));
          const coming = [...later];
          const found = pages(store, query, () => {
            const next = coming.pop();
            if (next) add(store, next, 0);
          }).map(({ rid }) => rid);
          expect(new Set(found).size).toBe(found.length);
          expect(found.filter((rid) => there.has(rid)).sort()).toEqual([...there].sort());
          store.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it("counts what it finds, stops at too many and says from when on it is not", () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 30 }),
        filter,
        asker,
        fc.integer({ min: 1, max: 12 }),
        (events, f, who, most) => {
          const store = open();
          const query = { asker: who, filter: f };
          for (const [n, one] of events.entries()) add(store, one, n);
          const all = pages(store, { ...query, sort: { by: "received", newestFirst: true }, limit: 100 });
          const counted = store.countReportRows({ ...query, most, looks: 5 });
          if (counted !== undefined) expect(counted.total).toBe(Math.min(all.length, most + 1));
          if (counted?.from !== undefined) {
            const fits = pages(store, {
              ...{ asker: who, filter: { ...query.filter, from: Math.max(counted.from, query.filter.from ?? 0) } },
              ...{ sort: { by: "received", newestFirst: true }, limit: 100 },
            });
            expect(fits.length).toBeLessThanOrEqual(most);
          }
          store.close();
        },
      ),
      { numRuns: 30 },
    );
  });
});
