import type { ApproverClaims } from "#shared/protocol/claims/credential.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { PinnedDirectory } from "../connection/trusted-gateway.ts";
import { kidOf, type DecisionRecord } from "../journal/record.ts";
import { readCredential } from "../keys/people.ts";

/**
 * Me as the author of a decision that is kept here: by the credential beside it, since a person's keys follow each other and
 * each is a device of its own to the gateway (protocol.md 3.13).
 * @throws CountersignError `E_AUTH_CRED` when the directory did not sign it for the decision's key, or for someone else
 */
export function authorOf(
  { crypto, directory, sub }: { readonly crypto: Crypto; readonly directory: PinnedDirectory; readonly sub: string },
  record: Pick<DecisionRecord, "credential" | "decision">,
): ApproverClaims {
  const claims = readCredential(crypto, record.credential, directory, kidOf(record.decision));
  if (claims.sub !== sub) throw new CountersignError("E_AUTH_CRED");
  return claims;
}
