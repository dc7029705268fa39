import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";

import { checkpointFile } from "../../gateway/audit/checkpoint-file.ts";
import { openLog, type AuditLog } from "../../gateway/audit/log.ts";
import { makeKeeper, type Keeper } from "../../gateway/retention/keeper.ts";
import { openSqliteStore } from "../../gateway/store/sqlite.ts";
import type { Store } from "../../gateway/store/store.ts";
import { systemClock } from "../../gateway/system-clock.ts";

/** A gateway's store with its log and its keeper, as a start opens them. */
export interface Kept {
  readonly store: Store;
  readonly log: AuditLog;
  readonly keeper: Keeper;
}

/** @throws what a start would refuse with: the log audits itself */
export function openKept(folder: string, logKey: PrivateJwk): Kept {
  const crypto = makeNodeCrypto();
  const signer = makeSigner(logKey);
  const store = openSqliteStore(path.join(folder, "gateway.sqlite"));
  try {
    const log = openLog({
      ...{ crypto, store, signer, origin: "gw.example/log", clock: systemClock, checkpointAfterMs: 1e9 },
      file: checkpointFile(path.join(folder, "checkpoint")),
    });
    const keeper = makeKeeper({
      ...{ store, crypto, kid: signer.kid, years: 10, onErased: () => undefined },
      records: { leaf: (tx, leaf) => log.append(tx, leaf).index },
      now: () => Math.floor(systemClock.nowMs() / 1000),
      randomText: (bytes) => globalThis.crypto.getRandomValues(Buffer.alloc(bytes)).toString("base64url"),
    });
    keeper.repeat();
    return { store, log, keeper };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Everything about a patient, and the checkpoint that signs for it. */
export function eraseAll({ keeper, log }: Kept, patient: string): void {
  keeper.erase({ patient }, { order: "2026/17", by: "dpo" });
  log.signNow();
}
