import type { IncomingMessage } from "node:http";

import { CountersignError } from "#shared/protocol/error.ts";

/**
 * `Idempotency-Key`, plain or as a quoted string (draft-ietf-httpapi-idempotency-key-header).
 * @throws CountersignError `E_CLM_SHAPE`
 */
export function idempotencyKey(req: Pick<IncomingMessage, "headers">): string | undefined {
  const value = req.headers["idempotency-key"];
  return typeof value === "string" ? checkedKey(value.replace(/^"(.*)"$/, "$1")) : undefined;
}

/** @throws CountersignError `E_CLM_SHAPE` for what is no text of 1 to 255 characters */
export function checkedKey(key: unknown): string {
  if (typeof key === "string" && key !== "" && key.length <= 255) return key;
  throw new CountersignError("E_CLM_SHAPE", "Idempotency-Key has 1 to 255 characters.");
}
