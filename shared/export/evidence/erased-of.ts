import { ERASED_RECORD, type ErasedRecord } from "#shared/protocol/evidence/erased-record.ts";
import type { DetailItem } from "#shared/reports/items.ts";

import { erasureOf } from "../erasure-of.ts";

/**
 * All that is left of a row that was erased, with what shows that the log ordered it, as `countersign verify` reads it.
 * Nothing in it is about a patient.
 */
export function erasedOf(item: DetailItem): ErasedRecord | undefined {
  const { rid, rev, state, withheld, decisions, receipts, sets, credentials, proofs, entries, gateway, vkey } = item;
  if (withheld?.reason !== "erased") return undefined;
  const { status } = item;
  const { reason, request, at } = withheld;
  const erasure = erasureOf(item);
  const said = { reason, request, ...(at === undefined ? {} : { at }), ...(erasure === undefined ? {} : { erasure }) };
  return {
    ...{ format: ERASED_RECORD, rid, rev, state, withheld: said, decisions, receipts, sets, credentials },
    ...{ proofs, entries, gateway, vkey },
    ...(status === undefined ? {} : { status }),
  };
}
