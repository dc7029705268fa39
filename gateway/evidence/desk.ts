import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Records } from "../core.ts";
import type { RefusedEvidence } from "../store/evidence.ts";
import type { Store } from "../store/store.ts";
import type { Logger } from "../transport/logger.ts";
import type { EvidenceWriter } from "./writer.ts";

/** Where the evidence in the hospital's record stands. */
export interface EvidenceState {
  /** Log entries that were not looked at yet; 0 where everything was given. */
  readonly waiting: number;
  /** What the server refused, first what was longest not tried. */
  readonly refused: readonly RefusedEvidence[];
}

export interface GiveUp {
  readonly leaf: number;
  readonly part: number;
  readonly reason: string;
  readonly by: string;
}

/** What whoever runs the gateway can do about evidence that the record's server refused. */
export interface EvidenceDesk {
  state(): EvidenceState;
  /** Tries everything that was refused once more. */
  retry(): Promise<EvidenceState>;
  /**
   * Gives one up, with a `config` entry in the log: the digest of who, why and what.
   * @throws CountersignError `E_NOT_FOUND` for what is not among the refused, `E_CLI_INPUT`
   */
  giveUp(order: GiveUp): EvidenceState;
}

export interface EvidenceDeskOptions {
  readonly store: Store;
  readonly records: Pick<Records, "leaf">;
  readonly writer: Pick<EvidenceWriter, "retry">;
  readonly crypto: Crypto;
  readonly kid: string;
  readonly now: () => number;
  /** So many random bytes as base64url. */
  readonly randomText: (bytes: number) => string;
  readonly logger: Logger;
}

/** Most that a list holds; what is behind them comes when these are settled. */
const MOST = 1000;
const MAX_REASON = 500;

export function makeEvidenceDesk(options: EvidenceDeskOptions): EvidenceDesk {
  const { store, records, writer, crypto, kid, now, randomText, logger } = options;
  const state = (): EvidenceState => ({
    waiting: Math.max(0, store.logSize() - (store.evidenceCursor() ?? 0)),
    refused: store.evidenceRefused(MOST),
  });
  return {
    state,
    async retry() {
      await writer.retry();
      return state();
    },
    giveUp({ leaf, part, reason, by }) {
      if (reason.trim() === "" || reason.length > MAX_REASON) {
        throw new CountersignError("E_CLI_INPUT", `The reason has 1 to ${String(MAX_REASON)} characters.`);
      }
      const found = store.evidenceRefused(MOST).find((one) => one.leaf === leaf && one.part === part);
      if (found === undefined) {
        throw new CountersignError("E_NOT_FOUND", `${String(leaf)}.${String(part)} is not among what was refused.`);
      }
      const { type, status, tries } = found;
      const record = JSON.stringify({
        ...{ format: "countersign-evidence-given-up/1", leaf, part, type, status, tries, at: now(), by, reason },
        // SECURITY: random, so that the digest in the log gives nothing of the reason away (protocol.md 3.16).
        nonce: randomText(16),
      });
      const obj = dig(crypto, record);
      store.write((tx) => {
        tx.settleEvidence(leaf, part);
        tx.publish(obj, "access", record, now());
        records.leaf(tx, { t: "config", obj, kid });
      });
      logger.warn("evidence.given-up", { leaf, part, type, status });
      return state();
    },
  };
}
