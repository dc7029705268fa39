import { gateSigned } from "#shared/protocol/verify/signed.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { GatewayContext } from "../context.ts";
import { claimsOf } from "../requests/signed-request.ts";
import type { RequestRow } from "../store/rows.ts";
import { evidenceOf, isHidden, provenInOrder } from "./evidence.ts";

/**
 * `countersign-bundle/1` of one revision of a request, the current one unless told: verifiable with nothing but itself and the directory's public
 * key (protocol.md 3.12). Undefined while it has no recorded decision, its quorum is blind and open, or a part of it is
 * not under a checkpoint yet.
 */
export function bundleOf(
  context: GatewayContext,
  rid: string,
  rev?: number,
): Readonly<Record<string, unknown>> | undefined {
  const { store, log } = context;
  const row = rev === undefined ? store.currentRequest(rid) : store.request(rid, rev);
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

/** The status list under which the last recorded decision was judged, or the present one. */
export function statusFor({ store, directory }: GatewayContext, { rid, rev }: RequestRow): string | undefined {
  const answeredAt = Math.max(0, ...store.decisions(rid, rev).map((d) => d.at));
  return store.publishedAt("status", answeredAt) ?? directory.view.statusList();
}

/**
 * The gateway's credential as it was then: keys that were retired since are in the one of their time. Where the key was
 * changed while the request waited, the first that names every key that signed.
 */
export function credentialFor(
  { store, directory, iss }: GatewayContext,
  signed: Readonly<Record<"request" | "receipt" | "event", readonly string[]>>,
): string | undefined {
  const each = (["request", "receipt", "event"] as const).flatMap((kind) =>
    signed[kind].map((jws) => ({ kid: gateSigned(kind, jws).header.kid, at: readStored(kind, jws).iat })),
  );
  const namesAll = (jws: string): boolean => {
    const named = new Set(readStored("gateway", jws).jwks.keys.map(({ kid }) => kid));
    return each.every(({ kid }) => named.has(kid));
  };
  const inForce = [...new Set(each.map(({ at }) => at))]
    .sort((a, b) => a - b)
    .map((at) => store.publishedAt("gateway", at));
  return inForce.find((jws) => jws !== undefined && namesAll(jws)) ?? directory.view.gateway(iss)?.jws;
}

function nameOf(set: string): string {
  const [uri = ""] = Object.keys(readStored("event", set).events);
  return uri.slice(uri.lastIndexOf(":") + 1);
}
