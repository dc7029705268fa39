import { z } from "zod";

import { reason, seconds, text, uri, uuid7 } from "./primitives.ts";

export const STATEMENT_KINDS = [
  "forward",
  "extend",
  "report-agent",
  "pause-agent",
  "resume-agent",
  "pause-type",
  "resume-type",
  "flag-decision",
  "close-review",
] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

/** Everything a person does that is not a decision, protocol.md 3.20. */
export const statementClaims = z.looseObject({
  ver: z.literal(1),
  iss: uri,
  sub: uri,
  aud: uri,
  iat: seconds,
  exp: seconds,
  jti: uuid7,
  kind: text(32),
  target: z.looseObject({}),
  reason: reason.optional(),
  args: z.looseObject({}).optional(),
});
export type StatementClaims = z.infer<typeof statementClaims>;
