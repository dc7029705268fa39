/** Every name of the wire that is more than a member name. protocol.md 3 (namespace), standards.md (typ values). */

/** The one place that holds the namespace; replaced before interop by a prefix the project owns (protocol.md 3). */
export const NAMESPACE = "urn:countersign:";

export const SUBPROTOCOL = "countersign.v1";

/** In `features` of `ready`: no erasure after its checkpoint is claimed without a proof (protocol.md 3.20.2). */
export const PROVES_ERASURES = "erasure-proof";

/** JOSE `typ` values: one per signed kind, compared exactly (RFC 8725 3.11). */
export const TYP = {
  request: "countersign-request+jwt",
  decision: "countersign-decision+jwt",
  receipt: "countersign-receipt+jwt",
  statement: "countersign-statement+jwt",
  session: "countersign-session+jwt",
  enrol: "countersign-enrol+jwt",
  approver: "countersign-approver+jwt",
  gateway: "countersign-gateway+jwt",
  event: "secevent+jwt",
  policySet: "countersign-policy+jwt",
  statusList: "statuslist+jwt",
  accessToken: "at+jwt",
  dpop: "dpop+jwt",
  /** An agent's assertion (private_key_jwt, RFC 7523; typ of draft-ietf-oauth-rfc7523bis). */
  clientAssertion: "client-authentication+jwt",
  /** An agent's signed request at the backchannel door: a type of our own, so that no other server takes it. */
  backchannel: "countersign-backchannel+jwt",
} as const;
export type Typ = (typeof TYP)[keyof typeof TYP];

export const ALGS = ["ES256", "Ed25519"] as const;
export type Alg = (typeof ALGS)[number];

/** Weakest first: the index is the order (protocol.md 3.7). */
export const ACR = [`${NAMESPACE}acr:session`, `${NAMESPACE}acr:uv`, `${NAMESPACE}acr:mfa-hw`] as const;

export const ACTION_TYPES = [
  "order.create",
  "order.modify",
  "order.discontinue",
  "record.update",
  "referral.create",
  "data.release",
  "read.bulk",
  "tool.call",
] as const;
export type ActionName = (typeof ACTION_TYPES)[number];
export const actionType = (name: ActionName): string => `${NAMESPACE}action:${name}`;

export const RAR = {
  fhirOp: `${NAMESPACE}rar:fhir-op:1`,
  smartScope: `${NAMESPACE}rar:smart-scope:1`,
  mcpTool: `${NAMESPACE}rar:mcp-tool:1`,
} as const;

export const eventUri = (name: string): string => `${NAMESPACE}event:${name}`;

/** A pool's URI in `aud`; policy and credentials hold the bare name (protocol.md 3.5). */
export const poolUri = (iss: string, pool: string): string => `${iss}/pools/${pool}`;

/** Protocol limits in bytes (protocol.md 3.2, 3.5). */
export const LIMITS = {
  jws: 256 * 1024,
  requestJws: 192 * 1024,
  decisionJws: 48 * 1024,
  frameToGateway: 64 * 1024,
  frameToClient: 256 * 1024,
  leaf: 65_535,
  jsonDepth: 32,
} as const;

/** Allowed clock skew in seconds (protocol.md 3.2). */
export const SKEW_S = 60;
