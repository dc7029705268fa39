import { z } from "zod";

import type { StatementClaims } from "../claims/statement.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { CountersignError } from "../error.ts";
import type { ErrorCode } from "../registry.ts";
import { gatewayKeys } from "../verify/gateway-keys.ts";
import { verifyJws } from "../verify/signed.ts";
import { need } from "./steps.ts";

/** What somebody said about a record, and whether it is theirs and the gateway's answer is to it. */
export type StatementCheck =
  | { readonly ok: true; readonly claims: StatementClaims; readonly name: string; readonly at: number }
  | { readonly ok: false; readonly code: ErrorCode };

const evidence = z.looseObject({ statement: z.string(), receipt: z.string(), credential: z.string().optional() });

/**
 * Verifies one statement by the signer's credential, and the receipt that answers it by the gateway's (protocol.md 3.20).
 * Never throws for what a gateway sent.
 * @param gateways credentials of the gateway, any of which may name the receipt's key
 */
export function verifyStatementEvidence(
  value: unknown,
  crypto: Crypto,
  directory: VerifyKey,
  gateways: readonly string[],
): StatementCheck {
  try {
    const parsed = evidence.safeParse(value);
    if (parsed.data?.credential === undefined) throw new CountersignError("E_BUNDLE");
    const { statement, receipt, credential } = parsed.data;
    const rootKey = (kid: string) => (kid === directory.kid ? directory : undefined);
    const author = verifyJws(crypto, "approver", credential, rootKey).claims;
    const key = crypto.importKey(author.cnf.jwk);
    const said = verifyJws(crypto, "statement", statement, (kid) => (kid === key.kid ? key : undefined));
    need(said.claims.sub === author.sub && said.claims.iss === author.device, "E_KEY_SUBJECT", "Another person's key.");
    const answers = gateways.map((jws) => {
      const { claims } = verifyJws(crypto, "gateway", jws, rootKey, { unknownKey: "E_GW_CRED" });
      return { sub: claims.sub, keys: gatewayKeys(crypto, claims) };
    });
    const answer = verifyJws(
      crypto,
      "receipt",
      receipt,
      (kid) => answers.map(({ keys }) => keys.keyFor("request", kid, 0)).find((found) => found !== undefined),
      { unknownKey: "E_GW_KEY" },
    ).claims;
    const isItsOwn =
      answer.stm_dig === said.digest && answer.sub === author.sub && answers.some(({ sub }) => sub === answer.iss);
    need(isItsOwn, "E_RCT_MISMATCH", "The receipt answers something else.");
    return { ok: true, claims: said.claims, name: author.name ?? author.sub, at: answer.iat };
  } catch (error) {
    if (error instanceof CountersignError) return { ok: false, code: error.code };
    throw error;
  }
}
