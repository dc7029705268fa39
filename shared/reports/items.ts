import { z } from "zod";

import { RISKS } from "../protocol/claims/request.ts";
import { REQUEST_STATES } from "../protocol/claims/receipt.ts";
import { erasureProof } from "../protocol/evidence/erasure-proof.ts";
import { compactJws, digest, seconds, text, uri, uuid7 } from "../protocol/claims/primitives.ts";
import { EXPORT_FORMATS } from "./names.ts";
import { purpose } from "./filter.ts";

/** Evidence of one statement about a request: what was said, the gateway's receipt, and its place in the log once proven. */
export const statementEvidence = z.looseObject({
  statement: compactJws,
  receipt: compactJws,
  credential: compactJws.optional(),
  proof: z.string().max(65_536).optional(),
  entry: z.string().max(65_535).optional(),
});
export type StatementEvidence = z.infer<typeof statementEvidence>;

/**
 * One revision of a request with everything that was signed about it (protocol.md 3.20). `receipts[i]` answers
 * `decisions[i]`; proofs and entries go in the order request, decisions, outcome, and are empty until all are provable.
 */
export const historyItem = z.looseObject({
  rid: uuid7,
  rev: z.int().positive(),
  /** Absent where it was withheld: an auditor's form. */
  request: compactJws.optional(),
  state: z.enum(REQUEST_STATES),
  /** `null` where one was withheld: its digest is `dec_dig` of the receipt in the same place. */
  decisions: z.array(compactJws.nullable()),
  receipts: z.array(compactJws),
  sets: z.array(compactJws),
  credentials: z.array(compactJws),
  proofs: z.array(z.string().max(65_536)),
  entries: z.array(z.string().max(65_535)),
  /**
   * What is kept back and why. `request`: its digest, which every decision (`req_dig`) and the first entry (`obj`) hold.
   * `decisions`: the places in `decisions` whose words are the signer's own.
   */
  withheld: z
    .looseObject({
      /** `clinical`: the asker's role does not open it. `erased`: nobody can read it any more. */
      reason: z.enum(["clinical", "erased"]),
      request: digest,
      decisions: z.array(z.int().nonnegative()),
      /** When it was erased. */
      at: seconds.optional(),
      /** The log's entry of it, and that it is about this very revision (docs/decisions/0016). */
      erasure: erasureProof.optional(),
    })
    .optional(),
  /** Its reading times and fields seen may be shown to the asker (README decision 12). */
  attention: z.boolean(),
  /** Somebody flagged a decision: how the review stands. */
  review: z.enum(["open", "closed"]).optional(),
  /** `flag-decision` and `close-review`, oldest first. */
  statements: z.array(statementEvidence),
});
export type HistoryItem = z.infer<typeof historyItem>;

/** As {@link historyItem}, with what a verifier needs beside it; the latest revision first. */
export const detailItem = historyItem.extend({
  /** Credential of the gateway that names the keys of then; its log key. */
  gateway: compactJws,
  vkey: text(512),
  /** The template as it was registered: the words and rows of the screen. */
  template: z.looseObject({}).optional(),
  /** Status list under which the last decision was judged. */
  status: compactJws.optional(),
});
export type DetailItem = z.infer<typeof detailItem>;

const count = z.int().nonnegative();

/** One recorded decision in numbers and codes. `signer` and what follows only where the asker may see attention. */
export const insightDecision = z.looseObject({
  kind: z.enum(["approve", "deny", "revoke"]),
  at: seconds,
  reason: text(64).optional(),
  /** Codes. */
  overrides: z.array(text(64)),
  signer: uri.optional(),
  opened_at: seconds.optional(),
  active_ms: count.optional(),
  /** Fields of the template that were not told as seen. */
  unseen_fields: count.optional(),
  below_expected: z.boolean().optional(),
});
export type InsightDecision = z.infer<typeof insightDecision>;

