import { createHmac } from "node:crypto";

import { dig } from "#shared/protocol/digest.ts";
import { ReportError } from "#shared/reports/query.ts";
import type { HistoryFilter, Purpose } from "#shared/reports/filter.ts";

import type { GatewayContext } from "../context.ts";
import type { Session } from "../core.ts";
import type { StoreTx } from "../store/store.ts";

/** What the record of a look says beside who and when. */
export interface Look {
  readonly kind: "report" | "export" | "export-end";
  readonly purpose: Purpose;
  readonly said: Readonly<Record<string, unknown>>;
  /** Digest of the record this one belongs to. */
  readonly ref?: string;
}

/** @throws ReportError `E_QUERY_PURPOSE` */
export function purposeOf(purpose: Purpose | undefined): Purpose {
  if (purpose === undefined) {
    throw new ReportError("E_QUERY_PURPOSE", "Say why you look, with a code of the list.", { pointer: "/purpose" });
  }
  return purpose;
}

/**
 * Writes down that somebody looks, in the transaction whose answer they get: an `access` leaf over the digest of a stored
 * record (protocol.md 3.16). Returns the record's digest and the leaf's index.
 */
export function recordLook(
  { crypto, pen, now, randomText }: GatewayContext,
  tx: StoreTx,
  { sub, kid, sid }: Pick<Session, "sub" | "kid" | "sid">,
  { kind, purpose, said, ref }: Look,
): { readonly record: string; readonly index: number } {
  const at = now();
  const record = JSON.stringify({ v: 1, kind, sub, kid, sid, at, nonce: randomText(16), purpose, ...said, ref });
  const obj = dig(crypto, record);
  // SECURITY: a person's own words may name a patient.
  tx.publish(obj, "access", record, at, purpose.text === undefined ? undefined : {});
  const index = pen.leaf(tx, { t: "access", ts: at, obj, kid, ...(ref === undefined ? {} : { ref }) });
  return { record: obj, index };
}

/**
 * A filter for the record: what a person typed may name a patient, so it is kept as a digest under the store's key. Who is
 * asked later whether a name was looked for can tell by making the digest again.
 */
export function filterForRecord(key: Uint8Array, filter: HistoryFilter): Readonly<Record<string, unknown>> {
  const hidden = (kind: string, text: string | undefined): Record<string, string> =>
    text === undefined
      ? {}
      : { [kind]: `hmac-sha-256:${createHmac("sha256", key).update(`${kind}\0${text}`).digest("base64url")}` };
  return { ...filter, ...hidden("patient", filter.patient), ...hidden("text", filter.text) };
}
