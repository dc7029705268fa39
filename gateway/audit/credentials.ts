import { gateSigned } from "#shared/protocol/verify/signed.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import type { GatewayContext } from "../context.ts";
import type { RequestRow } from "../store/rows.ts";

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
