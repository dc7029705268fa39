import type { ReceiptClaims } from "#shared/protocol/claims/receipt.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Clock } from "../clock.ts";
import type { Link } from "../connection/link.ts";
import { GatewayRefusal } from "../connection/wire.ts";
import type { Journal } from "../journal/journal.ts";
import type { Outbox } from "../journal/outbox.ts";
import type { DecisionRecord } from "../journal/record.ts";
import { verifyReceipt } from "./signed-event.ts";

export interface DeliveryParts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly link: Pick<Link, "call" | "gateway">;
  readonly vault: { readonly outbox: Outbox; readonly journal: Journal };
  readonly me: { readonly device: string; readonly sub: string };
  readonly nowS: () => number;
}

export interface DeliveryEvents {
  /** It is on its way: from now on nobody knows whether the gateway has it, until a receipt is verified. */
  onSubmitted(record: DecisionRecord): void;
  onAnswered(record: DecisionRecord, receipt: ReceiptClaims): void;
  /** It can no longer count, and its author has to decide anew. */
  onUndelivered(record: DecisionRecord, code: ErrorCode): void;
  /** It is in the journal, with its answer or why it has none: what is about it can be kept beside it. */
  onKept(record: DecisionRecord): void;
  /** Nothing waits to be sent or answered any more. */
  onEmpty(): void;
}

/** Brings decisions from the outbox to the gateway, one at a time, the same bytes until a receipt (protocol.md 3.7). */
export interface Delivery {
  /** Sends what waits, if the gateway can be reached. Called after `ready`, and after each new decision. */
  pump(): void;
  /** A session with the gateway began or ended. */
  setReady(ready: boolean): void;
  /** A receipt that came by the feed. */
  take(receiptJws: string): Promise<void>;
  /** What waits can never be delivered any more, for example because its key is no longer valid: back to the person. */
  giveUpAll(code: ErrorCode): Promise<void>;
  /** What is decided now cannot be sent yet. */
  isWaiting(): boolean;
  /** A decision that was sent and has no verified receipt yet. */
  inFlight(): DecisionRecord | undefined;
  stop(): void;
}

const ANSWER_MS = 10_000;
const RETRY_MS = 2_000;

/** V1–V9: nothing was stored under this name, so the place in the chain is free again (protocol.md 3.7). */
const FREES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "E_FMT_SIZE",
  "E_FMT_JWS",
  "E_FMT_B64",
  "E_FMT_UTF8",
  "E_FMT_JSON",
  "E_FMT_DUP",
  "E_FMT_NUMBER",
  "E_FMT_DEPTH",
  "E_FMT_SURROGATE",
  "E_SIG_TYP",
  "E_SIG_ALG",
  "E_SIG_HEADER",
  "E_SIG_CRIT",
  "E_SIG_KID",
  "E_SIG_BAD",
  "E_KEY_UNKNOWN",
  "E_KEY_WEAK",
  "E_CLM_SHAPE",
  "E_CLM_VERSION",
  "E_CLM_AUD",
  "E_KEY_DEVICE",
  "E_JTI_REUSE",
]);

