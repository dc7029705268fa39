import type { ItemVerdict } from "#shared/protocol/evidence/verify-item.ts";

/** What an export calls the finding of a row: a verdict, or that it was erased and everything left of it holds. */
export type Checked = ItemVerdict["kind"] | "erased";

/**
 * SECURITY: a row is called erased by what the check found, never by the gateway's word alone: one that is said to be erased
 * and whose rest does not hold stays `not_valid`.
 */
export const checkedAs = (verdict: ItemVerdict): Checked =>
  verdict.kind === "cannot_check" && verdict.code === "E_STORE_ERASED" ? "erased" : verdict.kind;
