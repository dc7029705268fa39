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

/** Who said something that was kept back, and that the gateway recorded it. */
export type AnswerCheck =
  | { readonly ok: true; readonly name: string; readonly roles: readonly string[]; readonly at: number }
  | { readonly ok: false; readonly code: ErrorCode };

const answer = z.looseObject({ receipt: z.string(), credential: z.string() });
const evidence = answer.extend({ statement: z.string() });

interface Known {
  readonly crypto: Crypto;
  readonly directory: VerifyKey;
  /** Credentials of the gateway, any of which may name the receipt's key. */
  readonly gateways: readonly string[];
}

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
  return refused(() => {
    const { data } = evidence.safeParse(value);
    if (data === undefined) throw new CountersignError("E_BUNDLE");
    const { author, receipt } = verifyAnswer(data, { crypto, directory, gateways });
    const key = crypto.importKey(author.cnf.jwk);
    const said = verifyJws(crypto, "statement", data.statement, (kid) => (kid === key.kid ? key : undefined));
    need(said.claims.sub === author.sub && said.claims.iss === author.device, "E_KEY_SUBJECT", "Another person's key.");
    need(receipt.stm_dig === said.digest, "E_RCT_MISMATCH", "The receipt answers something else.");
    return { ok: true, claims: said.claims, name: author.name ?? author.sub, at: receipt.iat };
  });
}

/**
 * The same where the statement was kept back, because its words are not for the reader (protocol.md 3.20.2): who made it is the
 * gateway's signed word. What it says is not known here. Never throws for what a gateway sent.
 */
export function verifyStatementAnswer(
  value: unknown,
  crypto: Crypto,
  directory: VerifyKey,
  gateways: readonly string[],
): AnswerCheck {
  return refused(() => {
    const { data } = answer.safeParse(value);
    if (data === undefined) throw new CountersignError("E_BUNDLE");
    const { author, receipt } = verifyAnswer(data, { crypto, directory, gateways });
    const isRecorded = receipt.stm_dig !== undefined && receipt.result === "recorded" && receipt.aud === author.device;
    need(isRecorded, "E_RCT_MISMATCH", "The receipt does not record a statement of theirs.");
    return { ok: true, name: author.name ?? author.sub, roles: author.roles, at: receipt.iat };
  });
}

function verifyAnswer(data: z.infer<typeof answer>, { crypto, directory, gateways }: Known) {
  const rootKey = (kid: string) => (kid === directory.kid ? directory : undefined);
  const author = verifyJws(crypto, "approver", data.credential, rootKey).claims;
  const answers = gateways.map((jws) => {
    const { claims } = verifyJws(crypto, "gateway", jws, rootKey, { unknownKey: "E_GW_CRED" });
    return { sub: claims.sub, keys: gatewayKeys(crypto, claims) };
  });
  const receipt = verifyJws(
    crypto,
    "receipt",
    data.receipt,
    (kid) => answers.map(({ keys }) => keys.keyFor("request", kid, 0)).find((found) => found !== undefined),
    { unknownKey: "E_GW_KEY" },
  ).claims;
  const isItsOwn = receipt.sub === author.sub && answers.some(({ sub }) => sub === receipt.iss);
  need(isItsOwn, "E_RCT_MISMATCH", "The receipt answers something else.");
  return { author, receipt };
}

function refused<T>(check: () => T): T | { readonly ok: false; readonly code: ErrorCode } {
  try {
    return check();
  } catch (error) {
    if (error instanceof CountersignError) return { ok: false, code: error.code };
    throw error;
  }
}
