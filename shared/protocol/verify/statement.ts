import { STATEMENT_KINDS, type StatementClaims, type StatementKind } from "../claims/statement.ts";
import { CountersignError } from "../error.ts";
import type { ErrorCode } from "../registry.ts";
import { checkCredential, verifyAuthor } from "./author.ts";
import { checkTimes } from "./request-binding.ts";
import type { DirectoryEntry, VerificationState } from "./state.ts";

export type StatementVerdict =
  /** A failure is an `error`; nothing is stored (protocol.md 3.20). */
  | { readonly kind: "error"; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "duplicate"; readonly receipt: string; readonly digest: string }
  | {
      readonly kind: "record";
      readonly kid: string;
      readonly claims: StatementClaims;
      readonly statement: StatementKind;
      readonly digest: string;
      readonly entry: DirectoryEntry;
    };

/**
 * A statement by V1–V10, with the times of V13 and a known kind (protocol.md 3.20). The kind's role rule, its target and
 * its `args` are the caller's: they need the gateway's own state.
 */
export function verifyStatement(jws: string, state: VerificationState): StatementVerdict {
  try {
    const { signed, entry } = verifyAuthor("statement", jws, state);
    const { claims, digest, header } = signed;
    const answered = state.answer(header.kid, claims.jti);
    if (answered?.dig === digest) return { kind: "duplicate", receipt: answered.receipt, digest };
    if (answered) throw new CountersignError("E_JTI_REUSE");
    checkCredential(claims, entry, state);
    checkTimes(claims, state);
    const statement = STATEMENT_KINDS.find((known) => known === claims.kind);
    if (statement === undefined) throw new CountersignError("E_STM_KIND");
    return { kind: "record", kid: header.kid, claims, statement, digest, entry };
  } catch (e) {
    if (!(e instanceof CountersignError)) throw e;
    return { kind: "error", code: e.code, message: e.message };
  }
}
