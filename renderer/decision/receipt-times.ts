import type { RequestStatus } from "#shared/ipc/contract.ts";
import type { ReceiptClaims, RequestState } from "#shared/protocol/claims/receipt.ts";

import { isKeyOver } from "../review/key-over.ts";
import { words } from "../words/en-gb.ts";

/** What stands where a receipt has no time. */
interface WithoutTime {
  readonly accepted: string;
  readonly executed: string;
}

/** Whether what has no time can still happen (S7): "not yet" is said only where it can. */
export function withoutTime(status: RequestStatus, result: ReceiptClaims["result"] | undefined): WithoutTime {
  const { no, notYet, notKnown } = words.receipt;
  // It may have arrived before its key ended, and its receipt not.
  if (status.kind === "undelivered" && isKeyOver(status.code)) {
    return { accepted: notKnown, executed: status.decision === "deny" ? no : notKnown };
  }
  const isRefused = result === "rejected" || status.kind === "rejected" || status.kind === "undelivered";
  return { accepted: isRefused ? no : notYet, executed: executedWithout(status) };
}

function executedWithout(status: RequestStatus): string {
  const { no, notYet, notKnown } = words.receipt;
  switch (status.kind) {
    case "rejected":
    case "undelivered":
    case "denied":
    case "revoked":
    case "lapsed":
    case "expired":
    case "withdrawn":
      return no;
    case "failed":
      return status.unknown ? notKnown : no;
    case "decided_elsewhere":
      // Of a failure elsewhere it is not told whether a part of it was done.
      return status.outcome === "failed" ? notKnown : CAN_STILL.has(status.outcome) ? notYet : no;
    default:
      return notYet;
  }
}

const CAN_STILL: ReadonlySet<RequestState> = new Set(["open", "partial", "approved", "executing", "completed"]);
