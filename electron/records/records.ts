import type { CommandInput } from "#shared/ipc/contract.ts";
import type {
  AgentState,
  ListTrouble,
  PageVerdict,
  RecordAction,
  RecordDetail,
  RecordPage,
  RecordRow,
  StatementReceipt,
} from "#shared/ipc/reports.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { ListingFault, ListingQuery } from "#shared/protocol/evidence/listing.ts";
import type { TemplateSource } from "#shared/protocol/accept/policy-and-template.ts";
import type { AskedPage } from "#shared/reports/asked-page.ts";
import type { Purpose } from "#shared/reports/filter.ts";
import { detailItem } from "#shared/reports/items.ts";

import type { Clock } from "../clock.ts";
import type { Link } from "../connection/link.ts";
import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import type { Journal } from "../journal/journal.ts";
import type { Memory } from "../journal/memory.ts";
import type { LogWatch } from "../requests/log-watch.ts";
import type { Said, Saying } from "../requests/statements.ts";
import { makeAsking } from "./ask.ts";
import { partsOf } from "./detail.ts";
import { mineOf } from "./mine.ts";
import { pinsFor } from "./pins.ts";
import { rowOf } from "./row.ts";
import { rowVerdict, settle, type Logged } from "./settle.ts";
import type { Verifier } from "./verifier.ts";

const FOREVER_S = 253_402_300_799;
const KEY_LETTERS = 8;

export interface RecordsParts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly iss: string;
  readonly link: Pick<Link, "call" | "gateway">;
  readonly directory: PinnedDirectory;
  readonly journal: Journal;
  readonly memory: Memory;
  readonly logWatch: LogWatch;
  readonly verifier: Verifier;
  readonly nowS: () => number;
  readonly roles: readonly string[];
  readonly templates: TemplateSource;
  readonly fetchTemplate: (digest: string) => Promise<boolean>;
  readonly statusLists: () => readonly string[];
  readonly tell: (saying: Saying) => Promise<Said>;
}

/** The history of one gateway as this person may see it, checked on this computer (approval-experience.md S9, S10). */
export interface Records {
  /** @throws CountersignError `E_CLI_OFFLINE`, `E_CLM_SHAPE`, or what the gateway refused with */
  query(input: CommandInput<"query_records">): Promise<RecordPage>;
  /** Checks rows of the last page. @throws CountersignError `E_CLI_VERIFIER`, `E_CLI_NOT_FOUND` */
  verify(ids: readonly string[]): Promise<PageVerdict>;
  /** @throws CountersignError as `query` and `verify` */
  open(id: string): Promise<RecordDetail>;
  /** @throws CountersignError as `query`, `E_CLI_NOT_FOUND` */
  agent(sub: string): Promise<AgentState>;
  /** @throws CountersignError as `Statements.tell` */
  say(saying: CommandInput<"say">["saying"]): Promise<StatementReceipt>;
  /** Nothing of it stays here: what was asked for, why, and the process that checked. */
  forget(): void;
}

interface Listed {
  readonly page: AskedPage;
  readonly rows: readonly RecordRow[];
  readonly listing: Omit<ListingQuery, "mine">;
}

