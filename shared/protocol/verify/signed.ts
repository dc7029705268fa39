import type { z } from "zod";

import { approverClaims, gatewayClaims, statusListClaims } from "../claims/credential.ts";
import { isPlainlyDecision } from "../claims/decision-quick.ts";
import { decisionClaims } from "../claims/decision.ts";
import { eventClaims } from "../claims/event.ts";
import { policySetClaims } from "../claims/policy-set.ts";
import { receiptClaims } from "../claims/receipt.ts";
import { requestClaims } from "../claims/request.ts";
import { enrolClaims, sessionClaims } from "../claims/session.ts";
import { statementClaims } from "../claims/statement.ts";
import type { Crypto, VerifyKey } from "../crypto-port.ts";
import { dig } from "../digest.ts";
import { CountersignError } from "../error.ts";
import { gateJws, parsePayload, type GatedJws } from "../jws.ts";
import { LIMITS, TYP, type Typ } from "../names.ts";
import type { ErrorCode } from "../registry.ts";
import type { Json } from "../strict-json.ts";

interface Kind {
  readonly typ: Typ;
  readonly schema: z.ZodType<object>;
  readonly maxBytes: number;
  /** Critical claims that this version understands (protocol.md 3.2). */
  readonly understood: readonly string[] | "any";
  readonly allowJwk: boolean;
}

const kind = <S extends z.ZodType<object>>(
  typ: Typ,
  schema: S,
  more: { maxBytes?: number; understood?: readonly string[]; allowJwk?: boolean } = {},
) => ({
  typ,
  schema,
  maxBytes: more.maxBytes ?? LIMITS.jws,
  understood: more.understood ?? [],
  allowJwk: more.allowJwk ?? false,
});

/** Every signed kind with its `typ`, shape and limits (standards.md 1.1, protocol.md 3.5 to 3.21). */
export const SIGNED = {
  request: kind(TYP.request, requestClaims, { maxBytes: LIMITS.requestJws }),
  decision: kind(TYP.decision, decisionClaims, { understood: ["uvp"] }),
  receipt: kind(TYP.receipt, receiptClaims),
  statement: kind(TYP.statement, statementClaims),
  session: kind(TYP.session, sessionClaims),
  enrol: kind(TYP.enrol, enrolClaims, { allowJwk: true }),
  approver: kind(TYP.approver, approverClaims),
  gateway: kind(TYP.gateway, gatewayClaims),
  event: kind(TYP.event, eventClaims),
  policySet: kind(TYP.policySet, policySetClaims),
  statusList: kind(TYP.statusList, statusListClaims),
} as const satisfies Record<string, Kind>;
export type SignedKind = keyof typeof SIGNED;
export type ClaimsOf<K extends SignedKind> = z.infer<(typeof SIGNED)[K]["schema"]>;

/** A JWS whose signature and shape are verified. */
export interface Verified<K extends SignedKind> {
  readonly header: GatedJws["header"];
  /** The payload as it was signed: members of null-prototype objects, unknown ones included. */
  readonly claims: ClaimsOf<K>;
  /** `jdig`: digest of the signing input (protocol.md 3.2). */
  readonly digest: string;
  readonly key: VerifyKey;
}

export interface VerifyJwsOptions {
  /** Code when the lookup finds no key; `E_KEY_UNKNOWN` unless told. */
  readonly unknownKey?: ErrorCode;
  readonly maxBytes?: number;
}

/**
 * Gate, key, signature, payload and shape of one signed object, in that order (V1–V7 without the directory's state).
 * `keyOf` gives the trusted key of a `kid`, or undefined; it is asked only after the gate.
 * @throws CountersignError the codes of {@link gateJws}; `unknownKey`; `E_SIG_KID`, `E_SIG_ALG`, `E_SIG_BAD`; the JSON
 * codes; `E_CLM_SHAPE`, `E_CLM_VERSION`
 */
export function verifyJws<K extends SignedKind>(
  crypto: Crypto,
  kindName: K,
  jws: string,
  keyOf: (kid: string, header: GatedJws["header"]) => VerifyKey | undefined,
  options: VerifyJwsOptions = {},
): Verified<K> {
  const gated = gateSigned(kindName, jws, options.maxBytes);
  const key = keyOf(gated.header.kid, gated.header);
  if (!key) throw new CountersignError(options.unknownKey ?? "E_KEY_UNKNOWN");
  checkSignature(crypto, gated, key);
  return {
    header: gated.header,
    claims: checkShape(kindName, parsePayload(gated)),
    digest: dig(crypto, gated.signingInput),
    key,
  };
}

/** V1–V3 for one kind. @throws CountersignError as {@link gateJws} */
export function gateSigned(kindName: SignedKind, jws: string, maxBytes?: number): GatedJws {
  const { typ, understood, allowJwk, maxBytes: limit } = SIGNED[kindName];
  return gateJws(jws, { typ, understood, allowJwk, maxBytes: maxBytes ?? limit });
}

/**
 * V4 (name and algorithm of the key) and V5.
 * @throws CountersignError `E_SIG_KID`, `E_SIG_ALG`, `E_SIG_BAD`
 */
export function checkSignature(crypto: Crypto, gated: GatedJws, key: VerifyKey): void {
  // SECURITY: the header names the key by thumbprint and the key pins the algorithm, RFC 8725 3.1 (T-10).
  if (key.kid !== gated.header.kid) throw new CountersignError("E_SIG_KID");
  if (key.alg !== gated.header.alg) throw new CountersignError("E_SIG_ALG");
  if (!crypto.verify(key, gated.signingInput, gated.signature)) throw new CountersignError("E_SIG_BAD");
}

/**
 * V7 and C5: required claims, their types and lengths. The payload itself is returned, not zod's copy: what is used is
 * what was signed.
 * @throws CountersignError `E_CLM_VERSION` for another `ver`, else `E_CLM_SHAPE`
 */
export function checkShape<K extends SignedKind>(kindName: K, payload: Record<string, Json>): ClaimsOf<K> {
  const { ver } = payload;
  if (typeof ver === "number" && ver !== 1) throw new CountersignError("E_CLM_VERSION");
  if (kindName !== "decision" || !isPlainlyDecision(payload)) {
    const parsed = SIGNED[kindName].schema.safeParse(payload);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new CountersignError("E_CLM_SHAPE", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
    }
  }
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the schema transforms nothing, so it proved this
  return payload as unknown as ClaimsOf<K>;
}
