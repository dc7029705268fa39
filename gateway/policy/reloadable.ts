import type { CountersignError } from "#shared/protocol/error.ts";

import type { Clock, PolicyPort, ReadPolicyPort } from "../ports.ts";
import type { ServingPolicy } from "./published.ts";

type Judge = PolicyPort & ReadPolicyPort;

/** A policy that can be another one from one question to the next; each question is answered by one set alone. */
export interface ReloadablePolicy {
  readonly policy: Judge;
  readonly swap: (next: Judge) => void;
}

export function reloadablePolicy(first: Judge): ReloadablePolicy {
  let current = first;
  return {
    policy: {
      evaluate: (input) => current.evaluate(input),
      read: (input) => current.read(input),
      get budgets() {
        return current.budgets;
      },
    },
    swap(next) {
      current = next;
    },
  };
}

export interface PolicyWatchOptions {
  /** The set that serves now. */
  readonly serving: Pick<ServingPolicy, "dig">;
  /** Something that is another text when what is published may be another set. */
  readonly stamp: () => string;
  /**
   * Reads and judges the set that is published now.
   * @throws CountersignError for a set that may not serve
   */
  readonly read: () => { readonly serving: ServingPolicy; readonly policy: Judge };
  /** Keeps it and writes its entry into the log. @throws CountersignError `E_POL_OLDER`, `E_STORE_*` */
  readonly keep: (serving: ServingPolicy) => void;
  readonly swap: (next: Judge) => void;
  readonly onTaken: (serving: ServingPolicy) => void;
  readonly onRefused: (fault: CountersignError | Error) => void;
  readonly clock: Clock;
}

const LOOK_EVERY_MS = 2000;

/**
 * Takes a newly published set into service without a restart. It serves from the moment its entry is in the log; a set that
 * is not signed by the directory for this gateway, is older, has a fault or asks pools that are not here never serves, and
 * the one before it goes on.
 */
export function watchPolicy(options: PolicyWatchOptions): { close(): void } {
  let seen = options.stamp();
  let { dig } = options.serving;
  let cancel = options.clock.after(LOOK_EVERY_MS, look);

  function look(): void {
    cancel = options.clock.after(LOOK_EVERY_MS, look);
    const stamp = options.stamp();
    if (stamp === seen) return;
    seen = stamp;
    try {
      const { serving, policy } = options.read();
      if (serving.dig === dig) return;
      // SECURITY: kept and logged before it judges anything (protocol.md 3.20.1).
      options.keep(serving);
      options.swap(policy);
      dig = serving.dig;
      options.onTaken(serving);
    } catch (fault) {
      if (!(fault instanceof Error)) throw fault;
      options.onRefused(fault);
    }
  }

  return { close: () => cancel() };
}
