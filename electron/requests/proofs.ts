import { leafText } from "#shared/ledger/leaf.ts";
import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import { gateSigned } from "#shared/protocol/verify/signed.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { Clock } from "../clock.ts";
import type { Journal } from "../journal/journal.ts";
import type { DecisionRecord, JournalRecord, Logged } from "../journal/record.ts";
import type { LogWatch } from "./log-watch.ts";

const FIRST_LOOK_MS = 2_000;
const LOOK_MS = 5_000;
const OVERDUE_LOOK_MS = 60_000;
/** Beyond the promised delay, for the way there and back. */
const GRACE_S = 10;

/**
 * Holds the gateway to its promise that a receipt is in the log within `mmd` seconds (protocol.md 3.12): fetches the proof,
 * verifies it, and says so when it does not come.
 */
export interface Proofs {
  /** Follows one recorded decision until it is proven or overdue. */
  follow(record: DecisionRecord, receipt: ReceiptClaims): void;
  stop(): void;
}

export function makeProofs(
  parts: {
    readonly clock: Clock;
    readonly journal: Journal;
    readonly logWatch: LogWatch;
    readonly nowS: () => number;
    readonly isReady: () => boolean;
  },
  onLogged: (record: DecisionRecord, logged: Logged) => void,
): Proofs {
  const { clock, journal, logWatch, nowS } = parts;
  const timers = new Map<string, () => void>();

  function later(record: DecisionRecord, receipt: ReceiptClaims, delayMs: number): void {
    timers.set(
      record.dec_dig,
      clock.after(delayMs, () => {
        timers.delete(record.dec_dig);
        void look(record, receipt);
      }),
    );
  }

  async function look(record: DecisionRecord, receipt: ReceiptClaims): Promise<void> {
    const logged = await state(record, receipt);
    if (logged !== "pending" && logged !== journal.find(record.dec_dig)?.logged) {
      await journal
        .append([{ t: "logged", dec_dig: record.dec_dig, state: logged, at: nowS() }])
        .catch(() => undefined);
      onLogged(record, logged);
    }
    // An overdue entry may still come; until then the screen says that it is not there.
    if (logged === "pending") later(record, receipt, LOOK_MS);
    if (logged === "not_logged") later(record, receipt, OVERDUE_LOOK_MS);
  }

  async function state(record: DecisionRecord, receipt: ReceiptClaims): Promise<Logged> {
    if (!parts.isReady()) return "pending";
    const { log } = receipt;
    const overdue = log !== undefined && nowS() > receipt.iat + log.mmd + GRACE_S;
    try {
      await journal.append(await prove(record, receipt));
      return "included";
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      if (logWatch.alarm()) return "fork";
      if (error.code === "E_CLI_OFFLINE") return "pending";
      return overdue ? "not_logged" : "pending";
    }
  }

  async function prove(record: DecisionRecord, receipt: ReceiptClaims): Promise<readonly JournalRecord[]> {
    const { log } = receipt;
    if (!log) throw new CountersignError("E_LOG_PENDING");
    const decision = await logWatch.prove({
      kind: "at",
      ...(log.index === undefined ? {} : { index: log.index }),
      ...(log.leaf === undefined ? {} : { leaf: log.leaf }),
      t: "decision",
      obj: record.dec_dig,
    });
    const at = nowS();
    return [...(await proveRequest(record, at)), { t: "proof", obj: record.dec_dig, ...decision, at }];
  }

  /** Completes the evidence; that the decision is logged does not depend on it. */
  async function proveRequest(record: DecisionRecord, at: number): Promise<readonly JournalRecord[]> {
    try {
      const request = await logWatch.prove({ kind: "exact", entry: requestEntry(record) });
      return [{ t: "proof", obj: record.req_dig, ...request, at }];
    } catch (error) {
      if (error instanceof CountersignError && error.code !== "E_LOG_FORK") return [];
      throw error;
    }
  }

  return {
    follow(record, receipt) {
      timers.get(record.dec_dig)?.();
      later(record, receipt, FIRST_LOOK_MS);
    },
    stop() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

/** The entry that the gateway wrote when it issued the request (protocol.md 3.16). */
function requestEntry(record: DecisionRecord): string {
  const { iat } = readStored("request", record.request);
  const { kid } = gateSigned("request", record.request).header;
  return leafText({ t: "request", ts: iat, rid: record.rid, rev: record.rev, obj: record.req_dig, kid });
}
