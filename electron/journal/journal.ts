import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { FrameFile } from "./frame-file.ts";
import { decodeJournal, encodeJournal, kidOf, type DecisionRecord, type JournalRecord, type Logged } from "./record.ts";

/** Where the parts of one decision's evidence are; the parts themselves stay sealed on the disk until asked for. */
export interface Entry {
  readonly iss: string;
  readonly rid: string;
  readonly rev: number;
  readonly kind: DecisionRecord["kind"];
  readonly dec_dig: string;
  readonly req_dig: string;
  /** The key that signed it: a person's keys follow each other, their journal goes on. */
  readonly kid: string;
  readonly n: number;
  readonly at: number;
  readonly logged: Logged;
  /** Code of a decision that never counted, where it did not. */
  readonly undelivered?: string;
  /** What the gateway's verified answer says; absent while there is none. */
  readonly result?: ReceiptClaims["result"];
}

/** One decision of mine with its evidence, read back from the disk. */
export interface Evidence {
  readonly decision: DecisionRecord;
  readonly receipts: readonly string[];
  readonly events: readonly string[];
  readonly proofs: readonly { readonly obj: string; readonly proof: string; readonly entry: string }[];
  readonly logged: Logged;
  readonly undelivered?: string;
}

/** Append-only: what was decided here and what came of it. Nothing is ever changed or removed. */
export interface Journal {
  /** @throws CountersignError `E_CLI_JOURNAL` */
  append(records: readonly JournalRecord[]): Promise<void>;
  /** Newest first. */
  entries(): readonly Entry[];
  find(decDig: string): Entry | undefined;
  /** True when I decided this revision: what happens to it belongs to the evidence. */
  isAbout(reqDig: string): boolean;
  /** A key's last recorded decision at a gateway: the head of its chain there (protocol.md 3.7). */
  lastRecorded(iss: string, kid: string): Entry | undefined;
  /** @throws CountersignError `E_CLI_NOT_FOUND`, `E_CLI_JOURNAL` */
  read(decDig: string): Promise<Evidence>;
}

interface Index {
  entry: Entry;
  readonly decision: number;
  readonly receipts: number[];
  readonly events: number[];
  readonly proofs: number[];
}

/** Folds records into the index; the same code reads a file back and follows what is appended. */
export class JournalTable {
  readonly #byDecision = new Map<string, Index>();
  readonly #byRequest = new Map<string, Index[]>();

  apply(record: JournalRecord, position: number): void {
    switch (record.t) {
      case "decision": {
        if (this.#byDecision.has(record.dec_dig)) return;
        const { iss, rid, rev, kind, dec_dig, req_dig, n, at } = record;
        const kid = kidOf(record.decision);
        const entry: Entry = { iss, rid, rev, kind, dec_dig, req_dig, kid, n, at, logged: "pending" };
        const index: Index = { entry, decision: position, receipts: [], events: [], proofs: [] };
        this.#byDecision.set(dec_dig, index);
        this.#byRequest.set(req_dig, [...(this.#byRequest.get(req_dig) ?? []), index]);
        return;
      }
      case "receipt": {
        const index = this.#byDecision.get(record.dec_dig);
        if (!index) return;
        index.receipts.push(position);
        index.entry = { ...index.entry, result: record.result };
        return;
      }
      case "event":
        for (const index of this.#byRequest.get(record.req_dig) ?? []) index.events.push(position);
        return;
      case "proof":
        for (const index of this.#holders(record.obj)) index.proofs.push(position);
        return;
      case "logged":
        this.#change(record.dec_dig, { logged: record.state });
        return;
      case "undelivered":
        this.#change(record.dec_dig, { undelivered: record.code });
        return;
      default:
        throw new CountersignError("E_INTERNAL", record satisfies never);
    }
  }

  #change(decDig: string, change: Partial<Entry>): void {
    const index = this.#byDecision.get(decDig);
    if (index) index.entry = { ...index.entry, ...change };
  }

  #holders(obj: string): readonly Index[] {
    const index = this.#byDecision.get(obj);
    return index ? [index] : (this.#byRequest.get(obj) ?? []);
  }

  get(decDig: string): Index | undefined {
    return this.#byDecision.get(decDig);
  }

  isAbout(reqDig: string): boolean {
    return this.#byRequest.has(reqDig);
  }

  newestFirst(): readonly Entry[] {
    return [...this.#byDecision.values()].map((i) => i.entry).reverse();
  }
}

/** @param frames an open file whose frames `table` already holds */
export function makeJournal(table: JournalTable, frames: FrameFile): Journal {
  let tail: Promise<unknown> = Promise.resolve();

  const readAs = async <T extends JournalRecord["t"]>(position: number, t: T) => {
    const record = decodeJournal(await frames.read(position));
    if (!isRecord(record, t)) throw new CountersignError("E_CLI_JOURNAL");
    return record;
  };
  const readAll = <T extends JournalRecord["t"]>(positions: readonly number[], t: T) =>
    Promise.all(positions.map((p) => readAs(p, t)));

  return {
    append(records) {
      // One after the other, so that a record's position is known when it is indexed.
      const step = tail.then(async () => {
        const first = frames.size;
        await frames.append(records.map(encodeJournal));
        records.forEach((record, i) => {
          table.apply(record, first + i);
        });
      });
      tail = step.catch(() => undefined);
      return step;
    },
    entries: () => table.newestFirst(),
    find: (decDig) => table.get(decDig)?.entry,
    isAbout: (reqDig) => table.isAbout(reqDig),
    lastRecorded: (iss, kid) =>
      table
        .newestFirst()
        .filter((e) => e.iss === iss && e.kid === kid && e.result === "recorded")
        .reduce<Entry | undefined>((last, e) => (last === undefined || e.n > last.n ? e : last), undefined),
    async read(decDig) {
      const index = table.get(decDig);
      if (!index) throw new CountersignError("E_CLI_NOT_FOUND");
      const { undelivered } = index.entry;
      return {
        decision: await readAs(index.decision, "decision"),
        receipts: (await readAll(index.receipts, "receipt")).map((r) => r.jws),
        events: (await readAll(index.events, "event")).map((r) => r.jws),
        proofs: (await readAll(index.proofs, "proof")).map(({ obj, proof, entry }) => ({ obj, proof, entry })),
        logged: index.entry.logged,
        ...(undelivered === undefined ? {} : { undelivered }),
      };
    },
  };
}

function isRecord<T extends JournalRecord["t"]>(r: JournalRecord, t: T): r is Extract<JournalRecord, { t: T }> {
  return r.t === t;
}
