import { randomBytes } from "node:crypto";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { generateKey, makeSigner, type Signer } from "#shared/crypto/sign.ts";
import { encodeStatusList } from "#shared/crypto/status-list.ts";
import { makeVkey } from "#shared/ledger/note.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { decodeBase64url } from "#shared/protocol/base64url.ts";
import type { ApproverClaims, GatewayClaims, StatusListClaims } from "#shared/protocol/claims/credential.ts";
import type { EventName } from "#shared/protocol/claims/event.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { contentDigest, policyDigest, templateDigest } from "#shared/protocol/digest.ts";
import { actionType, eventUri, poolUri, RAR, TYP } from "#shared/protocol/names.ts";
import { jdig } from "#shared/protocol/digest.ts";

import { makeUuid7 } from "../../electron/uuid7.ts";

export const crypto = makeNodeCrypto();
export const T0 = 1_790_000_000;
export const DIRECTORY_ISS = "https://directory.northgate.example";
export const GATEWAY_ISS = "https://gateway.northgate.example";
export const POOL = "ward-4b";
export const FHIR = "https://fhir.northgate.example/r4";

export const newId = makeUuid7({ nowMs: () => T0 * 1000 }, randomBytes);

export const STATUS_URI = "https://directory.northgate.example/status/1";
/** Places in the status list: the gateway's credential, and the approver's. */
export const IDX = { gateway: 1, approver: 2 } as const;
const status = (idx: number) => ({ status_list: { idx, uri: STATUS_URI } });

/** A hospital's directory, gateway and log, with real keys. */
export interface Hospital {
  /** The gateway's issuer. */
  readonly iss: string;
  readonly directory: Signer;
  readonly gateway: Signer;
  readonly log: Signer;
  readonly vkey: string;
  readonly credential: string;
  gatewayCredential(over?: Partial<GatewayClaims>, signer?: Signer): string;
  approverCredential(key: Signer["jwk"], over?: Partial<ApproverClaims>, signer?: Signer): string;
  /** The directory's status list: 1 revoked, 2 suspended, by place; every other is valid. */
  statusList(statuses?: Readonly<Record<number, number>>, over?: Partial<StatusListClaims>, signer?: Signer): string;
}

/**
 * @param now Unix seconds about which its credentials are good
 * @param also another gateway of a hospital that has one: it shares the directory
 */
export function makeHospital(
  wsEndpoint = "ws://127.0.0.1:1",
  now = T0,
  also: { readonly iss?: string; readonly name?: string; readonly directory?: Signer } = {},
): Hospital {
  const { iss = GATEWAY_ISS, name = "Northgate Hospital", directory = makeSigner(generateKey("ES256")) } = also;
  const gateway = makeSigner(generateKey("ES256"));
  const log = makeSigner(generateKey("Ed25519"));
  const vkey = makeVkey(crypto, "log.northgate.example", decodeBase64url(log.jwk.x));
  const gatewayCredential: Hospital["gatewayCredential"] = (over = {}, signer = directory) =>
    signer.sign(TYP.gateway, {
      ver: 1,
      iss: DIRECTORY_ISS,
      sub: iss,
      name,
      env: "demo",
      jwks: { keys: [{ ...gateway.jwk, kid: gateway.kid, cs_use: ["request", "session"] }] },
      ws_endpoint: wsEndpoint,
      pools: [POOL],
      log: { origin: "log.northgate.example", vkey },
      templates: [],
      iat: now - 1000,
      exp: now + 86_400 * 90,
      jti: newId(),
      status: status(IDX.gateway),
      ...over,
    });
  return {
    iss,
    directory,
    gateway,
    log,
    vkey,
    statusList: (statuses = {}, over = {}, signer = directory) =>
      signer.sign(TYP.statusList, {
        ver: 1,
        iss: DIRECTORY_ISS,
        sub: STATUS_URI,
        iat: T0 - 60,
        ttl: 60,
        status_list: {
          bits: 2,
          lst: encodeStatusList(new Map(Object.entries(statuses).map(([idx, value]) => [Number(idx), value]))),
        },
        ...over,
      }),
    credential: gatewayCredential(),
    gatewayCredential,
    approverCredential: (jwk, over = {}, signer = directory) =>
      signer.sign(TYP.approver, {
        ver: 1,
        iss: DIRECTORY_ISS,
        sub: `${DIRECTORY_ISS}/approvers/okafor`,
        jti: newId(),
        iat: now - 500,
        nbf: now - 500,
        exp: now + 86_400 * 90,
        device: `${DIRECTORY_ISS}/devices/wow-17`,
        name: "OKAFOR, Amara (Dr)",
        reg_no: "0000001",
        cnf: { jwk },
        pools: [POOL],
        roles: ["Consultant"],
        key_storage: "software",
        status: status(IDX.approver),
        enrolled_by: [`${DIRECTORY_ISS}/admins/1`, `${DIRECTORY_ISS}/admins/2`],
        ...over,
      }),
  };
}

export const ELMWOOD = { iss: "https://gateway.elmwood.example", name: "Elmwood Clinic" } as const;

/** Another gateway of the same hospital: its own issuer, keys and log, under the same directory. */
export const makeSecondHospital = ({ directory }: Hospital, now: number): Hospital =>
  makeHospital("ws://127.0.0.1:1", now, { ...ELMWOOD, directory });

