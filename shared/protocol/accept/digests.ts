import type { RequestClaims } from "../claims/request.ts";
import type { Crypto } from "../crypto-port.ts";
import { contentDigest } from "../digest.ts";
import { CountersignError } from "../error.ts";

/**
 * C9: the bytes to be executed are those of `body_dig` and of the scope's `content_digest`; the same for `before`
 * (protocol.md 3.5).
 * @throws CountersignError `E_REQ_BODY_DIGEST`
 */
export function checkDigests(crypto: Crypto, { action: { op }, authorization_details: elements }: RequestClaims): void {
  // SECURITY: what is shown is what is executed, protocol.md C9 (T-08).
  const scoped = elements.some((e) => e["content_digest"] === op.body_dig);
  const before = op.before === undefined ? undefined : contentDigest(crypto, op.before);
  if (contentDigest(crypto, op.body) !== op.body_dig || !scoped || before !== op.before_dig) {
    throw new CountersignError("E_REQ_BODY_DIGEST");
  }
}
