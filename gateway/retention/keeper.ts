import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { ERASED, ERASURE_FORMAT, type ErasureRecord } from "#shared/protocol/evidence/erasure-proof.ts";

import type { Records } from "../core.ts";
import type { HoldRow, SubjectKeyRow } from "../store/retention.ts";
import type { Store, StoreReads, StoreTx } from "../store/store.ts";
import { erasedList } from "./erased-list.ts";

/** Whose: everything about a patient, by reference, or one request. */
export type Held = { readonly patient: string } | { readonly rid: string };

export interface KeeperOptions {
  readonly store: Store;
  readonly records: Pick<Records, "leaf">;
  readonly crypto: Crypto;
  /** Of the key that signs what this gateway says. */
  readonly kid: string;
  /** Unix seconds. */
  readonly now: () => number;
  /** So many random bytes as base64url. */
  readonly randomText: (bytes: number) => string;
  /** How long what has ended is kept. */
  readonly years: number;
  /** Keys were erased, durably: whoever holds something of the store in memory drops it. */
  readonly onErased: () => void;
}

/** What one round of the job came to: counts of keys, so of revisions and single records. */
export interface Retained {
  readonly erased: number;
  readonly held: number;
  readonly open: number;
}

/** What an order came to. */
export interface Ordered {
  /** So many keys, so revisions and single records. */
  readonly keys: number;
  /** The place of its entry in the log, from 0. */
  readonly entry: number;
  /** The keys are gone from the database, and may still stand in a file beside it: {@link Keeper.cutTraces}. */
  readonly traces?: true;
}

export interface RetentionStatus {
  readonly years: number;
  readonly kept: number;
  readonly erased: number;
  readonly holds: readonly Pick<HoldRow, "name" | "rid" | "at">[];
  /** Keys that were erased may still stand in a file beside the database. */
  readonly traces: boolean;
}

/** Retention, legal holds and erasure (docs/decisions/0015): each step is one commit with its `config` entry in the log. */
export interface Keeper {
  /** Nothing of it is erased until it is released. Returns the hold's name. @throws CountersignError `E_REQ_UNKNOWN` */
  hold(whose: Held, said: { readonly reason: string; readonly by: string }): string;
  /** @throws CountersignError `E_CLI_INPUT` where there is no such hold */
  release(name: string, said: { readonly reason: string; readonly by: string }): void;
  /**
   * For good.
   * @throws CountersignError `E_STORE_HELD`, `E_STORE_OPEN`, `E_REQ_UNKNOWN` where nothing is kept of it
   */
  erase(whose: Held, said: { readonly order: string; readonly by: string }): Ordered;
  /** One batch of what has passed its time after key `after`; `next` is where to go on. */
  runBatch(after: number, isDry: boolean): Retained & { readonly next?: number };
  status(): RetentionStatus;
  /** Tries again to take what was erased out of the files beside the database; true where nothing of it is there. */
  cutTraces(): boolean;
  /** Erases again what an older copy brought back; how many keys. */
  repeat(): number;
  /**
   * Writes into the log what was erased with records of an earlier form, which cannot be shown, so that it can be (docs/decisions/0016);
   * how many keys. Nothing is erased. To be called once the log was audited, which held those records against it.
   */
  restate(): number;
}

const BATCH = 200;
const YEAR_S = 365.25 * 24 * 3600;

