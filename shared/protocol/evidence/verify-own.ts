import type { Crypto } from "../crypto-port.ts";
import { jdig } from "../digest.ts";
import type { ErrorCode } from "../registry.ts";
import { verifyJws } from "../verify/signed.ts";
import type { EvidencePins } from "./item.ts";
import { need, StepLog } from "./steps.ts";
import { importDirectory } from "./verify-bundle.ts";
import { verifyItem, type ItemOptions, type ItemVerdict } from "./verify-item.ts";

/** A decision that was signed here and that no gateway answered. */
export interface Unanswered {
  readonly decision: string;
  /** The signer's, as it was kept beside the decision. */
  readonly credential: string;
  /** Why it never counted. */
  readonly code: ErrorCode;
}

/**
 * What one person's computer can check by itself of a request that they decided on: the steps of {@link verifyItem} over what
 * it kept, without the decisions of others, and of each decision that nobody answered that it is theirs and about these exact
 * bytes. One of those is never valid as a whole: whether it counts is the gateway's to say. Never throws for what is kept.
 */
export function verifyOwn(
  item: { readonly request?: unknown; readonly decisions?: unknown },
  unanswered: readonly Unanswered[],
  pins: EvidencePins,
  crypto: Crypto,
  options: ItemOptions,
): ItemVerdict {
  const verdict = verifyItem(item, pins, crypto, { ...options, isOwn: true });
  const log = new StepLog(false, [...verdict.steps]);
  const first = Array.isArray(item.decisions) ? item.decisions.length : 0;
  const failed = unanswered.flatMap((one, i) => {
    const step = `decisions/${String(first + i)} V1-V8`;
    log.run(step, () => {
      checkSigned(one, item.request, pins, crypto);
    });
    const last = log.steps.at(-1);
    return last?.ok === false ? [{ step, code: last.code ?? "E_BUNDLE" }] : [];
  });
  const { outcome, checkpoints } = verdict;
  const read = { outcome, checkpoints, steps: log.steps };
  const [broken] = failed;
  if (verdict.kind === "not_valid") return { ...verdict, steps: log.steps };
  if (broken) return { ...read, kind: "not_valid", ...broken };
  const [one] = unanswered;
  if (one) return { ...read, kind: "cannot_check", step: `receipts/${String(first)}`, code: one.code };
  return { ...verdict, steps: log.steps };
}

function checkSigned({ decision, credential }: Unanswered, request: unknown, pins: EvidencePins, crypto: Crypto): void {
  const directory = importDirectory(crypto, pins.directory);
  const { claims: author } = verifyJws(crypto, "approver", credential, (kid) =>
    kid === directory.kid ? directory : undefined,
  );
  const key = crypto.importKey(author.cnf.jwk);
  const { claims } = verifyJws(crypto, "decision", decision, (kid) => (kid === key.kid ? key : undefined));
  need(claims.sub === author.sub && claims.iss === author.device, "E_KEY_SUBJECT", "Another person's key.");
  const isAbout = typeof request === "string" && claims.req_dig === jdig(crypto, request);
  need(isAbout, "E_REQ_DIGEST", "It is about another request.");
}
