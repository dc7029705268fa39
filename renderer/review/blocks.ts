import type { GatewayStatus, RequestStatus } from "#shared/ipc/contract.ts";

import { sentenceOf } from "#shared/protocol/registry.ts";

import { isClockWrong, isLive } from "../shell/connection.ts";
import { words } from "../words/en-gb.ts";

/** What an approval depends on, besides the guard of its button. */
export interface ApprovalFacts {
  readonly status: RequestStatus;
  readonly gateway: GatewayStatus | undefined;
  /** This person may not approve it at all, says main; why stands in the review. */
  readonly isBarred: boolean;
  readonly hasObstacles: boolean;
  /** The revision on the screen is the one that was read from the top. */
  readonly isRead: boolean;
  readonly unseen: number;
  readonly unticked: number;
  readonly granted: number;
  /** What main's count of the reading misses, in words. */
  readonly short: string | undefined;
}

export type Standing = "open" | "quarantined" | "unconfirmed" | "busy" | "ended";

/** What may be done with a request in this state (approval-experience.md 5). */
export function standingOf(status: RequestStatus): Standing {
  switch (status.kind) {
    case "pending":
    case "expiring":
    case "changed":
    case "needs_second":
      return "open";
    case "quarantined":
      return "quarantined";
    case "unconfirmed":
      return "unconfirmed";
    case "signing":
    case "sending":
    case "waiting_second":
    case "held":
    case "executing":
      return "busy";
    case "undelivered":
    case "executed":
    case "failed":
    case "denied":
    case "revoked":
    case "rejected":
    case "expired":
    case "withdrawn":
    case "decided_elsewhere":
    case "lapsed":
      return "ended";
    default:
      return status satisfies never;
  }
}

/** May it be denied? Always, while anything can still be decided: deny is never blocked by guards (P5). */
export function canDeny(status: RequestStatus): boolean {
  const standing = standingOf(status);
  return standing === "open" || standing === "quarantined" || standing === "unconfirmed";
}

/**
 * Why Approve cannot act, in words, or undefined when only its guard stands before it. What the reader can do nothing
 * about comes first.
 */
export function approvalBlock(facts: ApprovalFacts): string | undefined {
  const said = words.review.blocked;
  const standing = standingOf(facts.status);
  if (standing === "ended") return said.ended;
  if (standing === "busy") return said.busy;
  if (standing === "quarantined" || facts.hasObstacles) return said.quarantined;
  if (facts.isBarred) return said.barred;
  if (standing === "unconfirmed") return said.unconfirmed;
  if (!isLive(facts.gateway)) return said.offline;
  if (isClockWrong(facts.gateway)) return said.clock;
  const stop = facts.gateway?.standing_stop;
  // A list that cannot be read stops grave approvals only; main knows which those are and says so.
  if (stop !== undefined && stop !== "E_CLI_STATUS") return sentenceOf(stop);
  if (!facts.isRead) return said.changed;
  if (facts.unseen > 0) return words.review.unseenHint(facts.unseen);
  if (facts.unticked > 0) return words.review.unticked(facts.unticked);
  if (facts.granted === 0) return said.nothingGranted;
  return facts.short;
}
