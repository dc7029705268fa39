import type { RequestKey, RequestStatus } from "#shared/ipc/contract.ts";

import type { Clock } from "../clock.ts";
import type { Held } from "./held.ts";
import { nextChangeAt, statusOf } from "./status.ts";

/** What has ended stays on the list this long, greyed (approval-experience.md 5). */
const AFTERGLOW_S = 600;

export interface TableEvents {
  /** The row, or something that shows in it, is another than before. */
  onChanged(held: Held): void;
  onGone(key: RequestKey): void;
}

/** Every request this computer holds for one person at one gateway. In memory only (README decision 5). */
export interface Table {
  get(rid: string): Held | undefined;
  all(): readonly Held[];
  size(): number;
  /** Puts a request in, or replaces it. */
  put(held: Held): void;
  /** Replaces what `change` returns for a request that is here; returns it, or undefined when it is not. */
  change(rid: string, change: (held: Held) => Held): Held | undefined;
  status(held: Held): RequestStatus;
  /** Forgets everything, for example when another person unlocks. */
  clear(): void;
}

interface Slot {
  held: Held;
  /** Gateway seconds of when it began to be over. */
  overSince?: number;
  cancel: () => void;
}

const OVER: ReadonlySet<RequestStatus["kind"]> = new Set([
  "executed",
  "failed",
  "denied",
  "revoked",
  "expired",
  "withdrawn",
  "decided_elsewhere",
  "lapsed",
]);

/** @param time gateway time: what expires, expires by that */
export function makeTable(clock: Clock, time: { nowS(): number; nowMs(): number }, events: TableEvents): Table {
  const slots = new Map<string, Slot>();

  /** Looks again when the clock alone may change the status. */
  function schedule(slot: Slot): void {
    slot.cancel();
    const now = time.nowS();
    const over = OVER.has(statusOf(slot.held, now).kind);
    if (!over) delete slot.overSince;
    else slot.overSince ??= now;
    const at = slot.overSince === undefined ? nextChangeAt(slot.held, now) : slot.overSince + AFTERGLOW_S;
    if (at === undefined) return;
    slot.cancel = clock.after(Math.max(at * 1000 - time.nowMs(), 0) + 1, () => {
      if (slots.get(slot.held.key.rid) !== slot) return;
      if (slot.overSince !== undefined && time.nowS() >= slot.overSince + AFTERGLOW_S) {
        slots.delete(slot.held.key.rid);
        events.onGone(slot.held.key);
        return;
      }
      schedule(slot);
      events.onChanged(slot.held);
    });
  }

  function put(held: Held): void {
    const slot = slots.get(held.key.rid);
    if (slot) {
      slot.held = held;
      schedule(slot);
    } else {
      const fresh: Slot = { held, cancel: () => undefined };
      slots.set(held.key.rid, fresh);
      schedule(fresh);
    }
    events.onChanged(held);
  }

  return {
    get: (rid) => slots.get(rid)?.held,
    all: () => [...slots.values()].map((slot) => slot.held),
    size: () => slots.size,
    put,
    change(rid, change) {
      const held = slots.get(rid)?.held;
      if (!held) return undefined;
      const next = change(held);
      if (next !== held) put(next);
      return next;
    },
    status: (held) => statusOf(held, time.nowS()),
    clear() {
      for (const slot of slots.values()) slot.cancel();
      slots.clear();
    },
  };
}
