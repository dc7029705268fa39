import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import type { RequestStatus } from "#shared/ipc/contract.ts";

import { countdown } from "../time/remaining.ts";
import { isKeyOver } from "./key-over.ts";
import { words } from "../words/en-gb.ts";

/** How a status looks in a row: the shape before the words. */
export type StatusShape = "none" | "triangle" | "octagon" | "clock";

export interface StatusWords {
  readonly text: string;
  readonly shape: StatusShape;
}

/** Words of a status for the queue (approval-experience.md 5), or nothing where none is needed. Times in seconds. */
export function statusWords(status: RequestStatus, now: number, zone: string): StatusWords | undefined {
  const said = words.requests.status;
  const plain = (text: string): StatusWords => ({ text, shape: "none" });
  switch (status.kind) {
    case "pending":
      return undefined;
    case "expiring":
      return { text: said.expiring, shape: "clock" };
    case "changed":
      return { text: said.changed(formatTimeToday(status.at, now, zone).text), shape: "triangle" };
    case "quarantined":
      return { text: said.quarantined, shape: "octagon" };
    case "needs_second":
      return plain(said.needsSecond);
    case "unconfirmed":
      return plain(said.unconfirmed);
    case "signing":
      return plain(said.signing);
    case "sending":
      return plain(said.sending);
    case "undelivered":
      return { text: isKeyOver(status.code) ? said.keyOver : said.undelivered, shape: "triangle" };
    case "waiting_second":
      return plain(said.waitingSecond);
    case "held":
      return plain(said.held(countdown(status.until - now)));
    case "executing":
      return plain(said.executing);
    case "executed":
      return plain(said.executed);
    case "failed":
      return { text: status.unknown ? said.unknownOutcome : said.failed, shape: "triangle" };
    case "denied":
      return plain(said.denied);
    case "revoked":
      return plain(said.revoked);
    case "rejected":
      return { text: said.rejected, shape: "triangle" };
    case "expired":
      return plain(said.expired);
    case "withdrawn":
      return plain(said.withdrawn);
    case "decided_elsewhere":
      return plain(said.decidedElsewhere);
    case "lapsed":
      return plain(said.lapsed);
    default:
      return status satisfies never;
  }
}
