import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { makeSigner, type PrivateJwk } from "#shared/crypto/sign.ts";

import { checkpointFile } from "../../gateway/audit/checkpoint-file.ts";
import { openLog, type AuditLog } from "../../gateway/audit/log.ts";
import { makeKeeper, type Keeper } from "../../gateway/retention/keeper.ts";
import { makeRekeying, type Rekeyed } from "../../gateway/store/rekey.ts";
import { openSqliteStore } from "../../gateway/store/sqlite.ts";
import type { NewLeaf } from "../../gateway/core.ts";
import type { Store, StoreTx } from "../../gateway/store/store.ts";
import { systemClock } from "../../gateway/system-clock.ts";

/** A gateway's store with its log and its keeper, as a start opens them. */
export interface Kept {
  readonly store: Store;
  readonly log: AuditLog;
  readonly keeper: Keeper;
  readonly rekeying: ReturnType<typeof makeRekeying>;
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
    const pen = {
      ...{ store, crypto, kid: signer.kid },
      records: { leaf: (tx: StoreTx, leaf: NewLeaf) => log.append(tx, leaf).index },
      now: () => Math.floor(systemClock.nowMs() / 1000),
      randomText: (bytes: number) => globalThis.crypto.getRandomValues(Buffer.alloc(bytes)).toString("base64url"),
    };
    const keeper = makeKeeper({ ...pen, years: 10, onErased: () => undefined });
    keeper.repeat();
    return { store, log, keeper, rekeying: makeRekeying({ ...pen, folder, most: 3 }) };
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

/** A whole change of the store's key, a few keys at a time, and the checkpoint that signs for it. */
export function rekey({ rekeying, log }: Kept): Rekeyed {
  for (;;) {
    const one = rekeying.step("engineer");
    if (!one.done) continue;
    log.signNow();
    return one;
  }
}
