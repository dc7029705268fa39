import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { requestClaims, type RequestClaims } from "#shared/protocol/claims/request.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { decodeUtf8 } from "#shared/protocol/utf8.ts";

import type { FeedEvent } from "../core.ts";

/** Feed events that carry a signed request in `jws`. */
const CARRIES_REQUEST: ReadonlySet<string> = new Set(["action.pending", "action.updated"]);

/**
 * Claims of the request a feed event carries; undefined for every other event. The gateway signed these bytes itself
 * and stored them, so no signature is checked here.
 */
export function requestOf(event: Pick<FeedEvent, "type" | "body">): RequestClaims | undefined {
  const jws = event.body["jws"];
  if (!CARRIES_REQUEST.has(event.type) || typeof jws !== "string") return undefined;
  const claims = requestClaims.safeParse(parseStrict(decodeUtf8(decodeBase64url(jws.split(".")[1] ?? ""))));
  return claims.success ? claims.data : undefined;
}

/**
 * Drops older revisions of one `rid` from a run of events that a slow reader has not got yet (protocol.md 3.4.4): the
 * newest revision says everything, and a larger jump of `rev` is accepted (C8). Nothing else is dropped.
 */
export function coalesce(events: readonly FeedEvent[]): readonly FeedEvent[] {
  const newest = new Map<string, number>();
  const ridOf = new Map<FeedEvent, string>();
  for (const event of events) {
    const claims = requestOf(event);
    if (claims === undefined) continue;
    newest.set(claims.rid, event.seq);
    ridOf.set(event, claims.rid);
  }
  return events.filter((event) => {
    const rid = ridOf.get(event);
    return rid === undefined || newest.get(rid) === event.seq;
  });
}