export function makeKeeper(options: KeeperOptions): Keeper {
  const { store, records, crypto, kid, now, randomText, years, onErased } = options;

  /** SECURITY: no patient and no reason in the log: the digest of a record with a random text in it (protocol.md 3.16). */
  function keep(
    tx: StoreTx,
    kind: "hold" | "erasure",
    said: object,
    about?: { readonly patient?: string | undefined },
  ) {
    const record = JSON.stringify({ ...said, nonce: randomText(16) });
    const obj = dig(crypto, record);
    tx.publish(obj, kind, record, now(), about);
    return obj;
  }

  function writeHold(tx: StoreTx, said: object, about: { readonly patient?: string | undefined }) {
    const obj = keep(tx, "hold", { format: "countersign-hold/1", at: now(), ...said }, about);
    records.leaf(tx, { t: "config", obj, kid });
    return obj;
  }

  function keysOf(tx: StoreReads, whose: Held): readonly SubjectKeyRow[] {
    if ("rid" in whose) return tx.subjectKeys(whose);
    const patient = tx.patientKey(whose.patient);
    return patient === undefined ? [] : tx.subjectKeys({ patient });
  }

  /** The record of a hold is held with what it is on. */
  const isHeld = (holds: readonly HoldRow[], key: SubjectKeyRow): boolean =>
    holds.some(
      ({ patient, rid, record }) =>
        (patient !== undefined && patient === key.patient) ||
        (rid !== undefined && rid === key.rid) ||
        key.name === `published ${record}`,
    );

  /** Two records (docs/decisions/0016): the one whose digest is in the log is shown with a row, and names nobody. */
  function eraseKeys(
    tx: StoreTx,
    keys: readonly SubjectKeyRow[],
    why: ErasureRecord["why"],
    more: object = {},
  ): number {
    const { at, placed, record, entry } = writeErasure(tx, keys, why, more);
    tx.eraseKeys(placed, at, record);
    tx.afterCommit(onErased);
    return entry;
  }

  function writeErasure(tx: StoreTx, keys: readonly SubjectKeyRow[], why: ErasureRecord["why"], more: object) {
    const at = now();
    const names = keys.map(({ name }) => name);
    const said = keep(tx, "erasure", { format: "countersign-erasure-said/2", ...more, keys: names });
    const { places, ...list } = erasedList(crypto, keys, randomText);
    const record = keep(tx, "erasure", {
      ...{ format: ERASURE_FORMAT, at, why, ...list, said },
    } satisfies Omit<ErasureRecord, "nonce">);
    const entry = records.leaf(tx, { t: "config", ts: at, obj: record, kid, out: ERASED });
    const placed = keys.flatMap((key, i) => {
      const place = places[i];
      return place === undefined ? [] : [{ ...key, place }];
    });
    return { at, placed, record, entry };
  }

  return {
    hold: (whose, { reason, by }) =>
      store.write((tx) => {
        if ("rid" in whose && tx.currentRequest(whose.rid) === undefined) throw new CountersignError("E_REQ_UNKNOWN");
        const name = randomText(9);
        const target = "rid" in whose ? whose : { patient: tx.keepPatientKey(whose.patient, now()) };
        const about = { patient: "patient" in whose ? whose.patient : undefined };
        const record = writeHold(tx, { hold: name, reason, by, ...whose }, about);
        tx.addHold({ name, at: now(), record, ...target });
        return name;
      }),
    release(name, { reason, by }) {
      store.write((tx) => {
        const record = writeHold(tx, { release: name, reason, by }, {});
        if (!tx.releaseHold(name, now(), record)) {
          throw new CountersignError("E_CLI_INPUT", `There is no hold ${name} that was not released.`);
        }
      });
    },
    erase(whose, { order, by }) {
      const erased = store.write((tx) => {
        const keys = keysOf(tx, whose);
        if (keys.length === 0)
          throw new CountersignError("E_REQ_UNKNOWN", "Nothing that could be erased is kept of this.");
        const holds = tx.holds();
        // SECURITY: a hold beats every order; one part that is held holds the whole.
        if (keys.some((key) => isHeld(holds, key))) throw new CountersignError("E_STORE_HELD");
        if (keys.some((key) => tx.isUnended(key, Number.MAX_SAFE_INTEGER))) throw new CountersignError("E_STORE_OPEN");
        return { keys: keys.length, entry: eraseKeys(tx, keys, "order", { order, by }) };
      });
      // SECURITY: nobody is told that it is done while a file still has it.
      return store.hasTraces() && !store.cutTraces() ? { ...erased, traces: true } : erased;
    },
    runBatch: (after, isDry) =>
      store.write((tx) => {
        const before = Math.floor(now() - years * YEAR_S);
        const due = tx.subjectKeysBefore(before, after, BATCH);
        const holds = tx.holds();
        const held = due.filter((key) => isHeld(holds, key));
        const open = due.filter((key) => !held.includes(key) && tx.isUnended(key, before));
        const erased = due.filter((key) => !held.includes(key) && !open.includes(key));
        if (erased.length > 0 && !isDry) eraseKeys(tx, erased, "retention", { years });
        const last = due.length === BATCH ? due.at(-1)?.id : undefined;
        return {
          ...{ erased: erased.length, held: held.length, open: open.length },
          ...(last === undefined ? {} : { next: last }),
        };
      }),
    cutTraces: () => store.cutTraces(),
    status: () => ({
      ...{ years, ...store.keyCounts(), traces: store.hasTraces() },
      holds: store.holds().map(({ name, rid, at }) => ({ name, at, ...(rid === undefined ? {} : { rid }) })),
    }),
    repeat: () =>
      store.write((tx) => {
        const names = new Set(
          // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- `eraseKeys` of this store wrote it
          tx.undoneErasures().flatMap((text) => (JSON.parse(text) as { readonly keys: readonly string[] }).keys),
        );
        if (names.size === 0) return 0;
        const all = tx.subjectKeysBefore(Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER);
        const back = all.filter(({ name }) => names.has(name));
        eraseKeys(tx, back, "repeated");
        return back.length;
      }),
    restate() {
      let restated = 0;
      for (let done = BATCH; done === BATCH; restated += done) {
        done = store.write((tx) => {
          const keys = tx.unshownErasures(BATCH);
          if (keys.length === 0) return 0;
          const earlier = [...new Set(keys.map(({ record }) => record))];
          const { placed, record } = writeErasure(tx, keys, "restated", { earlier });
          tx.restateErasures(placed, record);
          tx.afterCommit(onErased);
          return keys.length;
        });
      }
      return restated;
    },
  };
}
