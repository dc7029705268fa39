import { z } from "zod";

import { compactJws, text } from "../claims/primitives.ts";
import type { Crypto } from "../crypto-port.ts";
import { isMembers } from "../json-pointer.ts";
import type { Erasure } from "./erasure.ts";
import { evidenceItem } from "./item.ts";
import type { BundleVerdict } from "./verify-bundle.ts";
import { verifyItem, type ItemOptions } from "./verify-item.ts";

export const ERASED_RECORD = "countersign-erased/1";

/** In the place of a bundle where a request was erased: what is left of it, and that the log ordered it. */
export const erasedRecord = evidenceItem.extend({
  format: z.literal(ERASED_RECORD),
  gateway: compactJws,
  vkey: text(512),
});
export type ErasedRecord = z.infer<typeof erasedRecord>;

export interface ErasedVerdict extends BundleVerdict {
  /** Where everything that is left holds, and the log proves that the rest was erased. */
  readonly erased?: Erasure;
}

export const isErasedRecord = (value: unknown): boolean => isMembers(value) && value["format"] === ERASED_RECORD;

/**
 * Verifies a `countersign-erased/1` with nothing but the directory's public key, as {@link verifyItem} does a row.
 * `ok` only where it was erased by its log: a record that cannot show that is not good.
 */
export function verifyErasedRecord(
  value: unknown,
  directory: unknown,
  crypto: Crypto,
  options: ItemOptions,
): ErasedVerdict {
  const parsed = erasedRecord.safeParse(value);
  if (!parsed.success) {
    const why = parsed.error.issues[0]?.message ?? "wrong shape";
    return { ok: false, outcome: "unknown", steps: [{ step: "record", ok: false, code: "E_BUNDLE", why }] };
  }
  // A file is read at any time: what was promised to be in the log has had its time.
  const pins = { directory, gateways: [], now: Number.MAX_SAFE_INTEGER, templates: [], status: [] };
  const { outcome, steps, erasure } = verifyItem(value, pins, crypto, options);
  const ok = erasure !== undefined;
  return { ok, outcome, steps, ...(ok ? { erased: erasure } : {}) };
}
