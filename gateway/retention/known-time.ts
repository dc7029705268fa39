import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Records } from "../core.ts";
import type { Store } from "../store/store.ts";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/**
 * A gateway that serves writes the time down once a day, so a silence is time in which it was off. Longer than any planned
 * one, and so short that a clock which is off by less moves what is kept for years by less than a month.
 */
const LONGEST_SILENCE_S = 30 * DAY_S;
/** Clocks of a host that keeps local time, or was without NTP for a while, are hours off; a day is not passed. */
const MOST_BEHIND_S = DAY_S;

/** What the clock says beside the newest time that was believed. Unix seconds. */
export interface TimeStanding {
  readonly kind: "believed" | "ahead" | "behind";
  readonly known: number;
  readonly now: number;
}

/**
 * Whether the clock can be right by what the store knows. A clock that was wrong before the start moves as it should from
 * then on, so nothing that watches it sees that (reliability.md C3).
 */
export interface KnownTime {
  standing(): TimeStanding;
  /** Why nothing that depends on age is done; undefined while the clock is believed. */
  fault(): CountersignError | undefined;
  /** Writes down a time that is believed, so that a silence is measured from it. */
  keep(): void;
  /**
   * A person says that the clock is right: one commit with its `config` entry in the log.
   * @param said `today`: the day by their own calendar, YYYY-MM-DD, so that nobody confirms unread
   * @throws CountersignError `E_CLI_INPUT` where the clock says another day
   */
  confirm(said: { readonly today: string; readonly by: string }): void;
}

export interface KnownTimeOptions {
  readonly store: Pick<Store, "knownTime" | "write">;
  readonly records: Pick<Records, "leaf">;
  readonly crypto: Crypto;
  /** Of the key that signs what this gateway says. */
  readonly kid: string;
  /** Unix seconds. */
  readonly now: () => number;
  /** So many random bytes as base64url. */
  readonly randomText: (bytes: number) => string;
}

/**
 * The newest time that was believed, Unix seconds; of a new store this one. Before anything else of a start.
 * SECURITY: it is written down also where the clock does not go with it: what this start signs is dated by that clock, and
 * must not be taken for what was known at the next one.
 */
export function findKnownTime(store: KnownTimeOptions["store"], now: number): number {
  const found = store.knownTime();
  const at = found?.at ?? now;
  if (found?.isKept !== true) write(store, at);
  return at;
}

/** False where there is no room: a full disk keeps no gateway from starting, and the next day comes. */
function write(store: KnownTimeOptions["store"], at: number): boolean {
  try {
    store.write((tx) => tx.keepTime(at));
    return true;
  } catch (error) {
    if (error instanceof CountersignError && error.code === "E_STORE_FULL") return false;
    throw error;
  }
}

/** @param found from {@link findKnownTime} */
export function watchKnownTime(found: number, options: KnownTimeOptions): KnownTime {
  const { store, records, crypto, kid, now, randomText } = options;
  let known = found;

  function standing(): TimeStanding {
    const at = now();
    if (at - known > LONGEST_SILENCE_S) return { kind: "ahead", known, now: at };
    return { kind: known - at > MOST_BEHIND_S ? "behind" : "believed", known, now: at };
  }

  function keep(): void {
    const { kind, now: at } = standing();
    if (kind === "believed" && at - known >= HOUR_S && write(store, at)) known = at;
  }
  keep();

  return {
    standing,
    keep,
    fault() {
      const { kind, now: at } = standing();
      return kind === "believed" ? undefined : new CountersignError("E_CLOCK", sentence(kind, known, at));
    },
    confirm({ today, by }) {
      const { kind, known: before, now: at } = standing();
      if (today !== dayOf(at)) {
        throw new CountersignError(
          "E_CLI_INPUT",
          `The gateway's clock says ${dayOf(at)} (UTC). Where that is not today, set the clock right and start the gateway again. Nothing was changed.`,
        );
      }
      if (kind === "believed") return;
      store.write((tx) => {
        const said = { format: "countersign-clock/1", at, known: before, by, nonce: randomText(16) };
        const record = JSON.stringify(said);
        const obj = dig(crypto, record);
        tx.publish(obj, "clock", record, at);
        records.leaf(tx, { t: "config", obj, kid });
        tx.keepTime(at);
      });
      known = at;
    },
  };
}

const dayOf = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10);

function sentence(kind: "ahead" | "behind", known: number, now: number): string {
  const days = String(Math.round(Math.abs(now - known) / DAY_S));
  const says = `The gateway's clock says ${dayOf(now)}, ${days} days ${kind === "ahead" ? "after" : "before"} the newest time it knows of.`;
  return `${says} Until a person has looked nothing is erased by its age: where the clock is wrong, set it right and start the gateway again; where it is right, "countersign gateway retention confirm-time --today YYYY-MM-DD".`;
}
