import type { ReceiptView, RequestStatus } from "#shared/ipc/contract.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { isKeyOver } from "../review/key-over.ts";
import { words } from "../words/en-gb.ts";

/** How a receipt is drawn: heading, what it means, and how loud that is. */
export interface ReceiptState {
  readonly title: string;
  readonly detail: string | undefined;
  readonly tone: "plain" | "wait" | "trouble";
  /** Until when it can be revoked, seconds of gateway time. */
  readonly heldUntil?: number;
  /** Nothing counts any more: the request can be read and decided again. */
  readonly canReadAgain: boolean;
}

/** After this long without an answer we say that we do not know (approval-experience.md S7). Seconds. */
const UNSURE_AFTER_S = 10;

/** Is the latest decision on this request mine, so that its receipt is shown instead of the review? */
export function isReceipt(status: RequestStatus): boolean {
  switch (status.kind) {
    case "sending":
    case "undelivered":
    case "waiting_second":
    case "held":
    case "executing":
    case "executed":
    case "failed":
    case "denied":
    case "revoked":
    case "rejected":
      return true;
    case "pending":
    case "expiring":
    case "changed":
    case "quarantined":
    case "needs_second":
    case "unconfirmed":
    case "signing":
    case "expired":
    case "withdrawn":
    case "decided_elsewhere":
    case "lapsed":
      return false;
    default:
      return status satisfies never;
  }
}

/** Words of a receipt by its state (S7). "Recorded" only when the gateway has acknowledged the signature (P12). */
export function receiptState(status: RequestStatus, view: ReceiptView, isLive: boolean, now: number): ReceiptState {
  const said = words.receipt;
  const plain = (title: string, detail?: string): ReceiptState => ({
    title,
    detail,
    tone: "plain",
    canReadAgain: false,
  });
  const trouble = (title: string, detail: string, canReadAgain = false): ReceiptState => ({
    title,
    detail,
    tone: "trouble",
    canReadAgain,
  });
  switch (status.kind) {
    case "sending": {
      const title = {
        approve: said.titles.sendingApprove,
        deny: said.titles.sendingDeny,
        revoke: said.titles.sendingRevoke,
      };
      const isUnsure = now - status.since > UNSURE_AFTER_S && isLive;
      const detail = isUnsure ? said.unknownDelivery : isLive ? said.sending : said.sendingOffline;
      return { title: title[status.decision], detail, tone: isUnsure ? "trouble" : "wait", canReadAgain: false };
    }
    case "undelivered":
      // Nobody can tell here whether it had arrived before its key ended, and this key signs nothing again.
      if (isKeyOver(status.code)) return trouble(said.titles.keyOver, `${sentenceOf(status.code)} ${said.keyOver}`);
      return trouble(said.titles.undelivered, `${sentenceOf(status.code)} ${said.undelivered}`, true);
    case "waiting_second":
      return { title: said.titles.waiting, detail: said.waitingMeans, tone: "wait", canReadAgain: false };
    case "held":
      return {
        title: said.titles.recorded,
        detail: undefined,
        tone: "wait",
        heldUntil: status.until,
        canReadAgain: false,
      };
    case "executing":
      return plain(said.titles.executing);
    case "executed":
      return plain(said.titles.executed, said.executedMeans);
    case "failed":
      return status.unknown
        ? trouble(said.titles.unknown, said.failedUnknown)
        : trouble(said.titles.failed, `${sentenceOf(status.code)} ${said.failed}`);
    case "denied":
      return plain(said.titles.denied);
    case "revoked":
      return plain(said.titles.revoked, said.revokedMeans);
    case "rejected":
      return trouble(said.titles.rejected, sentenceOf(status.code), true);
    case "lapsed":
      return trouble(said.titles.expired, words.strips.lapsed);
    case "pending":
    case "expiring":
    case "changed":
    case "quarantined":
    case "needs_second":
    case "unconfirmed":
    case "signing":
    case "expired":
    case "withdrawn":
    case "decided_elsewhere":
      return plain(view.decision === "deny" ? said.titles.denied : said.titles.recorded);
    default:
      return status satisfies never;
  }
}
