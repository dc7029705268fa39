import { CountersignError } from "#shared/protocol/error.ts";

import type { Link } from "../connection/link.ts";
import type { Outbox } from "../journal/outbox.ts";
import type { Delivery } from "./delivery.ts";
import type { Screen } from "./review.ts";

/** Waits for the moment in which a person's key can be taken away without taking anything from under their hands. */
export interface StandDown {
  /**
   * Resolves when nothing of the person is on the screen or waits for its receipt; in the same turn the key is taken.
   * @throws CountersignError `E_CLI_OFFLINE` when `signal` is aborted first
   */
  wait(signal: AbortSignal): Promise<void>;
  /** Something ended: looks again. */
  check(): void;
}

export function makeStandDown(parts: {
  readonly screen: Pick<Screen, "shown">;
  readonly outbox: Pick<Outbox, "entries">;
  readonly link: Pick<Link, "status">;
  readonly delivery: () => Pick<Delivery, "giveUpAll">;
  readonly takeKey: () => void;
}): StandDown {
  const { screen, outbox, link } = parts;
  let waiting: (() => void) | undefined;
  let isGivingUp = false;

  /** Replaced, and its day of overlap is over: no session opens for this key again, and nothing of it can be delivered. */
  function giveUpWhenOver(): void {
    const { status } = link;
    if (outbox.entries().length === 0 || status.kind !== "refused" || status.code !== "E_KEY_VALIDITY") return;
    if (isGivingUp) return;
    isGivingUp = true;
    parts
      .delivery()
      .giveUpAll(status.code)
      // What cannot be written now waits in the outbox, and with it the change of keys.
      .catch(() => undefined)
      .finally(() => {
        isGivingUp = false;
      });
  }

  function check(): void {
    if (!waiting) return;
    if (screen.shown === undefined && outbox.entries().length === 0) waiting();
    else giveUpWhenOver();
  }

  return {
    wait: (signal) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => {
          waiting = undefined;
          reject(new CountersignError("E_CLI_OFFLINE"));
        };
        if (signal.aborted) {
          onAbort();
          return;
        }
        waiting = () => {
          waiting = undefined;
          signal.removeEventListener("abort", onAbort);
          parts.takeKey();
          resolve();
        };
        signal.addEventListener("abort", onAbort, { once: true });
        check();
      }),
    check,
  };
}