const body = JSON.stringify({
  resourceType: "MedicationRequest",
  status: "active",
  intent: "order",
  medicationCodeableConcept: { text: "amlodipine 5 mg tablets" },
  subject: { reference: "Patient/p-104" },
  dosageInstruction: [
    {
      text: "5 mg once a day by mouth",
      timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } },
      doseAndRate: [{ doseQuantity: { value: 5, unit: "mg", system: "http://unitsofmeasure.org", code: "mg" } }],
    },
  ],
});

/** Deep change of fixed claims: members given replace those of the same name. */
export interface RequestChange extends Omit<Partial<RequestClaims>, "policy" | "action"> {
  readonly policy?: Partial<RequestClaims["policy"]>;
  readonly action?: Partial<RequestClaims["action"]>;
}

/**
 * Claims of a request that passes C1–C14: one medicine, once, for one patient.
 * @param now Unix seconds of its issue
 */
export function makeRequestClaims(over: RequestChange = {}, now = T0): RequestClaims {
  const template = BUILTIN_TEMPLATES.medicationOrder;
  const { policy: policyOver, action: actionOver, ...rest } = over;
  const dig = contentDigest(crypto, body);
  const policy = {
    id: "urn:policy:ward-4b:medication-order",
    ver: 3,
    pools: [POOL],
    acr: "urn:countersign:acr:session",
    max_auth_age: 900,
    quorum: { need: 1 },
    sod: { exclude: [] },
    reason_on: ["deny", "revoke"] as ("approve" | "deny" | "revoke")[],
    offline: { approve: false, max_age: 3600 },
    hold_s: 10,
    ...policyOver,
  };
  return {
    ver: 1,
    iss: GATEWAY_ISS,
    aud: [poolUri(GATEWAY_ISS, POOL)],
    jti: newId(),
    rid: newId(),
    rev: 1,
    txn: newId(),
    iat: now,
    exp: now + 900,
    submit_by: now + 900,
    grant_exp: now + 1200,
    nonce: randomBytes(24).toString("base64url"),
    agent: {
      sub: "spiffe://northgate.example/agents/medrec-2",
      name: "MedRec-2",
      model: "medrec 4.1",
      owner: "Pharmacy",
    },
    patient: {
      ref: "Patient/p-104",
      name: "WATERS, Shauna (Mrs)",
      family: "Waters",
      given: ["Shauna"],
      prefix: "Mrs",
      birthDate: "1945-07-14",
      mrn: "9997287652",
      sex: "female",
      identifiers: [{ system: "https://fhir.nhs.uk/Id/nhs-number", value: "9997287652", label: "NHS No." }],
    },
    action: {
      type: actionType("order.create"),
      risk: "moderate",
      reversible: "until-dispensed",
      reach: { patients: 1, leaves_org: false, standing: false },
      op: {
        method: "POST",
        url: `${FHIR}/MedicationRequest`,
        fhir: "4.0.1",
        media: "application/fhir+json",
        body,
        body_dig: dig,
      },
      ...actionOver,
    },
    authorization_details: [
      {
        type: RAR.fhirOp,
        id: "a1",
        required: true,
        locations: [FHIR],
        actions: ["create"],
        datatypes: ["MedicationRequest"],
        patient: "Patient/p-104",
        content_digest: dig,
        max_uses: 1,
        not_after: now + 1200,
      },
      {
        type: RAR.smartScope,
        id: "a2",
        locations: [FHIR],
        patient: "Patient/p-104",
        scopes: ["patient/Observation.rs"],
        not_after: now + 1200,
      },
    ],
    facts: [],
    checks: [{ id: "c1", label: "Allergy", result: "pass", by: "gateway" }],
    initiator: { kind: "schedule" },
    rationale: {
      src: "agent",
      trust: "untrusted",
      trigger: "policy_rule",
      text: "Blood pressure above target.",
    },
    task: { id: "t-1", idx: 1, goal: "Blood pressure review" },
    display: {
      tpl: template.id,
      tpl_ver: template.ver,
      tpl_dig: templateDigest(crypto, template),
      lang: "en",
      statement: template.statement,
    },
    ...rest,
    policy: { ...policy, dig: policyDigest(crypto, policy) },
  };
}

/** A request as the gateway signs it, with its digest. */
export function signRequest(hospital: Hospital, claims: RequestClaims, signer = hospital.gateway) {
  const jws = signer.sign(TYP.request, claims);
  return { jws, claims, digest: jdig(crypto, jws) };
}
export type SignedRequest = ReturnType<typeof signRequest>;

/** A SET about a request (protocol.md 3.21). */
export function signEvent(
  hospital: Hospital,
  request: SignedRequest,
  name: EventName,
  members: Readonly<Record<string, unknown>> = {},
  over: { readonly iat?: number; readonly signer?: Signer; readonly req_dig?: string } = {},
): string {
  const { rid, rev, aud, txn } = request.claims;
  return (over.signer ?? hospital.gateway).sign(TYP.event, {
    iss: hospital.iss,
    aud,
    iat: over.iat ?? T0,
    jti: newId(),
    txn,
    sub_id: { format: "opaque", id: rid },
    events: { [eventUri(name)]: { rid, rev, req_dig: over.req_dig ?? request.digest, ...members } },
  });
}
