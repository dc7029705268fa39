/**
 * The protocol by itself: `import { verifyBundle, makeNodeCrypto } from "countersign/protocol"`. For who checks evidence,
 * speaks the wire or builds a gateway of their own; explicit names, nothing else.
 */

export { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
export { exportPrivate, generateKey, makeSigner, publicOf } from "#shared/crypto/sign.ts";
export type { PrivateJwk, Signer } from "#shared/crypto/sign.ts";
export type { Crypto, PublicJwk, VerifyKey } from "#shared/protocol/crypto-port.ts";

export { CountersignError } from "#shared/protocol/error.ts";
export { CODES, isErrorCode, sentenceOf } from "#shared/protocol/registry.ts";
export type { ErrorCode, RetryClass } from "#shared/protocol/registry.ts";
export { ACTION_TYPES, LIMITS, NAMESPACE, SUBPROTOCOL, TYP } from "#shared/protocol/names.ts";

export { parseFhir, parseStrict } from "#shared/protocol/strict-json.ts";
export type { FhirJson, Json } from "#shared/protocol/strict-json.ts";
export { jcs } from "#shared/protocol/jcs.ts";
export { contentDigest, dig, jcsDig, jdig, viewDigest } from "#shared/protocol/digest.ts";
export { enrolmentWords, requestWords } from "#shared/protocol/check-words.ts";

export { gateJws } from "#shared/protocol/jws.ts";
export type { GatedJws, GateOptions } from "#shared/protocol/jws.ts";
export { verifyJws } from "#shared/protocol/verify/signed.ts";
export type { ClaimsOf, SignedKind, Verified, VerifyJwsOptions } from "#shared/protocol/verify/signed.ts";
export { verifyDecision } from "#shared/protocol/verify/decision.ts";
export type { Verdict } from "#shared/protocol/verify/decision.ts";
export { verifyStatement } from "#shared/protocol/verify/statement.ts";
export type { StatementVerdict } from "#shared/protocol/verify/statement.ts";
export { checkQuorum } from "#shared/protocol/quorum/gate.ts";
export type { GateInput, GateResult } from "#shared/protocol/quorum/gate.ts";
export { verifyBundle } from "#shared/protocol/evidence/verify-bundle.ts";
export type { BundleOptions, BundleVerdict } from "#shared/protocol/evidence/verify-bundle.ts";
export type { Bundle } from "#shared/protocol/bundle.ts";

export { compareGrant } from "#shared/scope/compare.ts";
export { meetGrants } from "#shared/scope/meet.ts";
export { verifyCheckpoint } from "#shared/ledger/note.ts";
export { verifyTlogProof } from "#shared/ledger/tlog-proof.ts";
export { verifyConsistency, verifyInclusion } from "#shared/ledger/verify.ts";
