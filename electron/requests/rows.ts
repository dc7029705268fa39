import type { QueueRow, ReadingShort, ReceiptView, ReviewData, SignerLine } from "#shared/ipc/contract.ts";
import { requestWords } from "#shared/protocol/check-words.ts";
import { excludedFromApproving } from "#shared/protocol/verify/eligibility.ts";

import { isOpen, lastMine, standingApproval, type Held, type Mine } from "./held.ts";
import { mayRevoke, statusOf } from "./status.ts";

/** One row of the queue (approval-experience.md S3), from verified claims. `now` in gateway seconds. */
export function rowOf(held: Held, now: number): QueueRow {
  const { revision, key } = held;
  const { brief } = revision;
  return {
    key,
    rev: revision.rev,
    digest: revision.digest,
    status: statusOf(held, now),
    unread: held.unread,
    viewing: held.viewing,
    received_at: held.received_at,
    exp: brief.exp,
    tier: brief.tier,
    patient: brief.patient,
    action_type: brief.action_type,
    item: brief.item,
    agent_name: brief.agent.name,
    conflict: brief.conflict,
    asked: brief.asked,
    denied: brief.denied,
  };
}

/** Everything the review screen draws from. `now` in gateway seconds. */
export function reviewOf(
  held: Held,
  {
    now,
    gatewayName,
    signer,
    short,
  }: {
    readonly now: number;
    readonly gatewayName: string;
    readonly signer: SignerLine;
    readonly short: ReadingShort | undefined;
  },
): ReviewData {
  const receipt = receiptOf(held, now, signer);
  const { claims } = held.revision.content();
  return {
    row: rowOf(held, now),
    claims,
    template: held.revision.template,
    check_words: requestWords(held.revision.digest),
    gateway_name: gatewayName,
    signer,
    ...(held.previous === undefined ? {} : { previous: held.previous }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(excludedFromApproving(claims).has(signer.sub) ? { barred: "E_SOD_EXCLUDED" } : {}),
    ...(short === undefined ? {} : { short }),
  };
}

/** The receipt screen of my latest decision, or undefined where I have made none. */
export function receiptOf(held: Held, now: number, signer: SignerLine): ReceiptView | undefined {
  const mine = lastMine(held);
  if (!mine || mine.kind === "signing") return undefined;
  const { side } = held;
  const receipt = "receipt" in mine ? mine.receipt : undefined;
  return {
    decision: mine.record.kind,
    signed_at: mine.record.at,
    signer,
    ...(receipt === undefined ? {} : { receipt }),
    ...(side.kind === "completed" ? { executed_at: side.at } : {}),
    ...(side.kind === "completed" && side.resource !== undefined ? { resource: side.resource } : {}),
    reference: referenceOf(held.key.rid),
    logged: loggedOf(mine),
    can_revoke: standingApproval(held) !== undefined && !isBusy(mine) && mayRevoke(statusOf(held, now), now),
  };
}

const isBusy = (mine: Mine): boolean => mine.kind === "sending" || mine.kind === "signing";

function loggedOf(mine: Mine): ReceiptView["logged"] {
  return mine.kind === "recorded" ? mine.logged : "pending";
}

/** What people copy and search by: the request's own name, which finds it in every log and export. */
export const referenceOf = (rid: string): string => rid;

/** True while a decision of mine may still be taken: it is what the waiting count means. */
const isWaiting = (held: Held, now: number): boolean => {
  const { kind } = statusOf(held, now);
  return (
    isOpen(held.side) &&
    (kind === "pending" ||
      kind === "expiring" ||
      kind === "changed" ||
      kind === "needs_second" ||
      kind === "quarantined" ||
      kind === "unconfirmed" ||
      kind === "undelivered" ||
      kind === "rejected")
  );
};

/** How many wait for a decision here, and when the first of them ends (gateway seconds). */
export function waitingOf(all: readonly Held[], now: number): { readonly count: number; readonly firstExp?: number } {
  const waiting = all.filter((held) => isWaiting(held, now));
  if (waiting.length === 0) return { count: 0 };
  const firstExp = waiting.reduce((first, held) => Math.min(first, held.revision.brief.exp), Infinity);
  return { count: waiting.length, firstExp };
}
