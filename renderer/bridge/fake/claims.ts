import type { PolicyClaim, RequestClaims } from "#shared/protocol/claims/request.ts";

import { fakeContentDigest, fakeDigest, fakeNonce, fakeUuid } from "./digest.ts";
import { templateNamed } from "./templates.ts";
import { NOW, minutes } from "./time.ts";

export const ISS = "https://gateway.northgate.example";
export const FHIR = "https://fhir.northgate.example/r4";

export const MED_REC: RequestClaims["agent"] = {
  sub: "spiffe://northgate.example/agents/medrec",
  name: "MedRec",
  model: "MedRec 4.1",
  owner: "Pharmacy informatics",
};
export const NOTE_TIDY: RequestClaims["agent"] = {
  sub: "spiffe://northgate.example/agents/notetidy",
  name: "NoteTidy",
  model: "NoteTidy 2.0",
  owner: "Health records",
};
export const INTAKE: RequestClaims["agent"] = {
  sub: "spiffe://northgate.example/agents/intake",
  name: "Intake and referral",
  model: "Intake 1.7",
  owner: "Outpatient services",
};

export function makePolicy(change: Partial<PolicyClaim> = {}): PolicyClaim {
  return {
    id: "urn:policy:northgate:orders",
    ver: 7,
    dig: fakeDigest("policy"),
    pools: ["ward-4b"],
    acr: "urn:countersign:acr:session",
    max_auth_age: 900,
    quorum: { need: 1 },
    sod: { exclude: [], distinct: true },
    reason_on: ["deny", "revoke"],
    offline: { approve: false },
    grant_ttl_max: 600,
    hold_s: 10,
    ...change,
  };
}

export const TIER_2: Partial<PolicyClaim> = { acr: "urn:countersign:acr:uv", max_auth_age: 120, reentry: ["identity"] };
export const TIER_3: Partial<PolicyClaim> = {
  acr: "urn:countersign:acr:uv",
  max_auth_age: 120,
  reentry: ["identity", "value"],
  quorum: { need: 2, blind: true },
};

interface Parts {
  readonly n: number;
  readonly agent: RequestClaims["agent"];
  readonly patient?: RequestClaims["patient"];
  readonly action: Pick<
    RequestClaims["action"],
    "type" | "risk" | "reversible" | "risk_reasons" | "reach" | "attachments"
  >;
  readonly op: {
    readonly method: RequestClaims["action"]["op"]["method"];
    readonly url: string;
    readonly body: string;
    readonly before?: string;
    readonly if_match?: string;
  };
  readonly scopes?: readonly string[];
  /** Id of a built-in template; its statement is the request's. */
  readonly template: string;
  readonly policy?: Partial<PolicyClaim>;
  readonly task: RequestClaims["task"];
  readonly more?: Partial<RequestClaims>;
}

const MEDIA: Readonly<Record<string, string>> = {
  PATCH: "application/json-patch+json",
  "tools/call": "application/json",
};

/** A request as the gateway signs it (protocol.md 3.5), with stand-ins for digests. */
export function makeClaims(parts: Parts): RequestClaims {
  const { n, op } = parts;
  const template = templateNamed(parts.template);
  const bodyDigest = fakeContentDigest(op.body);
  const exp = parts.more?.exp ?? NOW + minutes(13);
  const patient = parts.patient === undefined ? {} : { patient: parts.patient.ref };
  return {
    ver: 1,
    iss: ISS,
    aud: [`${ISS}/pools/ward-4b`],
    jti: fakeUuid(n * 16),
    rid: fakeUuid(n),
    rev: 1,
    txn: fakeUuid(n + 4096),
    iat: NOW - minutes(2),
    exp,
    grant_exp: exp + 600,
    nonce: fakeNonce(String(n)),
    agent: parts.agent,
    ...(parts.patient === undefined ? {} : { patient: parts.patient }),
    action: {
      ...parts.action,
      op: {
        ...op,
        fhir: "4.0.1",
        media: MEDIA[op.method] ?? "application/fhir+json",
        body_dig: bodyDigest,
        ...(op.before === undefined ? {} : { before_dig: fakeContentDigest(op.before) }),
      },
    },
    authorization_details: [
      {
        type: "urn:countersign:rar:fhir-op:1",
        id: "a1",
        required: true,
        locations: [FHIR],
        actions: [op.method === "PATCH" ? "patch" : "create"],
        datatypes: [resourceType(op)],
        ...patient,
        content_digest: bodyDigest,
        max_uses: 1,
        not_after: exp,
      },
      ...(parts.scopes ?? []).map((scope, at) => ({
        type: "urn:countersign:rar:smart-scope:1",
        id: `a${at + 2}`,
        locations: [FHIR],
        ...patient,
        scopes: [scope],
        not_after: exp,
      })),
    ],
    task: parts.task,
    policy: makePolicy(parts.policy),
    display: {
      tpl: template.id,
      tpl_ver: template.ver,
      tpl_dig: fakeDigest(template.id),
      lang: "en-GB",
      statement: template.statement,
    },
    ...parts.more,
  };
}

function resourceType(op: Parts["op"]): string {
  return /\/([A-Z][A-Za-z]+)(?:\/[^/]*)?$/.exec(op.url)?.[1] ?? "Resource";
}