export function makeRecords(parts: RecordsParts): Records {
  const { crypto, clock, iss, link, logWatch, verifier } = parts;
  const asking = makeAsking(link);
  let purpose: Purpose | undefined;
  let listed: Listed | undefined;
  let serial = 0;
  /** SECURITY: what was asked for before a lock comes to nobody after it (AC17). */
  let sitting = {};

  async function ofThisSitting<T>(answer: Promise<T>): Promise<T> {
    const mine = sitting;
    const value = await answer;
    if (mine !== sitting) throw new CountersignError("E_CLI_LOCKED");
    return value;
  }

  function keyName(): string {
    const keys = link.gateway?.claims.jwks.keys ?? [];
    const signing = keys.find(({ cs_use, verify_until }) => cs_use.includes("request") && verify_until === undefined);
    return (signing?.kid ?? "").slice(0, KEY_LETTERS);
  }

  function found(id: string): { readonly at: number; readonly in: Listed } {
    const at = listed?.rows.findIndex((row) => row.id === id) ?? -1;
    if (!listed || at < 0) throw new CountersignError("E_CLI_NOT_FOUND");
    return { at, in: listed };
  }

  const checked = () => {
    const alarm = logWatch.alarm();
    return {
      ...{ checked_at: Math.floor(clock.nowMs() / 1000), key: keyName() },
      ...(alarm === undefined ? {} : { alarm }),
    };
  };

  return {
    async query(input) {
      purpose = input.purpose ?? purpose;
      const { filter, order } = input;
      const page = await ofThisSitting(asking.history({ filter, order, page: input.page }, purpose));
      serial++;
      const rows = page.items.map((item, i) => rowOf(iss, `${String(serial)}-${String(i)}`, item));
      const { from = 0, to = FOREVER_S, ...narrower } = filter;
      // What follows a page may go on in the middle of it, so only the first page speaks for the list's beginning.
      const isWhole = Object.values(narrower).every((value) => value === undefined) && input.page === undefined;
      listed = { page, rows, listing: { order, from, to, isWhole, hasMore: page.next !== undefined } };
      const { view, next, total, fits } = page;
      return {
        rows,
        view: { scope: view.scope, units: view.units, clinical: view.clinical, attention: view.attention },
        ...(next === undefined ? {} : { next }),
        ...(total === undefined ? {} : { total }),
        ...(fits === undefined ? {} : { fits: { from: fits.from, to: fits.to } }),
      };
    },

    async verify(ids) {
      const places = ids.map(found);
      const now = places[0]?.in;
      if (!now) return { verdicts: [], troubles: [], ...checked() };
      const items = places.map(({ at }) => now.page.items[at] ?? {});
      const isAll = items.length === now.rows.length;
      const { from, to } = timesOf(now);
      const mine = isAll ? await mineOf(parts.journal, iss, from, to) : { requests: [], gateways: [] };
      const listing = isAll ? { listing: { ...now.listing, mine: mine.requests } } : {};
      const output = await ofThisSitting(
        verifier.check({ items, pins: await pinsFor(parts, items, mine.gateways), ...listing }),
      );
      const verdicts = await settle(logWatch, items.map(loggedOf), output.verdicts);
      const shown = places.map(({ at }) => now.rows[at]);
      return {
        verdicts: verdicts.map((verdict, i) => rowVerdict(ids[i] ?? "", verdict)),
        troubles: output.faults.map((fault) => troubleOf(fault, shown)),
        ...checked(),
      };
    },

    async open(id) {
      const { at, in: list } = found(id);
      const row = list.rows[at];
      if (!row || row.reference === "") throw new CountersignError("E_CLI_NOT_FOUND");
      const { items } = await ofThisSitting(asking.detail(row.key.rid, purpose));
      const read = items.map((item) => detailItem.safeParse(item).data);
      const which = read.findIndex((item) => item?.rid === row.key.rid && item.rev === row.rev);
      const [item, raw] = [read[which], items[which]];
      if (!item || !raw) throw new CountersignError("E_CLI_NOT_FOUND");
      const output = await ofThisSitting(verifier.check({ items: [raw], pins: await pinsFor(parts, [raw]) }));
      const [verdict] = await settle(logWatch, [item], output.verdicts);
      if (!verdict) throw new CountersignError("E_CLI_VERIFIER");
      const detailed = rowOf(iss, id, item);
      const templateOf = (digest: string) => parts.templates.builtin(digest) ?? parts.templates.fetched(digest);
      return {
        ...{ row: detailed, verdict: rowVerdict(id, verdict) },
        ...partsOf(crypto, item, verdict, output.statements[0] ?? [], templateOf),
        ...{ actions: actionsOf(parts.roles, detailed), revs: read.flatMap((one) => one?.rev ?? []) },
        ...checked(),
      };
    },

    async agent(sub) {
      const {
        name = sub,
        owner,
        model,
        paused,
        disabled_at,
        open_reviews,
        reports,
        reports_withheld = 0,
      } = await asking.agent(sub);
      return {
        ...{ sub, name, open_reviews, reports: reports.length + reports_withheld },
        ...(owner === undefined ? {} : { owner }),
        ...(model === undefined ? {} : { model }),
        ...(paused === undefined ? {} : { paused_at: paused.at }),
        ...(disabled_at === undefined ? {} : { disabled_at }),
      };
    },

    async say(saying) {
      const { kind, reason } = saying;
      const { at, digest } = await parts.tell({ kind, target: targetOf(saying), reason });
      return { kind, at, digest };
    },

    forget() {
      [purpose, listed, sitting] = [undefined, undefined, {}];
      verifier.end();
    },
  };
}

function targetOf(saying: CommandInput<"say">["saying"]): Saying["target"] {
  if ("rid" in saying) return { rid: saying.rid, rev: saying.rev };
  return "agent" in saying ? { agent: saying.agent } : { type: saying.type };
}

/** The times that the page itself speaks for, so that no more of the journal is read than that. */
function timesOf({ rows, listing }: Listed): { readonly from: number; readonly to: number } {
  const times = rows.map(({ received_at }) => received_at);
  const { order, from, to, hasMore } = listing;
  return {
    from: hasMore && order === "newest" ? Math.min(...times) : from,
    to: hasMore && order === "oldest" ? Math.max(...times) : to,
  };
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
const loggedOf = (item: Readonly<Record<string, unknown>>): Logged => ({
  proofs: texts(item["proofs"]),
  entries: texts(item["entries"]),
  withheld: item["withheld"],
});

const troubleOf = ({ step, rows, rid }: ListingFault, shown: readonly (RecordRow | undefined)[]): ListTrouble => ({
  kind: step,
  rows: rows.flatMap((at) => shown[at]?.id ?? []),
  ...(rid === undefined ? {} : { reference: rid }),
});

/** What a person of these roles may say about it (protocol.md 3.20); the gateway decides again. */
function actionsOf(roles: readonly string[], row: RecordRow): readonly RecordAction[] {
  const isSupervisor = roles.includes("supervisor");
  const flag: readonly RecordAction[] = row.decision === "none" || row.is_withheld ? [] : ["flag-decision"];
  const close: readonly RecordAction[] = isSupervisor && row.review === "open" ? ["close-review"] : [];
  const report: readonly RecordAction[] = row.agent === undefined ? [] : ["report-agent"];
  const stop: readonly RecordAction[] =
    isSupervisor && row.agent !== undefined ? ["pause-agent", "resume-agent", "pause-type", "resume-type"] : [];
  const stopAll: readonly RecordAction[] = isSupervisor ? ["stop-everything", "resume-everything"] : [];
  return [...flag, ...close, ...report, ...stop, ...stopAll];
}
