import { z } from "zod";

import { digest, seconds, uri, uuid7 } from "./primitives.ts";

export const EVENT_NAMES = [
  "request-withdrawn",
  "request-superseded",
  "request-expired",
  "request-resolved",
  "quorum-progress",
  "task-executing",
  "task-completed",
  "task-failed",
  "token-revoked",
  "key-changed",
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** SET, RFC 8417 with the members of protocol.md 3.21. `events` holds exactly one event. */
export const eventClaims = z.looseObject({
  iss: uri,
  aud: z.union([uri, z.array(uri)]),
  iat: seconds,
  jti: uuid7,
  txn: uuid7.optional(),
  sub_id: z.looseObject({ format: z.literal("opaque"), id: z.string().max(512) }),
  events: z.record(
    z.string(),
    z.looseObject({ rid: uuid7.optional(), rev: z.int().optional(), req_dig: digest.optional() }),
  ),
});