/**
 * The facts of one request that the formulas of approval-experience.md 11 take: numbers, codes and names of agents; no
 * patient and no words of anybody. Times are Unix seconds.
 */
export const insightFact = z.looseObject({
  /** Only where attention may be seen: it leads to who decided. */
  rid: uuid7.optional(),
  rev: z.int().positive(),
  agent: uri,
  agent_name: text(200),
  /** The model version the registry named when it asked. */
  model: text(200).optional(),
  type: text(128),
  risk: z.enum(RISKS),
  units: z.array(text(64)),
  received_at: seconds,
  /** The decide-by of the request: what was decided or expired after it was late. */
  due_at: seconds,
  /** When it came into `outcome`. */
  ended_at: seconds,
  outcome: z.enum(REQUEST_STATES),
  /** Recorded ones, in their order; none of an open blind quorum. */
  decisions: z.array(insightDecision),
  /** Terms of expected_read; absent for requests of before they were kept. */
  words: count.optional(),
  changed_fields: count.optional(),
  conflicts: count.optional(),
  /** 2 s + words / 4 per s + 1.5 s for each changed field + 3 s for each conflict. */
  expected_ms: count.optional(),
  /** Hidden or misleading text, or something that cannot be read: it was not approvable. */
  quarantined: z.boolean().optional(),
  /** An earlier revision had other content; more time alone is no change. */
  changed: z.boolean(),
  /** How often the same operation had been denied before. */
  denied_before: count,
  /** Characters of the agent's own words. */
  claim_chars: count,
  /** Somebody flagged it for review. */
  flagged: z.boolean(),
});
export type InsightFact = z.infer<typeof insightFact>;

/** Attention as a supervisor may see it: no person, no single decision, no group of fewer than ten. */
export const attentionGroup = z.looseObject({
  agent: uri,
  type: text(128),
  /** Approvals in the group. */
  n: z.int().min(10),
  below_expected: count,
  unseen_fields: count,
  active_ms: z.looseObject({ p20: count, p50: count, p80: count }),
  expected_ms: z.looseObject({ p50: count }),
});
export type AttentionGroup = z.infer<typeof attentionGroup>;

/**
 * Who stopped it and why: the statement, verifiable like a decision. Absent for stops of before this was kept. Where its words
 * are not for the asker `answer` is in its place: that this person's statement was recorded, signed by the gateway.
 */
const stop = z.looseObject({
  at: seconds,
  by: uri.optional(),
  evidence: statementEvidence.optional(),
  answer: statementEvidence.omit({ statement: true }).optional(),
});
export type StopItem = z.infer<typeof stop>;

export const agentItem = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("agent"),
    agent: uri,
    name: text(200).optional(),
    model: text(200).optional(),
    owner: text(512).optional(),
    paused: stop.optional(),
    disabled_at: seconds.optional(),
    first_at: seconds.optional(),
    last_at: seconds.optional(),
    /** `report-agent` statements, the newest first. */
    reports: z.array(statementEvidence),
    /** How many of the newest have words that are not for the asker. */
    reports_withheld: count.optional(),
    /** Its newest 5,000 requests by state, as far as the asker may see them. */
    states: z.record(z.string(), count),
    open_reviews: count,
  }),
  z.looseObject({ kind: z.literal("type"), type: text(128), paused: stop.optional() }),
]);
export type AgentItem = z.infer<typeof agentItem>;

export const exportItem = z.looseObject({
  export: uuid7,
  by: uri,
  at: seconds,
  format: z.enum(EXPORT_FORMATS),
  identifiers: z.boolean(),
  purpose,
  /** Digest of the announcement, which the `access` leaf at `index` names. */
  record: digest,
  index: count,
  /** Rows the filter found when it was announced; absent where counting took looking at too many. */
  announced_rows: count.optional(),
  finished: z.looseObject({ at: seconds, rows: count, digest: digest.optional(), index: count }).optional(),
});
export type ExportItem = z.infer<typeof exportItem>;
