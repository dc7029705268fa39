import type { DecisionKind, RequestKey } from "#shared/ipc/contract.ts";
import type { ReceiptClaims, RequestState } from "#shared/protocol/claims/receipt.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { DecisionRecord, Logged } from "../journal/record.ts";
import type { Revision } from "./revision.ts";

/** What the gateway's signed words say of the current revision (protocol.md 3.11). Times in gateway seconds. */
export type Side =
  | { readonly kind: "open" }
  | { readonly kind: "partial"; readonly have: number; readonly need: number; readonly after: readonly string[] }
  | { readonly kind: "approved"; readonly at: number; readonly by: readonly string[] }
  | { readonly kind: "executing" }
  | { readonly kind: "completed"; readonly at: number; readonly resource?: string }
  | { readonly kind: "failed"; readonly at: number; readonly code: string; readonly unknown: boolean }
  | { readonly kind: "denied" | "revoked" | "lapsed"; readonly at: number; readonly by: readonly string[] }
  | { readonly kind: "expired"; readonly at: number }
  | { readonly kind: "withdrawn"; readonly at: number; readonly by: string; readonly reason: string }
  | { readonly kind: "superseded"; readonly at: number };

export const isOpen = (side: Side): boolean => side.kind === "open" || side.kind === "partial";

const FINAL: ReadonlySet<Side["kind"]> = new Set([
  "completed",
  "failed",
  "denied",
  "revoked",
  "lapsed",
  "expired",
  "withdrawn",
  "superseded",
]);
export const isFinal = (side: Side): boolean => FINAL.has(side.kind);

/** A decision of mine on the current revision. */
export type Mine =
  | { readonly kind: "signing"; readonly decision: DecisionKind }
  /** On the disk, and perhaps at the gateway: nothing is known until a receipt is verified. */
  | { readonly kind: "sending"; readonly record: DecisionRecord; readonly submitted: boolean }
  | { readonly kind: "undelivered"; readonly record: DecisionRecord; readonly code: ErrorCode }
  | { readonly kind: "recorded"; readonly record: DecisionRecord; readonly receipt: ReceiptClaims; logged: Logged }
  | { readonly kind: "rejected"; readonly record: DecisionRecord; readonly receipt: ReceiptClaims };

/** A request on this computer: its current revision, what the gateway says of it, and what I did. */
export interface Held {
  readonly key: RequestKey;
  readonly revision: Revision;
  /** The revision before, when it was replaced while it was open: for the comparison on the screen. */
  readonly previous?: RequestClaims;
  readonly received_at: number;
  readonly unread: boolean;
  /** Set when a new revision came and was not looked at yet. */
  readonly changed?: { readonly at: number; readonly from_rev: number };
  /** Who else has it open, by subject. */
  readonly viewing: readonly string[];
  /** False while a snapshot did not hold it and its state has not been fetched. */
  readonly confirmed: boolean;
  readonly side: Side;
  /** Oldest first: an approval and what followed it. */
  readonly mine: readonly Mine[];
}

export const lastMine = (held: Held): Mine | undefined => held.mine.at(-1);

/**
 * My approval that is recorded and stands, as far as this computer knows. Where nobody's counts any more, mine has lapsed
 * (protocol.md 3.22) and may be given again.
 */
export function standingApproval(held: Held): Extract<Mine, { kind: "recorded" }> | undefined {
  if (held.side.kind === "open") return undefined;
  const recorded = held.mine.filter((m) => m.kind === "recorded");
  const last = recorded.at(-1);
  return last?.record.kind === "approve" ? last : undefined;
}

/** True when I decided and the gateway recorded it: the outcome is then mine, not "elsewhere". */
export const isMine = (held: Held, decision: DecisionKind): boolean =>
  held.mine.some((m) => m.kind === "recorded" && m.record.kind === decision);

/** State of a request as the wire names it. */
export const stateOf = (side: Side): RequestState => side.kind;

/**
 * The request as a person begins to read it: no longer new or changed, and what the gateway refused, or never got, may be
 * decided anew.
 */
export function readAnew(held: Held): Held {
  const last = lastMine(held);
  const again = (last?.kind === "rejected" || last?.kind === "undelivered") && isOpen(held.side);
  const { changed: _, ...rest } = held;
  return { ...rest, unread: false, mine: again ? held.mine.slice(0, -1) : held.mine };
}
