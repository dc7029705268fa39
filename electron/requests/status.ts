import type { RequestStatus } from "#shared/ipc/contract.ts";

import { isMine, isOpen, lastMine, standingApproval, stateOf, type Held, type Side } from "./held.ts";

/** Less than a fifth or less than five minutes of its time left. */
const EXPIRING_PART = 0.2;
const EXPIRING_S = 300;

/** The one status of a request on this computer (approval-experience.md 5). `now` in gateway seconds. */
export function statusOf(held: Held, now: number): RequestStatus {
  const { side, revision } = held;
  const mine = lastMine(held);
  switch (mine?.kind) {
    case "signing":
      return { kind: "signing" };
    case "sending": {
      const { record, submitted } = mine;
      const tooLate = record.kind !== "revoke" && now > revision.brief.submit_by;
      return submitted || !tooLate
        ? { kind: "sending", decision: record.kind, since: record.at }
        : { kind: "undelivered", decision: record.kind, code: "E_REQ_LATE" };
    }
    case "undelivered":
      if (isOpen(side)) return { kind: "undelivered", decision: mine.record.kind, code: mine.code };
      break;
    // Rejected and ended: what it ended as is what is said, not that somebody decided (reliability.md C4, C5).
    case "rejected":
    case "recorded":
    case undefined:
      break;
    default:
      mine satisfies never;
  }
  if (mine?.kind === "rejected" && isOpen(side) && now < revision.brief.exp) {
    return { kind: "rejected", code: mine.receipt.code ?? "E_INTERNAL" };
  }
  return isOpen(side) ? waiting(held, now) : decided(held);
}

function waiting(held: Held, now: number): RequestStatus {
  const { revision, side } = held;
  const { brief, verdict } = revision;
  if (now >= brief.exp) return { kind: "expired", at: brief.exp };
  if (standingApproval(held)) return { kind: "waiting_second" };
  if (verdict.kind === "quarantined") return { kind: "quarantined", code: verdict.code, findings: verdict.findings };
  if (!held.confirmed) return { kind: "unconfirmed" };
  if (held.changed) return { kind: "changed", ...held.changed };
  if (side.kind === "partial" && side.have > 0) return { kind: "needs_second" };
  return now >= expiringAt(held) ? { kind: "expiring", at: brief.exp } : { kind: "pending" };
}

export function expiringAt({ revision: { brief } }: Held): number {
  return brief.exp - Math.min(Math.max(EXPIRING_S, (brief.exp - brief.iat) * EXPIRING_PART), brief.exp - brief.iat);
}

function decided(held: Held): RequestStatus {
  const { side } = held;
  const approved = isMine(held, "approve");
  switch (side.kind) {
    case "approved":
      return approved ? { kind: "held", until: side.at + held.revision.brief.hold_s } : elsewhere(held);
    case "executing":
      return approved ? { kind: "executing" } : elsewhere(held);
    case "completed":
      return approved ? { kind: "executed" } : elsewhere(held);
    case "failed":
      return approved ? { kind: "failed", code: side.code, unknown: side.unknown } : elsewhere(held);
    case "denied":
      return isMine(held, "deny") ? { kind: "denied" } : elsewhere(held);
    case "revoked":
      return approved ? { kind: "revoked" } : elsewhere(held);
    case "lapsed":
      return { kind: "lapsed" };
    case "expired":
      return { kind: "expired", at: side.at };
    case "withdrawn":
      return { kind: "withdrawn", at: side.at, by: side.by, reason: side.reason };
    default:
      return elsewhere(held);
  }
}

const elsewhere = ({ side }: Held): RequestStatus => ({
  kind: "decided_elsewhere",
  outcome: stateOf(side),
  by: byOf(side),
});

const byOf = (side: Side): readonly string[] => ("by" in side && typeof side.by !== "string" ? side.by : []);

/** When the status may change by itself next (gateway seconds), or undefined. */
export function nextChangeAt(held: Held, now: number): number | undefined {
  const { brief } = held.revision;
  const times = [expiringAt(held), brief.exp, brief.submit_by + 1];
  return isOpen(held.side) ? times.filter((t) => t > now).sort((a, b) => a - b)[0] : undefined;
}

const APPROVABLE: ReadonlySet<RequestStatus["kind"]> = new Set(["pending", "expiring", "needs_second"]);
const DENIABLE: ReadonlySet<RequestStatus["kind"]> = new Set([...APPROVABLE, "changed", "quarantined", "unconfirmed"]);
const REVOCABLE: ReadonlySet<RequestStatus["kind"]> = new Set(["held", "waiting_second"]);

/** What a person may do in a status (approval-experience.md 5, last two columns). */
export const mayApprove = (status: RequestStatus): boolean => APPROVABLE.has(status.kind);
export const mayDeny = (status: RequestStatus): boolean => DENIABLE.has(status.kind);
export const mayRevoke = (status: RequestStatus, now: number): boolean =>
  REVOCABLE.has(status.kind) && (status.kind !== "held" || now <= status.until);
