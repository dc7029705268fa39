import { z } from "zod";

import { RISKS } from "../protocol/claims/request.ts";
import { REQUEST_STATES } from "../protocol/claims/receipt.ts";
import { seconds, text, uri, uuid7 } from "../protocol/claims/primitives.ts";
import { ACTION_TYPES } from "../protocol/names.ts";
import { EXPORT_FORMATS, PROBLEMS, PURPOSES, SORT_KEYS } from "./names.ts";

/*
 * Filters name every member they know and refuse every other: a filter that is not understood would find too much, and
 * nobody would see it.
 */

const some = <T extends z.ZodType>(item: T, max: number) => z.array(item).min(1).max(max);

/** Which decided and undecided requests: every member narrows; the values of a list are alternatives. */
export const historyFilter = z.strictObject({
  /** `from ≤ iat of the request < to`, Unix seconds. */
  from: seconds.optional(),
  to: seconds.optional(),
  /**
   * Words to find in what is not clinical: request id or its beginning (8 characters), digest of request or decision, one to
   * four check words, name or URI of an agent or a signer. Not patients: that is `patient`.
   */
  text: text(200).min(1).optional(),
  /** `patient.ref` (`Patient/…`), record number or another identifier, exactly; for those who may see patients. */
  patient: text(128).min(1).optional(),
  types: some(z.enum(ACTION_TYPES), ACTION_TYPES.length).optional(),
  /** What was decided last; `none`: nobody has decided. */
  decisions: some(z.enum(["approve", "deny", "revoke", "none"]), 4).optional(),
  /** `low` and `moderate` are tier 1, `high` 2, `critical` 3. */
  risks: some(z.enum(RISKS), RISKS.length).optional(),
  agents: some(uri, 50).optional(),
  /** URIs of the people who signed a decision. */
  signers: some(uri, 50).optional(),
  /** Bare names of pools. */
  units: some(text(64).min(1), 64).optional(),
  states: some(z.enum(REQUEST_STATES), REQUEST_STATES.length).optional(),
  problems: some(z.enum(PROBLEMS), PROBLEMS.length).optional(),
  /** A decision that was flagged: its review is open or was closed by a supervisor. */
  review: z.enum(["open", "closed"]).optional(),
});
export type HistoryFilter = z.infer<typeof historyFilter>;

export const historySort = z.strictObject({
  by: z.enum(SORT_KEYS),
  order: z.enum(["newest", "oldest"]),
});
export type HistorySort = z.infer<typeof historySort>;

/** Why the asker looks: a code, and their own words where a code does not say enough. */
export const purpose = z.strictObject({ code: z.enum(PURPOSES), text: text(200).min(1).optional() });
export type Purpose = z.infer<typeof purpose>;

export const detailFilter = z.strictObject({
  rid: uuid7,
  /** All revisions unless told. */
  rev: z.int().positive().optional(),
});
export type DetailFilter = z.infer<typeof detailFilter>;

/** Decided and ended requests of a time: no patient, no words of anybody. */
export const insightsFilter = historyFilter
  .pick({ from: true, to: true, types: true, risks: true, agents: true, units: true, signers: true })
  .required({ from: true, to: true });
export type InsightsFilter = z.infer<typeof insightsFilter>;

export const agentsFilter = z.union([
  z.strictObject({
    agents: some(uri, 50).optional(),
    /** Paused or disabled ones alone; and the other way round. */
    stopped: z.boolean().optional(),
  }),
  /** Whether everything is stopped: one item, the type `*`. For every role: it is why nothing comes. */
  z.strictObject({ everything: z.literal(true) }),
]);
export type AgentsFilter = z.infer<typeof agentsFilter>;

/** Exactly one of: announce an export before its first row is fetched, finish it after the last, list them. */
export const exportsFilter = z.union([
  z.strictObject({
    announce: z.strictObject({
      format: z.enum(EXPORT_FORMATS),
      rows: historyFilter,
      /** False: the export names no patient. */
      identifiers: z.boolean(),
    }),
  }),
  z.strictObject({
    finish: z.strictObject({
      /** As the answer to `announce` named it. */
      export: uuid7,
      rows: z.int().nonnegative().max(1_000_000),
      /** Digest of the exact bytes of the file; absent where it was given up. */
      digest: z
        .string()
        .regex(/^sha-256:[A-Za-z0-9_-]{43}$/)
        .optional(),
    }),
  }),
  z.strictObject({ list: z.strictObject({ from: seconds.optional(), to: seconds.optional() }) }),
]);
export type ExportsFilter = z.infer<typeof exportsFilter>;

/** The filter of each report by name. */
export const REPORT_FILTERS = {
  history: historyFilter,
  "history-detail": detailFilter,
  insights: insightsFilter,
  agents: agentsFilter,
  exports: exportsFilter,
} as const;
