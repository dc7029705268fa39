import { z } from "zod";

import { compactJws, digest, text, uuid7 } from "../claims/primitives.ts";
import { REQUEST_STATES } from "../claims/receipt.ts";
import { erasureProof } from "./erasure-proof.ts";

/**
 * One revision of a request as a gateway's history hands it out (protocol.md 3.20): everything that was signed about it,
 * with its place in the log. Nothing in it is believed before it is verified; that includes `state`.
 * `proofs` and `entries` are empty while it is not under a checkpoint.
 */
export const evidenceItem = z.looseObject({
  rid: uuid7,
  rev: z.int().positive(),
  /** Absent in an auditor's form: then `withheld` has its digest. */
  request: compactJws.optional(),
  state: z.enum(REQUEST_STATES),
  /** `null` where one was withheld, because its words are the signer's own. */
  decisions: z.array(compactJws.nullable()).max(32),
  receipts: z.array(compactJws).max(32),
  sets: z.array(compactJws).max(64),
  credentials: z.array(compactJws).max(32),
  proofs: z.array(z.string().max(65_536)).max(128),
  entries: z.array(z.string().max(65_535)).max(128),
  withheld: z
    .looseObject({
      request: digest,
      reason: text(16).optional(),
      at: z.int().optional(),
      /** Of what was erased: that the log ordered it (docs/decisions/0016). */
      erasure: erasureProof.optional(),
    })
    .optional(),
  /** The gateway's credential of its time, where the gateway gives it; else the present one has to name its keys. */
  gateway: compactJws.optional(),
  vkey: text(512).optional(),
  template: z.looseObject({}).optional(),
  /** The status list under which it was decided. */
  status: compactJws.optional(),
});
export type EvidenceItem = z.infer<typeof evidenceItem>;
/** With everything that was signed. */
export type WholeItem = EvidenceItem & { readonly request: string; readonly decisions: readonly string[] };

export const isWhole = (item: EvidenceItem): item is WholeItem =>
  item.request !== undefined && !item.decisions.includes(null);

/** What the verifying computer knows by itself, as plain data: it crosses to the process that verifies. */
export interface EvidencePins {
  /** The directory's key as pinned at enrolment: a JWK. */
  readonly directory: unknown;
  /** Credentials of this gateway that this computer verified, the present one first. */
  readonly gateways: readonly string[];
  /** The last checkpoint that this computer verified: the note's text. */
  readonly pinned?: string | undefined;
  /** Place in the present log at which this gateway first said that every erasure is proved (`erasure-proof`). */
  readonly provesFrom?: number | undefined;
  /** Gateway time, seconds. */
  readonly now: number;
  /** Templates that this computer has beside those that ship with it. */
  readonly templates: readonly unknown[];
  /** Present status lists. */
  readonly status: readonly string[];
}
