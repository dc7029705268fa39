import { readStored } from "#shared/protocol/verify/stored.ts";

import type { GatewayContext } from "../context.ts";
import { claimsOf } from "../requests/signed-request.ts";
import { credentialFor, statusFor } from "./credentials.ts";
import { erasedRecordOf } from "./erased.ts";
import { evidenceOf, isHidden, provenInOrder } from "./evidence.ts";

/**
 * `countersign-bundle/1` of one revision of a request, the current one unless told: verifiable with nothing but itself and the directory's public
 * key (protocol.md 3.12). Undefined while it has no recorded decision, its quorum is blind and open, or a part of it is
 * not under a checkpoint yet. Of one that was erased `countersign-erased/1`, which the same verifier reads.
 */
export function bundleOf(
  context: GatewayContext,
  rid: string,
  rev?: number,
): Readonly<Record<string, unknown>> | undefined {
  const { store, log } = context;
  const row = rev === undefined ? store.currentRequest(rid) : store.request(rid, rev);
  if (row?.erased !== undefined) return erasedRecordOf(context, row, row.erased);
  if (!row || isHidden(row)) return undefined;
  const evidence = evidenceOf(context, row, "recorded");
  const { decisions, receipts, sets, credentials } = evidence;
  const proven = decisions.length === 0 ? undefined : provenInOrder(context, evidence);
  const gateway = credentialFor(context, { request: [row.jws], receipt: receipts, event: sets });
  const template = store.published(claimsOf(row).display.tpl_dig)?.text;
  if (!proven || gateway === undefined || template === undefined) return undefined;
  const status = statusFor(context, row);
  return {
    format: "countersign-bundle/1",
    request: row.jws,
    decisions,
    receipts,
    // A revision that was replaced may have been withdrawn from part of its audience: that is not how it ended.
    events: row.state === "superseded" ? sets.filter((set) => nameOf(set) !== "request-withdrawn") : sets,
    credentials,
    gateway,
    log: { vkey: log.vkey, proofs: proven.proofs, entries: proven.entries },
    templates: [JSON.parse(template)],
    status: status === undefined ? [] : [status],
  };
}

function nameOf(set: string): string {
  const [uri = ""] = Object.keys(readStored("event", set).events);
  return uri.slice(uri.lastIndexOf(":") + 1);
}
