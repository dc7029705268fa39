import { z } from "zod";

import { CountersignError } from "#shared/protocol/error.ts";

import type { AuditMarkName } from "../store/audit-marks.ts";
import type { StoreReads, StoreTx } from "../store/store.ts";
import type { Audited } from "./audited.ts";

/** Raised with every change of what the audit compares: what an earlier one passed is gone through again. */
const RULES = 1;

const count = z.int().min(0);
const kept = z.strictObject({
  rules: z.literal(RULES),
  /** Key of the log that was audited. */
  vkey: z.string(),
  ...{ size: count, root: z.string(), request: count, decision: count, statement: count },
  /** When a whole audit ended last; Unix seconds. */
  whole_at: count,
  /** When all pages of the file were looked at last. */
  pages_at: count,
});

/** Everything up to here was audited, and all of it in one round at `whole_at` (Unix seconds; 0 before the first). */
export interface Mark extends Audited {
  readonly whole_at: number;
  /** When all pages of the file were looked at last; as `whole_at`. */
  readonly pages_at: number;
}

export type MarkStanding =
  | { readonly kind: "kept"; readonly mark: Mark }
  | { readonly kind: "none" }
  /** It is there and not this store's, or not of this audit, or the database was changed. Nothing is built on it. */
  | { readonly kind: "refused" };

/** What the store keeps under a name, and whether this gateway's own audit wrote it (docs/decisions/0018). */
export function readMark(store: Pick<StoreReads, "auditMark">, name: AuditMarkName, vkey: string): MarkStanding {
  const text = quietly(() => store.auditMark(name));
  if (text === "refused") return { kind: "refused" };
  if (text === undefined) return { kind: "none" };
  const parsed = kept.safeParse(JSON.parse(text.text)).data;
  if (parsed?.vkey !== vkey) return { kind: "refused" };
  const { size, root, request, decision, statement, whole_at, pages_at } = parsed;
  return { kind: "kept", mark: { size, root, request, decision, statement, whole_at, pages_at } };
}

function quietly(read: () => string | undefined): { readonly text: string } | "refused" | undefined {
  try {
    const text = read();
    return text === undefined ? undefined : { text };
  } catch (error) {
    if (error instanceof CountersignError && error.code === "E_STORE_CORRUPT") return "refused";
    throw error;
  }
}

export function keepMark(
  tx: Pick<StoreTx, "keepAuditMark">,
  name: AuditMarkName,
  vkey: string,
  { size, root, request, decision, statement, whole_at, pages_at }: Mark,
): void {
  const said: z.infer<typeof kept> = {
    rules: RULES,
    vkey,
    size,
    root,
    request,
    decision,
    statement,
    whole_at,
    pages_at,
  };
  tx.keepAuditMark(name, JSON.stringify(said));
}
