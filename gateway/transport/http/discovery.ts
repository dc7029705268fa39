import { z } from "zod";

import { decodeBase64url } from "#shared/protocol/base64url.ts";
import { gatewayClaims, type GatewayClaims } from "#shared/protocol/claims/credential.ts";
import { ACR, ACTION_TYPES, ALGS, LIMITS, PROVES_ERASURES, RAR, actionType } from "#shared/protocol/names.ts";
import { parseStrict } from "#shared/protocol/strict-json.ts";
import { decodeUtf8 } from "#shared/protocol/utf8.ts";

import { MMD_S } from "../../audit/log.ts";
import type { TransportLimits } from "../limits.ts";

export const PATHS = {
  discovery: "/.well-known/countersign-gateway",
  decisions: "/countersign/v1/decisions",
  templates: "/countersign/v1/templates",
  status: "/status",
  jwks: "/countersign/v1/jwks.json",
  healthz: "/healthz",
  readyz: "/readyz",
} as const;

const header = z.looseObject({ kid: z.string() });

/** What the gateway's own credential says, and who signed it. It was verified when the gateway was set up. */
export function ownClaims(credential: string): { readonly claims: GatewayClaims; readonly directoryKid: string } {
  const [head = "", payload = ""] = credential.split(".");
  const read = (segment: string) => parseStrict(decodeUtf8(decodeBase64url(segment)));
  return { claims: gatewayClaims.parse(read(payload)), directoryKid: header.parse(read(head)).kid };
}

/**
 * The discovery document (protocol.md 3.3). Addresses come from the directory-signed credential where it names them;
 * what a deployment adds (its agents' endpoints) comes in `more`.
 */
export function discoveryDocument(
  claims: GatewayClaims,
  deployment: {
    readonly enf: "strong" | "gateway" | "evidence";
    readonly limits: TransportLimits;
    readonly directoryKid: string;
    /** Whether decisions are also taken over HTTPS. */
    readonly decisions: boolean;
    readonly more: Readonly<Record<string, unknown>>;
  },
): Readonly<Record<string, unknown>> {
  const at = (path: string): string => `${claims.sub}${path}`;
  return {
    issuer: claims.sub,
    versions: ["1"],
    ws_endpoint: claims.ws_endpoint,
    ...(deployment.decisions ? { decision_endpoint: at(PATHS.decisions) } : {}),
    jwks_uri: at(PATHS.jwks),
    status_list_uris: [claims.status.status_list.uri],
    log: { ...claims.log, mmd: MMD_S },
    features_supported: [PROVES_ERASURES],
    alg_values_supported: ALGS,
    acr_values_supported: ACR,
    rar_types_supported: Object.values(RAR),
    action_types_supported: ACTION_TYPES.map(actionType),
    template_registry_uri: at(PATHS.templates),
    enf: deployment.enf,
    directory: { iss: claims.iss, kid: deployment.directoryKid },
    limits: {
      max_frame: deployment.limits.frameBytes,
      max_inflight: 1,
      rate: deployment.limits.messagesPerSecond,
      max_request: LIMITS.requestJws,
      max_decision: LIMITS.decisionJws,
    },
    ...deployment.more,
  };
}
