import type { EvidencePins } from "#shared/protocol/evidence/item.ts";
import type { ListingFault, ListingQuery } from "#shared/protocol/evidence/listing.ts";
import type { StatementCheck } from "#shared/protocol/evidence/verify-statement.ts";
import type { Unanswered } from "#shared/protocol/evidence/verify-own.ts";
import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";

import type { MeasureAnswer, MeasureStep } from "../insights/measuring.ts";

/** What main asks the process that verifies: items as a gateway sent them, and what this computer knows by itself. */
export interface CheckInput {
  readonly items: readonly unknown[];
  readonly pins: EvidencePins;
  /** For a list: what no row can show by itself. */
  readonly listing?: ListingQuery;
  /** The items are this computer's own; of each the decisions that nobody answered. */
  readonly own?: readonly (readonly Unanswered[])[];
}
export interface CheckOutput {
  readonly verdicts: readonly ItemVerdict[];
  readonly faults: readonly ListingFault[];
  /** Of each item its statements, in their order. */
  readonly statements: readonly (readonly StatementCheck[])[];
}

export type CheckRequest =
  | { readonly id: number; readonly input: CheckInput }
  /** Figures of many requests: as long a piece of work, and as little main's (approval-experience.md S11). */
  | { readonly id: number; readonly measure: MeasureStep };
export type CheckReply =
  | { readonly id: number; readonly ok: true; readonly output: CheckOutput }
  | { readonly id: number; readonly ok: true; readonly measured: MeasureAnswer }
  /** A defect of this app: its code, and nothing of what was checked. */
  | { readonly id: number; readonly ok: false };
