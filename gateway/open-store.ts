import { join } from "node:path";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { auditToServe, type Begun, type BeginOptions } from "./audit/begin.ts";
import { auditBeside, type BesideAudit } from "./audit/beside.ts";
import { checkpointFile } from "./audit/checkpoint-file.ts";
import { notesAtHand } from "./audit/log.ts";
import type { Clock } from "./ports.ts";
import { sayEvery, sayWhenLong } from "./say-every.ts";
import { openSqliteStore } from "./store/sqlite.ts";
import type { Store } from "./store/store.ts";
import type { Logger } from "./transport/logger.ts";

export const STORE_FILE = "gateway.sqlite";
export const CHECKPOINT_FILE = "checkpoint";

export interface StoreSide {
  /** Folder of store and checkpoint. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @param pagesLater it is to be served, and {@link auditOf} sees to its pages @throws CountersignError `E_STORE_*` */
export const openStore = ({ folder, clock, logger }: StoreSide, pagesLater: boolean): Store =>
  openSqliteStore(join(folder, STORE_FILE), {
    pagesLater,
    onFault: faultTo(logger, "store.listener"),
    onSealing: sayEvery(clock, (done, of) => logger.warn("store.sealing", { done, of })),
  });

/** How the audit before serving is followed and ended. */
export type AuditWatch = Pick<BeginOptions, "signal" | "onProgress" | "firstMs">;

/** The audit of a store that is to be served: before that, and beside it (docs/decisions/0018). */
export function auditOf(
  store: Store,
  { folder, clock, logger, crypto, vkey }: StoreSide & { readonly crypto: Crypto; readonly vkey: string },
): {
  /** @throws CountersignError `E_STORE_CORRUPT`; the reason of the signal */
  toServe(watch?: AuditWatch): Promise<Begun>;
  beside(begun: Begun): BesideAudit;
} {
  const notes = (): readonly string[] => notesAtHand(store, checkpointFile(join(folder, CHECKPOINT_FILE)));
  const say = sayWhenLong(clock, (done: number, of: number) => logger.warn("log.auditing", { done, of }));
  return {
    toServe: async (watch) =>
      await auditToServe({
        ...{ store, crypto, clock, vkey, ...watch, notes: notes() },
        now: () => Math.floor(clock.nowMs() / 1000),
        onWhole: (why) => logger.warn("log.auditing-whole", { why }),
        onProgress(how) {
          say(how.done, how.of);
          watch?.onProgress?.(how);
        },
      }),
    beside: (begun) => auditBeside({ store, crypto, vkey, notes, clock, logger, begun }),
  };
}

/** Names and codes only: a fault's message could hold content. */
export const faultTo =
  (logger: Logger, event: string) =>
  (error: unknown): void => {
    const name = error instanceof Error ? error.name : typeof error;
    logger.error(event, { error: error instanceof CountersignError ? error.code : name });
  };
