import { z } from "zod";

import { contentDigestText, text } from "#shared/protocol/claims/primitives.ts";

import { MISUSES } from "./grants.ts";

/** Between a gateway and its adapters on other hosts (protocol.md 3.15.6). Every body is JSON but introspection's form. */
export const GRANT_PATHS = {
  /** RFC 7662. */
  introspect: "/countersign/v1/introspect",
  use: "/countersign/v1/adapter/use",
  misuse: "/countersign/v1/adapter/misuse",
  outcome: "/countersign/v1/adapter/outcome",
} as const;

/** Longest outcome, bytes of JSON; a server's longer answer is told without its text. */
export const MAX_OUTCOME_BYTES = 4 * 1024 * 1024;
/** Longest `Location` and `ETag` of an outcome, characters. */
export const MAX_LOCATION = 2048;
export const MAX_ETAG = 256;

const token = z.string().min(1).max(16_384);
/** Names one asking for the use: what came of it is told under the same name. */
const attempt = text(64);

/** Member of an introspection answer beside RFC 7662's, while the token waits for its use. */
export const approvedOperation = z.strictObject({
  method: z.enum(["POST", "PUT", "PATCH", "DELETE", "tools/call"]),
  url: text(4096),
  media: text(256),
  body_dig: contentDigestText,
  if_match: text(256).optional(),
  hasBody: z.boolean(),
});

export const useOrder = z.strictObject({ token, attempt });
export const useAnswer = z.union([
  z.strictObject({ taken: z.literal(true), execution_id: text(128) }),
  z.strictObject({ taken: z.literal(false) }),
]);
export const misuseReport = z.strictObject({ token, why: z.enum(MISUSES) });
export const misuseAnswer = z.strictObject({ known: z.boolean() });

const status = z.int().min(100).max(999);
const body = z.string();
const why = z.string().max(500);
export const outcomeReport = z.strictObject({
  ...{ token, attempt },
  result: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("done"),
      ...{ status, body, location: z.string().max(MAX_LOCATION).optional(), etag: z.string().max(MAX_ETAG).optional() },
    }),
    z.strictObject({ kind: z.literal("refused"), status, body }),
    z.strictObject({ kind: z.literal("absent"), why }),
    z.strictObject({ kind: z.literal("unknown"), why }),
  ]),
});