export function makeDelivery(parts: DeliveryParts, events: DeliveryEvents): Delivery {
  const { outbox, journal } = parts.vault;
  const submitted = new Set<string>();
  /** Decisions whose end is being written down. */
  const ending = new Map<string, Promise<void>>();
  let ready = false;
  let busy = false;
  let cancelRetry: () => void = () => undefined;

  function pump(): void {
    cancelRetry();
    const [entry] = outbox.entries();
    if (!entry) events.onEmpty();
    if (busy || !ready || !entry) return;
    busy = true;
    send(entry)
      .catch((error: unknown) => failed(entry, error))
      .catch(() => {
        // The journal cannot be written: the decision stays in the outbox and is sent again.
        retryIn(RETRY_MS);
      })
      .finally(() => {
        busy = false;
        if (!outbox.entries().includes(entry)) pump();
      });
  }

  async function send(entry: DecisionRecord): Promise<void> {
    // Before it leaves: a restart must not say that it never did.
    if (outbox.waits(entry)) await outbox.sends(entry);
    submitted.add(entry.dec_dig);
    events.onSubmitted(entry);
    const answer = await parts.link.call("decision.submit", { jws: entry.decision }, "decision.receipt", ANSWER_MS);
    await settle(entry, answer.body.jws);
  }

  async function failed(entry: DecisionRecord, error: unknown): Promise<void> {
    if (error instanceof GatewayRefusal) {
      if (FREES.has(error.code)) await giveUp(entry, error.code);
      // A rate limit, a fault or an expired session frees nothing: the same bytes again, later.
      else retryIn(error.wire.retry_after_ms ?? RETRY_MS);
    } else if (error instanceof CountersignError) {
      // No answer in time: if the session is gone, `ready` pumps again. A receipt that is none is no answer either.
      retryIn(ANSWER_MS);
    } else {
      throw error;
    }
  }

  function retryIn(delayMs: number): void {
    cancelRetry();
    cancelRetry = parts.clock.after(delayMs, pump);
  }

  /**
   * A decision ends once, whoever brings its end first: the answer, the answer's copy in the feed while the disk is slow, or
   * the end of its key. Resolves when it is written down; false for whoever came later.
   */
  async function endOnce(entry: DecisionRecord, write: () => Promise<void>): Promise<boolean> {
    const running = ending.get(entry.dec_dig);
    if (running) await running;
    if (running || !outbox.entries().includes(entry)) return false;
    const mine = write().finally(() => ending.delete(entry.dec_dig));
    ending.set(entry.dec_dig, mine);
    await mine;
    return true;
  }

  async function settle(entry: DecisionRecord, jws: string): Promise<void> {
    const { gateway } = parts.link;
    if (!gateway) throw new CountersignError("E_CLI_OFFLINE");
    const receipt = verifyReceipt(parts.crypto, gateway, jws, parts.me, entry);
    const at = parts.nowS();
    const isFirst = await endOnce(entry, async () => {
      await journal.append([entry, { t: "receipt", dec_dig: entry.dec_dig, jws, result: receipt.result, at }]);
      events.onKept(entry);
      await outbox.remove(entry);
      events.onAnswered(entry, receipt);
    });
    if (!isFirst) return;
    // What was chained to a rejected decision can no longer follow it: back to the person (protocol.md 3.7).
    if (receipt.result === "rejected") for (const later of outbox.entries()) await giveUp(later, "E_CHAIN_GAP");
  }

  async function giveUp(entry: DecisionRecord, code: ErrorCode): Promise<void> {
    const isFirst = await endOnce(entry, async () => {
      // Kept as evidence, but no longer sent (reliability.md A3).
      await journal.append([entry, { t: "undelivered", dec_dig: entry.dec_dig, code, at: parts.nowS() }]);
      events.onKept(entry);
      await outbox.remove(entry);
      events.onUndelivered(entry, code);
    });
    if (!isFirst) return;
    for (const later of outbox.entries()) {
      if (later.n > entry.n) await giveUp(later, "E_CHAIN_GAP");
    }
  }

  return {
    pump,
    setReady(next) {
      ready = next;
      if (ready) pump();
      else cancelRetry();
    },
    async take(receiptJws) {
      for (const entry of outbox.entries()) {
        try {
          await settle(entry, receiptJws);
          pump();
          return;
        } catch (error) {
          if (!(error instanceof CountersignError)) throw error;
        }
      }
    },
    async giveUpAll(code) {
      for (const entry of outbox.entries()) await giveUp(entry, code);
      events.onEmpty();
    },
    isWaiting: () => !ready,
    inFlight: () => outbox.entries().find((entry) => submitted.has(entry.dec_dig)),
    stop() {
      ready = false;
      cancelRetry();
    },
  };
}

/** After a kill between journal and outbox: what the journal already answers is not sent again. */
export async function tidyOutbox(vault: { readonly outbox: Outbox; readonly journal: Journal }): Promise<void> {
  for (const entry of vault.outbox.entries()) {
    const known = vault.journal.find(entry.dec_dig);
    if (known?.result !== undefined || known?.undelivered !== undefined) await vault.outbox.remove(entry);
  }
}
